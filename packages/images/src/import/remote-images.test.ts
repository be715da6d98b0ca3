import { Readable } from 'node:stream';
import { RemoteError, type MirrorRule, type RemoteRepository, type RepositoryName } from '@longshore/distribution';
import { digestOf, MediaType, parseReference, type Digest } from '@longshore/oci';
import { beforeEach, describe, expect, it } from 'vitest';
import { RemoteImages, type ReadImageOptions } from './remote-images.js';

interface Content {
  mediaType: string;
  bytes: Buffer;
}

const REFERENCE = parseReference('quay.io/team/app:v1');

let contents: Map<string, Content>;
let reads: string[];
beforeEach(() => {
  contents = new Map();
  reads = [];
});

const repository: RemoteRepository = {
  name: { host: 'quay.io', name: 'team/app' },
  manifest: (reference: string) => {
    reads.push(reference);
    const content = contents.get(reference);
    if (content === undefined) return Promise.reject(new RemoteError('NOT_FOUND', reference));
    return Promise.resolve({ ...content, digest: digestOf(content.bytes) });
  },
  statManifest: () => Promise.reject(new Error('nobody asks')),
  statBlob: () => Promise.reject(new Error('nobody asks')),
  blob: (digest) => {
    reads.push(digest);
    const { bytes } = contents.get(digest) as Content;
    return Promise.resolve({ size: bytes.byteLength, body: Readable.from([bytes]) });
  },
  async *tags() {
    for (let n = 0; ; n++) yield await Promise.resolve(n % 2 === 0 ? `t${n}` : `no tag ${n}`);
  },
};

function put(bytes: Buffer, mediaType: string): { digest: Digest; size: number; mediaType: string } {
  const digest = digestOf(bytes);
  contents.set(digest, { bytes, mediaType });
  return { digest, size: bytes.byteLength, mediaType };
}

function putManifest(value: object, mediaType: string) {
  return put(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...value })), mediaType);
}

function putImage(seed: string, config: object = { architecture: 'amd64', os: 'linux' }) {
  const { digest, size } = put(Buffer.from(JSON.stringify({ ...config, seed })), MediaType.ociConfig);
  return putManifest({ config: { digest, size, mediaType: MediaType.ociConfig }, layers: [] }, MediaType.ociManifest);
}

const putIndex = (manifests: object[]) => putManifest({ manifests }, MediaType.ociIndex);

function read(top: { digest: Digest }, more: Partial<ReadImageOptions> = {}, images = reader()) {
  contents.set('v1', contents.get(top.digest) as Content);
  const options = {
    mode: 'PreserveOriginal' as const,
    preferred: {},
    insecure: false,
    signal: new AbortController().signal,
  };
  return images.read(REFERENCE, { ...options, ...more });
}

const reader = (
  tagMirrors: MirrorRule[] = [],
  repositoryOf: (name: RepositoryName) => RemoteRepository = () => repository,
) =>
  new RemoteImages({
    policy: { digestMirrors: [], tagMirrors, blocked: [], insecure: [] },
    repository: repositoryOf,
    platform: { os: 'linux', architecture: 'amd64' },
  });

describe('a list', () => {
  it('brings all that is below it, each once', async () => {
    const [one, two] = [putImage('1'), putImage('2')];
    const { children } = await read(putIndex([putIndex([one, two]), one]));
    expect(children.map(({ metadata }) => metadata.name)).toHaveLength(3);
    expect(new Set(reads).size).toBe(reads.length);
  });

  it('in a list is looked into where one image is wanted', async () => {
    const image = putImage('1');
    const { image: found } = await read(putIndex([putIndex([image])]), { mode: 'Legacy' });
    expect(found.metadata.name).toBe(image.digest);
  });

  it.each<[string, () => { digest: Digest }, Partial<ReadImageOptions>, string]>([
    ['without an image', () => putIndex([]), { mode: 'Legacy' }, 'NOT_FOUND'],
    [
      'of lists without end',
      () => Array.from({ length: 9 }).reduce<{ digest: Digest }>((below) => putIndex([below]), putImage('1')),
      { mode: 'Legacy' },
      'NOT_FOUND',
    ],
    ['of too many', () => putIndex(Array.from({ length: 501 }, (_, n) => putImage(String(n)))), {}, 'TOO_LARGE'],
  ])('%s is no image', async (_what, make, options, code) => {
    await expect(read(make(), options)).rejects.toMatchObject({ code });
  });
});

