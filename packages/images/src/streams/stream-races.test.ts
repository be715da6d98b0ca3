/** What two who write one stream at the same time do to each other. */
import type { ImageStream, ImageStreamTag, TagReference } from '@longshore/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
  const image = pushedImage(manifestText({ layers: [[digit, 1000]] }), { dockerImageConfig: CONFIG_TEXT });
  return test.send('POST', at('imagestreammappings'), { metadata: { name: 'app' }, image, tag });
}

/** Lets somebody else write the stream each time before the write of who asks is stored, so often. */
function interfere(times: number, change: (stream: ImageStream, at: number) => void): void {
  const { store } = test;
  const update = store.update.bind(store);
  let left = times;
  let isOther = false;
  store.update = async (key, value, revision) => {
    if (left > 0 && !isOther && key.endsWith('/app')) {
      const at = times - left--;
      isOther = true;
      await test.api.objects.change<ImageStream>(STREAMS, 'proj', 'app', 'all', (stream) => {
        change(stream, at);
        return stream;
      });
      isOther = false;
    }
    return update(key, value, revision);
  };
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

  it('gives up after ten others', async () => {
    interfere(10, label);
    expect((await push('v1', '1')).status).toBe(409);
    expect((await push('v1', '1')).status).toBe(201);
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
