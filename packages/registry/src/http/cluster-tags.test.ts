import { ApiError, UnreachableError } from '@longshore/kube';
import { InMemoryDriver } from '@longshore/storage';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeImageApi } from '../testing/fake-image-api.js';
import { imageOf, indexOf, JoinedRegistry } from '../testing/joined-registry.js';

let driver: InMemoryDriver;
let api: FakeImageApi;
let registry: JoinedRegistry;
const started: JoinedRegistry[] = [];
const start = async (options: Parameters<typeof JoinedRegistry.start>[0] = {}) => {
  const joined = await JoinedRegistry.start({ driver, api, ...options });
  started.push(joined);
  return joined;
};
beforeEach(async () => {
  driver = new InMemoryDriver();
  api = new FakeImageApi();
  api.rules.push(
    { user: 'editor', verb: '*', resource: '*' },
    { user: 'shopper', verb: '*', resource: 'imagestreams/layers', namespace: 'shop' },
  );
  registry = await start();
  await vi.waitFor(() => expect(api.watching).toBe(1));
  api.create('shop/app');
  api.calls.length = 0;
});
afterEach(async () => {
  for (const each of started.splice(0)) await each.close();
});

const tag = (name: string, on = registry) => on.send(`/v2/shop/app/manifests/${name}`);
const digestOfTag = async (name: string, on = registry) => (await tag(name, on)).headers.get('docker-content-digest');

describe('a tag', () => {
  it('is told without the API once it is known', async () => {
    const image = await registry.pushImage('shop/app', 'v1', 'one');
    expect((await tag('v1')).text).toBe(image.text);
    const { length } = api.calls;
    for (const method of ['GET', 'HEAD']) {
      const answer = await registry.send('/v2/shop/app/manifests/v1', { method });
      expect([answer.status, answer.headers.get('docker-content-digest')]).toEqual([200, image.digest]);
    }
    expect(api.calls).toHaveLength(length);
    expect((await registry.send('/extensions/v2/metrics')).text).toContain(
      'imageregistry_stream_cache_requests_total{type="Hit"} 2',
    );
  });

  it('is what was pushed last to any process, though none has heard of it', async () => {
    const other = await start();
    const [one, two] = [await registry.pushImage('shop/app', 'v1', 'one'), imageOf('two')];
    expect(await digestOfTag('v1', other)).toBe(one.digest);
    await registry.pushImage('shop/app', 'v1', 'two');
    expect(await digestOfTag('v1', other)).toBe(two.digest);
  });

  it('follows the stream when it is set or deleted there', async () => {
    const one = await registry.pushImage('shop/app', 'v1', 'one');
    const two = await registry.pushImage('shop/app', undefined, 'two');
    expect(await digestOfTag('v1')).toBe(one.digest);
    api.tag('shop/app', 'v1', two.digest);
    api.deliver();
    await vi.waitFor(async () => expect(await digestOfTag('v1')).toBe(two.digest));
    api.untag('shop/app', 'v1');
    api.deliver();
    await vi.waitFor(async () => expect((await tag('v1')).status).toBe(404));
  });

  it('that was copied from another project brings its content along', async () => {
    api.create('bank/base');
    const image = await registry.pushImage('bank/base', 'v1', 'one');
    expect((await registry.send(`/v2/shop/app/manifests/${image.digest}`)).status).toBe(404);
    const { layer, config } = imageOf('one');
    const blob = (await registry.pushBlob('bank/base', layer)).digest;
    expect((await registry.send(`/v2/shop/app/blobs/${blob}`)).status).toBe(404);
    api.tag('shop/app', 'copy', image.digest);
    api.deliver();
    await vi.waitFor(async () => expect((await tag('copy')).text).toBe(image.text));
    expect((await registry.send(`/v2/shop/app/manifests/${image.digest}`)).text).toBe(image.text);
    expect((await registry.send(`/v2/shop/app/blobs/${blob}`, { as: 'shopper' })).text).toBe(layer);
    api.calls.length = 0;
    expect((await registry.send(`/v2/shop/app/blobs/${blob}`)).text).toBe(layer);
    expect(api.calls).toEqual([]);
    expect((await registry.pushBlob('bank/base', config)).answer.status).toBe(201);
  });

  it('is not known while the API server is away, and its absence is not told', async () => {
    for (const error of [
      new UnreachableError('gone'),
      new ApiError('InternalError', 'oh'),
      new ApiError('Forbidden', ''),
    ]) {
      api.failures.push({ call: 'GET imagestreams/app', error });
      const answer = await tag('v1');
      expect([answer.status, answer.error.code, answer.headers.get('retry-after')]).toEqual([503, 'UNAVAILABLE', '1']);
    }
    expect((await tag('v1')).error.code).toBe('MANIFEST_UNKNOWN');
  });
});

