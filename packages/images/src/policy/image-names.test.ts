import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, imageStream } from '../testing/workload-server.js';
import { imageOfShortName, shortName } from './image-names.js';

describe('shortName', () => {
  it.each<[string, object | undefined]>([
    ['app', { stream: 'app', tag: 'latest' }],
    ['app:v1', { stream: 'app', tag: 'v1' }],
    ['my-app_2:V1.0', { stream: 'my-app_2', tag: 'V1.0' }],
    ['shop/app:v1', undefined],
    ['quay.io/app', undefined],
    ['localhost:5000/app', undefined],
    [`app@${digestOf('a')}`, undefined],
    ['my.app', undefined],
    ['App', undefined],
    ['', undefined],
    [' ', undefined],
  ])('of %j', (image, expected) => {
    expect(shortName(image)).toEqual(expected);
  });

  it('never throws, and names no repository with a slash', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(shortName(text)?.stream ?? '').not.toContain('/');
      }),
    );
  });
});

describe('imageOfShortName', () => {
  const localRepository = 'r:5000/shop/app';
  const source = `quay.io/shop/app@${digestOf('a')}`;
  it.each<
    [string, { lookup?: boolean; local?: boolean }, string, { isAsked?: boolean; none?: boolean }, string | undefined]
  >([
    ['of a stream without look-up', {}, 'v1', {}, undefined],
    ['asked for by the object', {}, 'v1', { isAsked: true }, source],
    ['of a stream with look-up', { lookup: true }, 'v1', {}, source],
    ['with a local reference policy', { lookup: true, local: true }, 'v1', {}, `${localRepository}@${digestOf('a')}`],
    ['whose tag is missing', { lookup: true }, 'v2', {}, `${localRepository}:v2`],
    ['whose tag is missing, without a registry', { lookup: true }, 'v2', { none: true }, undefined],
  ])('%s', (_name, stream, tag, { isAsked = false, none = false }, expected) => {
    const where = { isAsked, localRepository: none ? undefined : localRepository };
    expect(imageOfShortName(imageStream('shop', 'app', { v1: 'a' }, stream), tag, where)).toBe(expected);
  });
});
