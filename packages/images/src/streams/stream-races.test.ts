/** What two who write one stream at the same time do to each other. */
import { StoreError } from '@longshore/apiserver';
import type { Image, ImageStream, ImageStreamTag, TagReference } from '@longshore/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IMAGES } from '../images/image-kind.js';
import { CONFIG_TEXT, manifestText, pushedImage } from '../testing/manifests.js';
import { at, startStreamServer, type Answer, type StreamServer } from '../testing/stream-server.js';
import { STREAMS } from './stream-names.js';

let test: StreamServer;
beforeEach(async () => {
  test = await startStreamServer();
  const tags = [{ name: 'prod', from: { kind: 'ImageStreamTag', name: 'v1' } }];
  await test.send('POST', at('imagestreams'), { metadata: { name: 'app' }, spec: { tags } });
});
afterEach(() => test.close());

function push(tag: string, digit: string): Promise<Answer> {
  return test.send('POST', at('imagestreammappings'), { metadata: { name: 'app' }, image: imageOf(digit), tag });
}

const imageOf = (digit: string): Image =>
  pushedImage(manifestText({ layers: [[digit, 1000]] }), { dockerImageConfig: CONFIG_TEXT });

/** Lets somebody else write the stream each time before the write of who asks is stored, so often. */
function interfere(times: number, change: (stream: ImageStream, at: number) => void): void {
  const { store } = test;
  const commit = store.commit.bind(store);
  let left = times;
  let isOther = false;
  store.commit = async (writes) => {
    if (left > 0 && !isOther && writes.some(({ key }) => key.endsWith('/app'))) {
      const at = times - left--;
      isOther = true;
      await test.api.objects.change<ImageStream>(STREAMS, 'proj', 'app', 'all', (stream) => {
        change(stream, at);
        return stream;
      });
      isOther = false;
    }
    return commit(writes);
  };
}

/** Lets something happen once before a commit that writes a key with this end is stored. */
function before(end: string, happen: () => Promise<void>): void {
  const { store } = test;
  const commit = store.commit.bind(store);
  store.commit = async (writes) => {
    if (!writes.some(({ key }) => key.endsWith(end))) return commit(writes);
    store.commit = commit;
    await happen();
    return commit(writes);
  };
}

/** What is stored from now on: `create images`. */
function recordCommits(): string[][] {
  const { store } = test;
  const commit = store.commit.bind(store);
  const commits: string[][] = [];
  store.commit = async (writes) => {
    const entries = await commit(writes);
    commits.push(writes.map(({ type, key }) => `${type} ${key.split('/')[2]}`));
    return entries;
  };
  return commits;
}

const label = (stream: ImageStream, at: number) => {
  stream.metadata.labels = { at: String(at) };
};

describe('a push', () => {
  it('is tried again when something else of the stream has changed', async () => {
    interfere(3, label);
    expect((await push('v1', '1')).status).toBe(201);
    const { metadata, status } = await test.stream('app');
    expect(metadata.labels).toEqual({ at: '2' });
    expect(status.tags?.map(({ tag, items }) => [tag, items?.length])).toEqual([
      ['prod', 1],
      ['v1', 1],
    ]);
  });

  it('is refused when its tag has got another image meanwhile', async () => {
    await push('v1', '1');
    const other = { created: '2026-01-02T03:04:05Z', dockerImageReference: 'other/x:1', image: '', generation: 1 };
    interfere(1, ({ status }) => status.tags?.find(({ tag }) => tag === 'v1')?.items?.unshift(other));
    const { status, body } = await push('v1', '2');
    expect([status, body.reason]).toEqual([409, 'Conflict']);
    const { tags } = (await test.stream('app')).status;
    expect(tags?.find(({ tag }) => tag === 'v1')?.items?.[0]).toEqual(other);
  });

  it('gives up after ten others, and has stored nothing', async () => {
    interfere(10, label);
    expect((await push('v1', '1')).status).toBe(409);
    expect((await test.api.objects.list(IMAGES)).items).toEqual([]);
    expect((await push('v1', '1')).status).toBe(201);
  });

  it('stores image and event in one commit, also when the image was there', async () => {
    const commits = recordCommits();
    for (const tag of ['v1', 'v2']) expect((await push(tag, '1')).status).toBe(201);
    expect(commits).toEqual([
      ['create images', 'update imagestreams'],
      ['update images', 'update imagestreams'],
    ]);
  });

  it('of an image that others push or prune meanwhile is tried again', async () => {
    const { objects } = test.api;
    await push('v1', '1');
    before('/app', () => objects.delete(IMAGES, '', imageOf('1').metadata.name ?? ''));
    expect((await push('v2', '1')).status).toBe(201);
    before('/app', async () => void (await objects.create(IMAGES, imageOf('2'))));
    expect((await push('v3', '2')).status).toBe(201);
    const images = (await objects.list(IMAGES)).items.map(({ metadata }) => metadata.name);
    expect(new Set(images)).toEqual(new Set(['1', '2'].map((digit) => imageOf(digit).metadata.name)));
    expect((await test.stream('app')).status.tags?.map(({ tag }) => tag)).toEqual(['prod', 'v1', 'v2', 'v3']);
  });

  it('stores the image before the event where both do not fit into one commit', async () => {
    const commits = recordCommits();
    const commit = test.store.commit.bind(test.store);
    test.store.commit = async (writes) => {
      if (writes.length > 1) throw new StoreError('TOO_LARGE', 'too large together');
      return commit(writes);
    };
    expect((await push('v1', '1')).status).toBe(201);
    expect(commits).toEqual([['create images'], ['update imagestreams']]);
  });
});

describe('a change of a tag', () => {
  it('is tried again when the patch names no version, but not when it does', async () => {
    await push('v1', '1');
    const path = at('imagestreamtags', 'app:prod');
    const patch = (metadata: object) =>
      test.send('PATCH', path, { metadata }, { type: 'application/merge-patch+json' });
    const { resourceVersion } = (await test.stream('app')).metadata;
    interfere(2, label);
    expect((await patch({ annotations: { a: 'b' } })).body).toMatchObject({ metadata: { annotations: { a: 'b' } } });
    expect((await patch({ resourceVersion, annotations: { a: 'c' } })).status).toBe(409);
  });

  it('is tried again when a PUT names no version', async () => {
    await push('v1', '1');
    interfere(2, label);
    const tag = { from: { kind: 'ImageStreamTag', name: 'v1' } } as TagReference;
    const { status, body } = await test.send('PUT', at('imagestreamtags', 'app:x'), {
      metadata: { name: 'app:x' },
      tag,
    });
    expect(status).toBe(200);
    expect((body as unknown as ImageStreamTag).tag?.name).toBe('x');
  });
});