it('that is unknown is told from one of a stream that is unknown (registry.md 11.1)', async () => {
  const codeOf = async (path: string) => (await registry.send(`/v2/${path}`)).error.code;
  expect(await codeOf('shop/app/manifests/none')).toBe('MANIFEST_UNKNOWN');
  expect(await codeOf('shop/none/manifests/none')).toBe('NAME_UNKNOWN');
  await registry.pushImage('shop/none', undefined, 'by digest');
  expect(await codeOf('shop/none/manifests/none')).toBe('MANIFEST_UNKNOWN');
});

describe('the list of tags', () => {
  it('is that of the stream, ascending, in pages', async () => {
    const image = await registry.pushImage('shop/app', 'v2', 'one');
    for (const name of ['b', 'A', 'a10', 'v1']) api.tag('shop/app', name, image.digest);
    const list = async (query: string) => {
      const answer = await registry.send(`/v2/shop/app/tags/list${query}`);
      return [(JSON.parse(answer.text) as { tags: string[] }).tags, answer.headers.get('link')];
    };
    expect(await list('')).toEqual([['A', 'a10', 'b', 'v1', 'v2'], null]);
    expect(await list('?n=2')).toEqual([['A', 'a10'], '</v2/shop/app/tags/list?last=a10&n=2>; rel="next"']);
    expect(await list('?n=5&last=a10')).toEqual([['b', 'v1', 'v2'], null]);
  });

  it('is empty for a stream without tags, and unknown without a stream', async () => {
    expect((await registry.send('/v2/shop/app/tags/list')).text).toBe('{"name":"shop/app","tags":[]}');
    expect((await registry.send('/v2/shop/none/tags/list')).error.code).toBe('NAME_UNKNOWN');
  });
});

describe('what was copied from another project', () => {
  let digest: string;
  const read = async (on: JoinedRegistry) => (await on.send(`/v2/shop/app/manifests/${digest}`)).status;
  beforeEach(async () => {
    api.create('bank/base');
    ({ digest } = await registry.pushImage('bank/base', 'v1', 'one'));
    api.tag('shop/app', 'copy', digest);
    api.deliver();
    expect(await read(registry)).toBe(200);
  });

  it('is gone with the last tag, also where it was just read', async () => {
    api.untag('shop/app', 'copy');
    api.deliver();
    await vi.waitFor(async () => expect(await read(registry)).toBe(404));
  });

  it('is gone as soon as it is deleted here', async () => {
    const { status } = await registry.send(`/v2/shop/app/manifests/${digest}`, { method: 'DELETE' });
    expect([status, await read(registry)]).toEqual([202, 404]);
  });
});

