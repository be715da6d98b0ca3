import { describe, expect, it } from 'vitest';
import {
  hasMediaTypeShape,
  isContainerConfig,
  isIndexMediaType,
  isManifestMediaType,
  isNonDistributable,
  isSchema1MediaType,
  MediaType,
  parseMediaType,
} from './media-types.js';

type Name = keyof typeof MediaType;

function namesWhere(test: (mediaType: string) => boolean): Name[] {
  return (Object.keys(MediaType) as Name[]).filter((name) => test(MediaType[name])).sort();
}

describe('the kinds of media types', () => {
  it('manifests', () =>
    expect(namesWhere(isManifestMediaType)).toEqual([
      'dockerManifest',
      'dockerManifestList',
      'dockerSchema1',
      'dockerSchema1Signed',
      'ociIndex',
      'ociManifest',
    ]));

  it('indexes', () => expect(namesWhere(isIndexMediaType)).toEqual(['dockerManifestList', 'ociIndex']));

  it('schema 1', () => expect(namesWhere(isSchema1MediaType)).toEqual(['dockerSchema1', 'dockerSchema1Signed']));

  it('configurations of containers', () =>
    expect(namesWhere(isContainerConfig)).toEqual(['dockerConfig', 'ociConfig']));

  it('layers that stay with their publisher', () =>
    expect(namesWhere(isNonDistributable)).toEqual([
      'dockerForeignLayer',
      'dockerForeignLayerGzip',
      'ociNonDistributableLayer',
      'ociNonDistributableLayerGzip',
      'ociNonDistributableLayerZstd',
    ]));
});

describe('parseMediaType', () => {
  it.each([
    ['application/json', 'application/json'],
    ['application/json; charset=utf-8', 'application/json'],
    [' Application/JSON ;q=0.5;x', 'application/json'],
    ['', ''],
    [';', ''],
  ])('reads %j as %j', (header, expected) => expect(parseMediaType(header)).toBe(expected));
});

describe('hasMediaTypeShape', () => {
  it.each([...Object.values(MediaType), 'a/b', 'x-y/z!#$&^_.+-1'])('takes %s', (text) =>
    expect(hasMediaTypeShape(text)).toBe(true),
  );

  it.each(['', 'a', 'a/', '/b', 'a/b/c', 'a/b; c=d', 'a /b', '.a/b', 'a/b\r\nx: y', `a/${'b'.repeat(128)}`])(
    'refuses %j',
    (text) => expect(hasMediaTypeShape(text)).toBe(false),
  );
});
