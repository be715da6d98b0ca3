import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, makeDigest } from './digest.js';
import { parseManifest } from './manifest.js';
import { MediaType } from './media-types.js';
import { isTag } from './reference.js';
import { fallbackReferrersTag, referrerArtifactType, referrerDescriptor } from './referrers.js';

const DIGEST = makeDigest('sha256', 'e'.repeat(64));
const IMAGE = {
  schemaVersion: 2,
  mediaType: MediaType.ociManifest,
  config: { mediaType: 'application/vnd.example.config+json', digest: DIGEST, size: 2 },
  layers: [],
};
const INDEX = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [] };

const parse = (body: object) => parseManifest(new TextEncoder().encode(JSON.stringify(body)));

describe('referrerArtifactType', () => {
  it.each([
    ['its own', { ...IMAGE, artifactType: 'a/b' }, 'a/b'],
    ['the config media type of an image', IMAGE, 'application/vnd.example.config+json'],
    [
      'the config media type for an empty own field',
      { ...IMAGE, artifactType: '' },
      'application/vnd.example.config+json',
    ],
    ['the own one of an index', { ...INDEX, artifactType: 'a/b' }, 'a/b'],
    ['nothing for a plain index', INDEX, undefined],
  ])('is %s', (_case, body, expected) => expect(referrerArtifactType(parse(body))).toBe(expected));
});

describe('referrerDescriptor', () => {
  it('copies annotations and counts bytes', () => {
    const manifest = parse({ ...IMAGE, artifactType: 'a/b', annotations: { title: 'ä' } });
    const digest = digestOf(manifest.raw);
    expect(referrerDescriptor(manifest, digest)).toEqual({
      mediaType: MediaType.ociManifest,
      digest,
      size: manifest.raw.length,
      artifactType: 'a/b',
      annotations: { title: 'ä' },
    });
  });

  it('leaves out what there is not', () => {
    expect(Object.keys(referrerDescriptor(parse(INDEX), DIGEST))).toEqual(['mediaType', 'digest', 'size']);
  });
});

describe('fallbackReferrersTag', () => {
  it.each([
    [`sha256:${'a'.repeat(64)}`, `sha256-${'a'.repeat(64)}`],
    [`sha512:${'b'.repeat(128)}`, `sha512-${'b'.repeat(64)}`],
    ['multihash+base58:Qm=x', 'multihash-base58-Qm-x'],
    [`${'l'.repeat(40)}:abc`, `${'l'.repeat(32)}-abc`],
  ])('%s: %s', (digest, tag) => expect(fallbackReferrersTag(digest)).toBe(tag));

  it('is always a tag', () => {
    const digest = fc.stringMatching(/^[a-z0-9]{1,40}([+._-][a-z0-9]{1,9}){0,3}:[a-zA-Z0-9=_-]{1,140}$/);
    fc.assert(
      fc.property(digest, (text) => {
        expect(isTag(fallbackReferrersTag(text))).toBe(true);
      }),
    );
  });
});