describe('deleting', () => {
  const remove = (reference: string) => registry.send(`/v2/shop/app/manifests/${reference}`, { method: 'DELETE' });

  it('a tag takes it from the stream and from the storage', async () => {
    await registry.pushImage('shop/app', 'v1', 'one');
    expect((await remove('v1')).status).toBe(202);
    expect(api.streams.get('shop/app')?.status.tags).toEqual([]);
    expect((await tag('v1')).status).toBe(404);
    expect((await remove('v1')).error.code).toBe('MANIFEST_UNKNOWN');
  });

  it('a manifest takes its tags along and leaves those of others', async () => {
    const one = await registry.pushImage('shop/app', 'v1', 'one');
    await registry.putManifest('shop/app', 'latest', one);
    await registry.pushImage('shop/app', 'v2', 'two');
    expect((await remove(one.digest)).status).toBe(202);
    expect(api.streams.get('shop/app')?.status.tags?.map((each) => each.tag)).toEqual(['v2']);
    expect((await tag('v1')).status).toBe(404);
    expect((await registry.send(`/v2/shop/app/manifests/${one.digest}`)).status).toBe(404);
    expect((await remove(one.digest)).status).toBe(404);
  });

  it('a manifest leaves a tag that is set to another image at the same time', async () => {
    const one = await registry.pushImage('shop/app', 'v1', 'one');
    const two = await registry.pushImage('shop/app', undefined, 'two');
    const first = () => api.tag('shop/app', 'v1', two.digest);
    api.failures.push({ call: 'DELETE imagestreamtags', error: new ApiError('Conflict', 'changed'), first });
    expect((await remove(one.digest)).status).toBe(202);
    expect(await digestOfTag('v1')).toBe(two.digest);
  });

  it('a manifest is refused while an index lists it', async () => {
    const one = await registry.pushImage('shop/app', undefined, 'one');
    await registry.putManifest('shop/app', 'multi', indexOf(one));
    expect((await remove(one.digest)).error.code).toBe('UNSUPPORTED');
    expect((await tag('multi')).status).toBe(200);
  });

  it('takes the right to delete images, which who may push need not have', async () => {
    const { digest } = await registry.pushImage('shop/app', 'v1', 'one');
    const blob = (await registry.pushBlob('shop/app', 'left over')).digest;
    for (const path of ['manifests/v1', `manifests/${digest}`, `blobs/${blob}`]) {
      const send = (as: string) => registry.send(`/v2/shop/app/${path}`, { method: 'DELETE', as });
      expect([(await send('')).status, (await send('shopper')).status]).toEqual([401, 403]);
      expect((await send('editor')).status).toBe(202);
    }
  });
});

describe('mounting from another project', () => {
  const mount = async (as: string, from: string) => {
    const { digest } = await registry.pushBlob('bank/base', 'layer');
    return registry.send(`/v2/shop/app/blobs/uploads/?mount=${digest}${from}`, { method: 'POST', as });
  };

  it.each([
    ['editor', '&from=bank/base', 201],
    ['shopper', '&from=bank/base', 202],
    ['shopper', '', 202],
    ['editor', '', 201],
    ['editor', '&from=bank/base/more', 202],
  ])('by %s, %s: %i', async (as, from, status) => {
    expect((await mount(as, from)).status).toBe(status);
  });
});

describe('the catalog', () => {
  beforeEach(() => {
    for (const key of ['a/x', 'a-b/y', 'b/z']) api.create(key);
  });
  const page = async (path: string) => {
    const answer = await registry.send(path);
    const next = /<(.*)>/.exec(answer.headers.get('link') ?? '')?.[1];
    return { names: (JSON.parse(answer.text) as { repositories: string[] }).repositories, next };
  };

  it('is that of the streams, and each page costs one call', async () => {
    const names: string[] = [];
    for (let next: string | undefined = '/v2/_catalog?n=2'; next !== undefined;) {
      const { names: some, next: following }: Awaited<ReturnType<typeof page>> = await page(next);
      names.push(...some);
      next = following;
    }
    expect(names).toEqual(['a-b/y', 'a/x', 'b/z', 'shop/app']);
    expect(api.calls).toEqual(['GET imagestreams', 'GET imagestreams']);
  });

  it('goes on behind a name when the API has forgotten where it was', async () => {
    expect((await page('/v2/_catalog?n=2&last=a-b/y')).names).toEqual(['a/x', 'b/z']);
    expect((await page('/v2/_catalog?n=2&last=a/x&continue=gone')).names).toEqual(['b/z', 'shop/app']);
  });

  it('is for who may list the streams of all projects', async () => {
    expect((await registry.send('/v2/_catalog', { as: 'shopper' })).status).toBe(403);
  });
});
