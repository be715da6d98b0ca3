import { describe, expect, it } from 'vitest';
import { digestOf, imageStream } from '../testing/workload-server.js';
import { tagPullSpec } from './pull-spec.js';

const source = `quay.io/shop/app@${digestOf('a')}`;

describe('tagPullSpec', () => {
  it.each<[string, boolean, string | undefined, string]>([
    ['Source', false, 'r:5000/shop/app', source],
    ['Local', true, 'r:5000/shop/app', `r:5000/shop/app@${digestOf('a')}`],
    ['Local without a registry', true, '', source],
    ['Local with an unknown registry', true, undefined, source],
  ])('of %s', (_name, local, repository, expected) => {
    expect(tagPullSpec(imageStream('shop', 'app', { v1: 'a' }, { local }), 'v1', repository)).toBe(expected);
  });

  it('is the source for tags that only pushes made', () => {
    const stream = imageStream('shop', 'app', { v1: 'a' });
    delete stream.spec.tags;
    expect(tagPullSpec(stream, 'v1', 'r:5000/shop/app')).toBe(source);
  });

  it('is nothing without an image', () => {
    const stream = imageStream('shop', 'app', { v1: 'a' });
    stream.status.tags = [{ tag: 'v1', items: null }];
    expect(tagPullSpec(stream, 'v1', 'r')).toBeUndefined();
    expect(tagPullSpec(stream, 'v2', 'r')).toBeUndefined();
  });
});
