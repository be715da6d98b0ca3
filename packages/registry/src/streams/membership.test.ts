import type { ImageStream, ImageStreamLayers } from '@longshore/kube';
import { digestOf, MediaType, parseManifest, RegistryError, type ParsedManifest } from '@longshore/oci';
import { beforeEach, describe, expect, it } from 'vitest';
import { Membership } from './membership.js';

const digestNamed = (name: string) => digestOf(Buffer.from(name));
const blob = digestNamed('blob');
const image = digestNamed('image');
const child = digestNamed('child');
const other = digestNamed('other');
let asked: number;
let now: number;
let layers: ImageStreamLayers | undefined;
let stream: ImageStream | undefined;
const HOST = 'registry.example.com:5000';
const item = (image: string, repository = `${HOST}/shop/app`) => ({
  image,
  dockerImageReference: `${repository}@${image}`,
  created: '',
  generation: 1,
});
/** What the storage has of the children. */
const manifests = new Map<string, ParsedManifest>();
const manifestWith = (layer: string, more: object = {}) => {
  const descriptor = (digest: string, mediaType: string) => ({ digest, mediaType, size: 1 });
  const layers = [{ ...descriptor(layer, MediaType.ociLayerGzip), ...more }];
  const config = descriptor(digestNamed('config'), MediaType.ociConfig);
  const body = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers };
  return parseManifest(Buffer.from(JSON.stringify(body)), MediaType.ociManifest);
};
let failure: Error | undefined;
const unwatched = (ttlMs: number) =>
  new Membership({
    ttlMs,
    manifest: async (digest) => manifests.get(digest),
    now: () => now,
    api: {
      findStream: async () => stream,
      findLayers: async () => {
        asked++;
        if (failure) throw failure;
        return layers;
      },
    },
  });
const membership = (ttlMs: number) => {
  const listing = unwatched(ttlMs);
  listing.begin();
  return listing;
};
beforeEach(() => {
  asked = 0;
  now = 0;
  failure = undefined;
  manifests.clear();
  manifests.set(child, manifestWith(blob));
  manifests.set(image, manifestWith(other));
  layers = {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStreamLayers',
    metadata: {},
    blobs: { [blob]: { size: 1, mediaType: 'x/y' }, [other]: { size: 1, mediaType: 'x/y' } },
    images: { [image]: { manifests: [child] }, [child]: { layers: [blob] } },
  };
  stream = {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: {},
    spec: { lookupPolicy: { local: false } },
    status: { dockerImageRepository: `${HOST}/shop/app`, tags: [{ tag: 'v1', items: [item(image)] }] },
  };
});

describe('Membership', () => {
  it('knows blobs, images and children of lists, by one question', async () => {
    const listing = membership(1000);
    for (const digest of [blob, image, child]) expect(await listing.lists('shop/app', digest)).toBe(true);
    expect(asked).toBe(1);
  });

  it('believes a yes for its time, and a no never', async () => {
    const listing = membership(1000);
    expect(await listing.lists('shop/app', other)).toBe(false);
    if (layers) layers.images[image] = { layers: [other] };
    expect(await listing.lists('shop/app', other)).toBe(true);
    layers = undefined;
    now = 999;
    expect(await listing.lists('shop/app', other)).toBe(true);
    now = 1000;
    expect(await listing.lists('shop/app', other)).toBe(false);
    expect(asked).toBe(3);
  });

  it.each([
    ['imports', `${HOST.replace('registry', 'evil')}/shop/app`],
    ['takes from another repository of this registry', `${HOST}/secret/app`],
    ['has by a reference that names no digest', `${HOST}/shop`],
  ])('leaves what a stream %s to its source', async (_, repository) => {
    if (stream) stream.status.tags = [{ tag: 'v1', items: [item(image, repository)] }];
    for (const digest of [blob, image, child]) expect(await membership(1000).lists('shop/app', digest)).toBe(false);
  });

  it.each(['dockerImageRepository', 'publicDockerImageRepository'] as const)('knows its own by %s', async (field) => {
    if (stream) stream.status = { ...stream.status, [field]: 'other.example.com/shop/app' };
    if (stream) stream.status.tags = [{ tag: 'v1', items: [item(image, 'other.example.com/shop/app')] }];
    expect(await membership(1000).lists('shop/app', blob)).toBe(true);
  });

  it.each<[string, ParsedManifest | undefined, boolean]>([
    ['must have had, as the stored manifest says', manifestWith(blob), true],
    ['need not have had, as it stays at its publisher', manifestWith(blob, { urls: ['https://example.com'] }), false],
    ['is said to have of an image that is not stored', undefined, false],
  ])('tells of a blob that its pusher %s', async (_, manifest, expected) => {
    manifests.clear();
    if (manifest) manifests.set(child, manifest);
    const listing = membership(1000);
    for (let times = 0; times < 2; times++) expect(await listing.lists('shop/app', blob)).toBe(expected);
  });

  it('believes nothing of a stream that has changed, also while it was asked', async () => {
    const listing = membership(1000);
    expect(await listing.lists('shop/app', blob)).toBe(true);
    layers = undefined;
    listing.changed('shop/other');
    expect(await listing.lists('shop/app', blob)).toBe(true);
    listing.changed('shop/app');
    const answer = listing.lists('shop/app', blob);
    listing.changed('shop/app');
    expect(await answer).toBe(false);
    await listing.lists('shop/app', image);
    expect(asked).toBe(3);
  });

  it('asks each time without a watch, and believes nothing from before one', async () => {
    const listing = unwatched(1000);
    for (let times = 0; times < 2; times++) expect(await listing.lists('shop/app', blob)).toBe(true);
    expect(asked).toBe(2);
    listing.begin();
    for (let times = 0; times < 2; times++) expect(await listing.lists('shop/app', blob)).toBe(true);
    expect(asked).toBe(3);
    listing.forget();
    for (let times = 0; times < 2; times++) expect(await listing.lists('shop/app', blob)).toBe(true);
    expect(asked).toBe(5);
    layers = undefined;
    expect(await listing.lists('shop/app', blob)).toBe(false);
    listing.begin();
    expect(await listing.lists('shop/app', blob)).toBe(false);
  });

  it.each<[string, (listing: Membership) => void]>([
    ['breaks', (listing) => listing.forget()],
    [
      'breaks and begins anew',
      (listing) => {
        listing.forget();
        listing.begin();
      },
    ],
  ])('believes no answer to a question that was out when the watch %s', async (_, happen) => {
    const listing = membership(1000);
    const answer = listing.lists('shop/app', blob);
    happen(listing);
    expect(await answer).toBe(true);
    layers = undefined;
    expect(await listing.lists('shop/app', blob)).toBe(false);
  });

  it('believes no answer to a question from before the watch', async () => {
    const listing = unwatched(1000);
    const answer = listing.lists('shop/app', blob);
    listing.begin();
    expect(await answer).toBe(true);
    layers = undefined;
    expect(await listing.lists('shop/app', blob)).toBe(false);
  });

  it('asks each time when nothing is to be believed', async () => {
    const listing = membership(0);
    await listing.lists('shop/app', blob);
    await listing.lists('shop/app', blob);
    expect(asked).toBe(2);
  });

  it('passes on that nobody can be asked, and keeps projects apart', async () => {
    const listing = membership(1000);
    await listing.lists('shop/app', blob);
    failure = new RegistryError('UNAVAILABLE');
    await expect(listing.lists('shop/other', blob)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
