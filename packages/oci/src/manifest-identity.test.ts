import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManifestError } from './manifest-error.js';
import { identifyManifest } from './manifest-identity.js';
import { MediaType } from './media-types.js';

const encode = (body: unknown) => new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));

describe('identifyManifest', () => {
  it.each([
    ['its own type', { schemaVersion: 2, mediaType: MediaType.dockerManifest }, MediaType.dockerManifest],
    ['its own type though we do not know it', { mediaType: 'a/b' }, 'a/b'],
    ['OCI image by its layers', { schemaVersion: 2, layers: [] }, MediaType.ociManifest],
    ['OCI image by its config', { schemaVersion: 2, config: {} }, MediaType.ociManifest],
    ['OCI index by its manifests', { schemaVersion: 2, manifests: [] }, MediaType.ociIndex],
    ['schema 1', { schemaVersion: 1, fsLayers: [] }, MediaType.dockerSchema1],
    ['signed schema 1', { schemaVersion: 1, signatures: [{}] }, MediaType.dockerSchema1Signed],
    [
      'what its fields say, not a type unfit for a header',
      { mediaType: 'a/b\r\nc: d', layers: [] },
      MediaType.ociManifest,
    ],
    ['its type despite a duplicate key', `{"mediaType":"a/b","x":1,"x":2}`, 'a/b'],
  ])('tells %s', (_case, body, expected) => expect(identifyManifest(encode(body))).toBe(expected));

  it.each([
    ['no JSON', 'PK', 'body'],
    ['an array', [], 'body'],
    ['nothing to go by', { schemaVersion: 2 }, 'mediaType'],
  ])('refuses %s', (_case, body, field) => {
    const act = () => identifyManifest(encode(body));
    expect(act).toThrow(ManifestError);
    expect(act).toThrow(expect.objectContaining({ field }) as Error);
  });

  it('throws nothing but ManifestError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue().map(encode), fc.uint8Array()), (raw) => {
        try {
          expect(identifyManifest(raw)).toMatch(/^[\x21-\x7e]+$/);
        } catch (error) {
          expect(error).toBeInstanceOf(ManifestError);
        }
      }),
    );
  });
});