describe('a manifest', () => {
  it('is read once, by tag and by digest', async () => {
    const images = reader();
    const list = putIndex([putImage('1'), putImage('2')]);
    await Promise.all([read(list, {}, images), read(list, {}, images)]);
    await read(list, { mode: 'Legacy' }, images);
    expect(reads).toHaveLength(5);
    expect(new Set(reads).size).toBe(5);
  });

  it('is read again after a failure, and where TLS must be verified', async () => {
    const images = reader();
    const image = putImage('1');
    const bytes = contents.get(image.digest) as Content;
    contents.delete(image.digest);
    const options = { mode: 'Legacy' as const, preferred: {}, signal: new AbortController().signal };
    const ask = (insecure: boolean) => images.read(REFERENCE, { ...options, insecure });
    await expect(ask(true)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    contents.set('v1', bytes);
    for (const insecure of [true, true, false]) await ask(insecure);
    expect(reads.filter((what) => what === 'v1')).toHaveLength(3);
  });
});

describe('a configuration', () => {
  it('that many images share is read once', async () => {
    const images = reader();
    const image = putImage('1');
    await Promise.all([read(image, {}, images), read(image, {}, images)]);
    expect(reads.filter((what) => what !== 'v1')).toHaveLength(1);
  });

  it.each([
    ['is too large', { text: 'x'.repeat(5_000_000) }],
    ['is one of too many', { text: 'x'.repeat(3_500_000) }],
  ])('that %s is not read', async (_what, config) => {
    const images = Array.from({ length: 10 }, (_, n) => putImage(String(n), config));
    await expect(read(putIndex(images))).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it('counts for each image that shares it', async () => {
    const { digest, size } = put(Buffer.from(JSON.stringify({ text: 'x'.repeat(1_000_000) })), MediaType.ociConfig);
    const config = { digest, size, mediaType: MediaType.ociConfig };
    const image = (seed: number) =>
      putManifest({ config, layers: [], annotations: { seed: String(seed) } }, MediaType.ociManifest);
    const list = (images: number) => putIndex(Array.from({ length: images }, (_, seed) => image(seed)));
    expect((await read(list(30))).children).toHaveLength(30);
    await expect(read(list(40))).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it('that is larger than it is said to be is not read', async () => {
    const { digest } = put(Buffer.alloc(100), MediaType.ociConfig);
    const config = { digest, size: 10, mediaType: MediaType.ociConfig };
    const image = putManifest({ config, layers: [] }, MediaType.ociManifest);
    await expect(read(image)).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
});

it('reads no more tags than somebody can want', async () => {
  const tags = await reader().tags(parseReference('quay.io/team/app'), {
    insecure: false,
    signal: new AbortController().signal,
  });
  expect(tags).toHaveLength(10_000);
  expect(tags.slice(0, 2)).toEqual(['t0', 't2']);
});

it('goes on to the source when a mirror has nothing that makes sense', async () => {
  const garbage: RemoteRepository = {
    ...repository,
    manifest: () => Promise.resolve({ bytes: Buffer.from('{}'), mediaType: '', digest: digestOf(Buffer.from('{}')) }),
  };
  const mirrors = [{ source: 'quay.io', mirrors: ['mirror.example'], neverContactSource: false }];
  const images = reader(mirrors, ({ host }) => (host === 'mirror.example' ? garbage : repository));
  const image = putImage('1');
  expect((await read(image, {}, images)).image.metadata.name).toBe(image.digest);
});
