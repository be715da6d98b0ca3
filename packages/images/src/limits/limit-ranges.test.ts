import { describe, expect, it } from 'vitest';
import { imageExcess, streamExcess, type LimitRange } from './limit-ranges.js';

const range = (type: string, max: Record<string, string>): LimitRange => ({
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name: 'limits' },
  spec: {
    limits: [
      { type: 'Container', max: { storage: '1' } },
      { type, max },
    ],
  },
});
const messages = (excesses: { message: string }[]) => excesses.map(({ message }) => message);

describe('imageExcess', () => {
  it.each<[bytes: number, max: string[], message: string | undefined]>([
    [2000, ['500'], 'requested usage of storage exceeds the maximum limit per openshift.io/Image (2k > 500)'],
    [500, ['500'], undefined],
    [
      2 ** 30 + 1,
      ['1Gi'],
      'requested usage of storage exceeds the maximum limit per openshift.io/Image (1073741825 > 1Gi)',
    ],
    [700, ['1k', '600'], 'requested usage of storage exceeds the maximum limit per openshift.io/Image (700 > 600)'],
    [700, [], undefined],
  ])('%d bytes with the limits %j', (bytes, max, message) => {
    const ranges = max.map((storage) => range('openshift.io/Image', { storage }));
    expect(messages(imageExcess(bytes, ranges))).toEqual(message === undefined ? [] : [message]);
  });

  it('does not look at limits of other things', () => {
    expect(imageExcess(700, [range('openshift.io/Image', { memory: '1' }), range('Pod', { storage: '1' })])).toEqual(
      [],
    );
    expect(imageExcess(700, [{ apiVersion: 'v1', kind: 'LimitRange', metadata: {} }])).toEqual([]);
  });
});

describe('streamExcess', () => {
  const ranges = [range('openshift.io/ImageStream', { 'openshift.io/images': '2', 'openshift.io/image-tags': '3' })];
  const images = (count: number) =>
    `requested usage of openshift.io/images exceeds the maximum limit per openshift.io/ImageStream (${count} > 2)`;
  const tags =
    'requested usage of openshift.io/image-tags exceeds the maximum limit per openshift.io/ImageStream (4 > 3)';
  it.each<[images: number, tags: number, oldImages: number, oldTags: number, messages: string[]]>([
    [2, 3, 0, 0, []],
    [3, 4, 2, 3, [images(3), tags]],
    // What was there before the limit stays, and may be changed.
    [5, 4, 5, 4, []],
    [4, 3, 5, 4, []],
    [6, 4, 5, 4, [images(6)]],
  ])('%d images and %d tags, of %d and %d before', (images, tags, oldImages, oldTags, expected) => {
    const [usage, old] = [
      { images, tags },
      { images: oldImages, tags: oldTags },
    ];
    expect(messages(streamExcess(usage, old, ranges))).toEqual(expected);
  });
});
