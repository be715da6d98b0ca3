import { ApiError, IMAGE_LIMITS, IMAGE_QUOTAS, UnreachableError } from '@longshore/kube';
import { digestOf, MediaType } from '@longshore/oci';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { overLimit } from '../testing/fake-image-api.js';
import { imageOf, indexOf, JoinedRegistry, manifestOf, type Answer } from '../testing/joined-registry.js';

let registry: JoinedRegistry;
const started: JoinedRegistry[] = [];
const start = async (options: Parameters<typeof JoinedRegistry.start>[0] = {}) => {
  registry = await JoinedRegistry.start(options);
  started.push(registry);
  registry.api.namespaces.add('shop');
  registry.api.rules.push(
    { user: 'editor', verb: '*', resource: '*' },
    { user: 'pusher', verb: 'get', resource: 'imagestreams/layers' },
    { user: 'pusher', verb: 'update', resource: 'imagestreams/layers' },
  );
};
beforeEach(() => start({ openshift: { cache: { disabled: true } } }));
afterEach(async () => {
  for (const each of started.splice(0)) await each.close();
});

const writes = () => registry.api.calls.filter((call) => call.startsWith('POST'));

describe('a push by tag', () => {
  it('makes the stream that is missing, as the pusher may, and tells it of the image', async () => {
    const image = await registry.pushImage('shop/app', 'v1', 'one');
    expect(writes()).toEqual(['POST imagestreammappings', 'POST imagestreams', 'POST imagestreammappings']);
    expect(registry.api.reviews).toContain('editor create imagestreams shop');
    const { layer, config } = imageOf('one');
    expect(registry.api.images.get(image.digest)).toEqual({
      apiVersion: 'image.openshift.io/v1',
      kind: 'Image',
      metadata: {
        name: image.digest,
        annotations: {
          'openshift.io/image.managed': 'true',
          'image.openshift.io/manifestBlobStored': 'true',
          'image.openshift.io/dockerLayersOrder': 'ascending',
        },
      },
      dockerImageReference: `registry:5000/shop/app@${image.digest}`,
      dockerImageManifestMediaType: MediaType.ociManifest,
      dockerImageManifest: image.text,
      dockerImageConfig: config,
      dockerImageLayers: [
        expect.objectContaining({
          size: layer.length,
          mediaType: MediaType.ociLayerGzip,
          name: expect.any(String) as string,
        }),
      ],
    });
  });

  it('costs one call when the stream is there, and none for its blobs', async () => {
    registry.api.create('shop/app');
    await registry.pushImage('shop/app', 'v1', 'one');
    await registry.pushImage('shop/app', 'v2', 'two');
    expect(registry.api.calls).toEqual(['POST imagestreammappings', 'POST imagestreammappings']);
  });

  it('is refused when there is no stream and the pusher may not create it', async () => {
    await registry.pushBlob('shop/app', imageOf('one').layer);
    await registry.pushBlob('shop/app', imageOf('one').config);
    const { status, error } = await registry.putManifest('shop/app', 'v1', imageOf('one'), 'pusher');
    expect([status, error.code]).toEqual([403, 'DENIED']);
    expect(registry.api.streams.size).toBe(0);
  });

  it('is refused in a project that is not there', async () => {
    await registry.pushBlob('bank/app', imageOf('one').layer);
    await registry.pushBlob('bank/app', imageOf('one').config);
    const { status, error } = await registry.putManifest('bank/app', 'v1', imageOf('one'));
    expect([status, error.code]).toEqual([403, 'DENIED']);
  });

  it.each<[string, Error, number, string, string]>([
    ['a limit stands against it', overLimit('exceeds the maximum limit'), 403, 'DENIED', 'exceeds the maximum limit'],
    ['the server finds it invalid', new ApiError('Invalid', 'image is invalid'), 400, 'MANIFEST_INVALID', 'is invalid'],
    ['it is too large', new ApiError('RequestEntityTooLarge', 'too large'), 413, 'MANIFEST_INVALID', 'too large'],
    ['the API server is away', new UnreachableError('gone'), 503, 'UNAVAILABLE', ''],
    ['the API server ails', new ApiError('InternalError', 'oh'), 503, 'UNAVAILABLE', ''],
    ['the registry is not known', new ApiError('Unauthorized', 'who'), 503, 'UNAVAILABLE', ''],
  ])('says so when %s, and leaves no tag', async (_, error, status, code, words) => {
    registry.api.create('shop/app');
    const image = imageOf('one');
    await registry.pushBlob('shop/app', image.layer);
    await registry.pushBlob('shop/app', image.config);
    registry.api.failures.push({ call: 'imagestreammappings', error: error as ApiError });
    const answer = await registry.putManifest('shop/app', 'v1', image);
    expect([answer.status, answer.error.code]).toEqual([status, code]);
    expect(answer.error.message).toContain(words);
    if (status === 503) expect(answer.headers.get('retry-after')).toBe('1');
    expect((await registry.send('/v2/shop/app/manifests/v1')).status).toBe(404);
  });

  it('is not known to be allowed while nobody can be asked', async () => {
    const image = imageOf('one');
    await registry.pushBlob('shop/app', image.layer);
    await registry.pushBlob('shop/app', image.config);
    registry.api.failures.push({ call: '"verb":"create"', error: new UnreachableError('gone') });
    const answer = await registry.putManifest('shop/app', 'v1', image);
    expect([answer.status, answer.error.code]).toEqual([503, 'UNAVAILABLE']);
  });

  it('is tried again when the stream changes at the same time', async () => {
    registry.api.create('shop/app');
    registry.api.failures.push({ call: 'imagestreammappings', error: new ApiError('Conflict', 'changed') });
    await registry.pushImage('shop/app', 'v1', 'one');
    expect(writes()).toHaveLength(2);
  });

  it('sends no configuration of an artifact', async () => {
    registry.api.create('shop/app');
    const artifact = manifestOf('application/vnd.example.config', '{}', 'chart');
    await registry.pushBlob('shop/app', '{}');
    await registry.pushBlob('shop/app', 'chart');
    expect((await registry.putManifest('shop/app', 'v1', artifact)).status).toBe(201);
    expect(registry.api.images.get(artifact.digest)).not.toHaveProperty('dockerImageConfig');
  });

  it('is told by its name that it needs two components', async () => {
    for (const path of ['/v2/app/tags/list', '/v2/a/b/c/tags/list', '/v2/a/b/c/manifests/v1', '/v2/a/blobs/uploads/']) {
      const { status, error } = await registry.send(path, { method: path.endsWith('/') ? 'POST' : 'GET' });
      expect([path, status, error.code]).toEqual([path, 400, 'NAME_INVALID']);
    }
  });
});

describe("Docker's schema 2", () => {
  const docker = () => {
    const { layer, config } = imageOf('docker');
    const manifest = manifestOf(MediaType.dockerConfig, config, layer);
    const text = manifest.text.replace(MediaType.ociManifest, MediaType.dockerManifest);
    return { layer, config, text, mediaType: MediaType.dockerManifest, digest: manifest.digest };
  };

  it.each([
    [true, 201, undefined],
    [false, 400, 'MANIFEST_INVALID'],
  ])('is taken as configured: %s', async (acceptschema2, status, code) => {
    await start({ openshift: { compatibility: { acceptschema2 } } });
    const image = docker();
    await registry.pushBlob('shop/app', image.layer);
    await registry.pushBlob('shop/app', image.config);
    const answer = await registry.putManifest('shop/app', 'v1', image);
    expect([answer.status, answer.error.code]).toEqual([status, code]);
  });
});

describe('a push by digest', () => {
  it('makes an Image, changes no stream, and is readable at once', async () => {
    const image = await registry.pushImage('shop/app', undefined, 'one');
    expect(writes()).toEqual(['POST images']);
    expect((await registry.send(`/v2/shop/app/manifests/${image.digest}`)).text).toBe(image.text);
    await registry.putManifest('shop/app', image.digest, image);
    expect(writes()).toHaveLength(2);
  });

  it('lets an index follow its children', async () => {
    const [one, two] = [await registry.pushImage('shop/app', undefined, 'one'), imageOf('two')];
    expect((await registry.putManifest('shop/app', 'multi', indexOf(one, two))).error.code).toBe(
      'MANIFEST_BLOB_UNKNOWN',
    );
    await registry.pushImage('shop/app', undefined, 'two');
    const index = indexOf(one, two);
    expect((await registry.putManifest('shop/app', 'multi', index)).status).toBe(201);
    expect(registry.api.images.get(index.digest)?.dockerImageManifests).toMatchObject([
      { digest: one.digest, architecture: 'unknown', os: 'unknown' },
      { digest: two.digest },
    ]);
    expect([...registry.api.images.keys()]).toHaveLength(3);
  });

  it('points to it each tag that comes with it', async () => {
    registry.api.create('shop/app');
    const image = await registry.pushImage('shop/app', undefined, 'one');
    const path = `/v2/shop/app/manifests/${image.digest}?tag=a&tag=b`;
    const answer = await registry.send(path, {
      method: 'PUT',
      body: image.text,
      headers: { 'content-type': image.mediaType },
    });
    expect(answer.status).toBe(201);
    expect((await registry.send('/v2/shop/app/tags/list')).text).toBe('{"name":"shop/app","tags":["a","b"]}');
  });
});

describe('limits while bytes arrive', () => {
  const limited = async (max: string) => {
    await start({ openshift: { quota: { enabled: true } } });
    const limits = [
      { type: IMAGE_LIMITS.image, max: { storage: max } },
      { type: 'Container', max: { storage: '1' } },
    ];
    registry.api.limitRanges.set('shop', [{ spec: { limits } }]);
  };

  it('refuse what is announced to be too large before it is sent', async () => {
    await limited('500');
    const { answer } = await registry.pushBlob('shop/app', 'x'.repeat(2000));
    expect([answer.status, answer.error]).toEqual([
      403,
      {
        code: 'DENIED',
        message: 'requested usage of storage exceeds the maximum limit per openshift.io/Image (2000 > 500)',
        detail: { resource: 'storage', used: 2000, limit: 500 },
      },
    ]);
    expect((await registry.pushBlob('shop/app', 'x'.repeat(500))).answer.status).toBe(201);
  });

  it('refuse chunks that become too large together, and forget the upload', async () => {
    await limited('500');
    const begun = await registry.send('/v2/shop/app/blobs/uploads/', { method: 'POST' });
    const chunk = { method: 'PATCH', body: 'x'.repeat(300), headers: { 'content-type': 'application/octet-stream' } };
    const first = await registry.send(begun.headers.get('location') ?? '', chunk);
    expect(first.status).toBe(202);
    const location = first.headers.get('location') ?? '';
    expect((await registry.send(location, chunk)).error).toMatchObject({ code: 'DENIED', detail: { used: 600 } });
    expect((await registry.send(location)).error.code).toBe('BLOB_UPLOAD_UNKNOWN');
  });

  it('refuse a stream of unknown length once it is too long, and forget the upload', async () => {
    await limited('500');
    const begun = await registry.send('/v2/shop/app/blobs/uploads/', { method: 'POST' });
    const location = begun.headers.get('location') ?? '';
    const body = new ReadableStream({
      start(controller) {
        for (let chunk = 0; chunk < 4; chunk++) controller.enqueue(Buffer.from('x'.repeat(200)));
        controller.close();
      },
    });
    const answer = await registry.send(location, { method: 'PATCH', body });
    expect([answer.status, answer.error.code]).toEqual([403, 'DENIED']);
    expect((await registry.send(location)).error.code).toBe('BLOB_UPLOAD_UNKNOWN');
  });

  it('count what is stored against the quota of the project, with what came since it was read', async () => {
    await start({ openshift: { quota: { enabled: true } } });
    const status = { used: { [IMAGE_QUOTAS.storage]: '1k' } };
    registry.api.quotas.set('shop', [{ spec: { hard: { [IMAGE_QUOTAS.storage]: '2k' } }, status }]);
    expect((await registry.pushBlob('shop/app', 'a'.repeat(600))).answer.status).toBe(201);
    expect((await registry.pushBlob('shop/app', 'b'.repeat(600))).answer.error).toMatchObject({
      code: 'DENIED',
      detail: { resource: IMAGE_QUOTAS.storage, used: 2200, limit: 2000 },
    });
    expect((await registry.pushBlob('bank/app', 'b'.repeat(600))).answer.status).toBe(201);
    expect(registry.api.calls.filter((call) => call.includes('quotas'))).toHaveLength(2);
    expect((await registry.send('/extensions/v2/metrics')).text).toContain(
      `imageregistry_quota_refused_total{resource="${IMAGE_QUOTAS.storage}"} 1`,
    );
  });

  describe('do not count again what the project has', () => {
    const HELD = 'h'.repeat(1200);
    const NEW = 'n'.repeat(1200);

    /** A project that has HELD, and room for 800 bytes more. */
    beforeEach(async () => {
      await start({ openshift: { quota: { enabled: true } } });
      registry.api.quotas.set('shop', [{ spec: { hard: { [IMAGE_QUOTAS.storage]: '2k' } } }]);
      await registry.pushBlob('shop/app', HELD);
      await registry.pushBlob('bank/app', NEW);
    });

    const begin = async () =>
      (await registry.send('/v2/shop/other/blobs/uploads/', { method: 'POST' })).headers.get('location') ?? '';
    const inChunks = (content: string) =>
      new ReadableStream({
        start(controller) {
          controller.enqueue(Buffer.from(content.slice(0, 700)));
          controller.enqueue(Buffer.from(content.slice(700)));
          controller.close();
        },
      });
    const finish = (location: string, content: string, body?: string | ReadableStream) => {
      const digest = digestOf(Buffer.from(content));
      return registry.send(`${location}&digest=${digest}`, { method: 'PUT', ...(body !== undefined && { body }) });
    };
    const patchThenPut = async (content: string) => {
      const patched = await registry.send(await begin(), {
        method: 'PATCH',
        body: content,
        headers: { 'content-type': 'application/octet-stream' },
      });
      expect(patched.status).toBe(202);
      return finish(patched.headers.get('location') ?? '', content);
    };

    it.each<[how: string, push: (content: string) => Promise<Answer>]>([
      ['in one request', async (content) => (await registry.pushBlob('shop/other', content)).answer],
      ['in the request that closes the upload', async (content) => finish(await begin(), content, content)],
      ['in a stream of unknown length', async (content) => finish(await begin(), content, inChunks(content))],
      ['before its digest is told', patchThenPut],
    ])('%s', async (_how, push) => {
      expect((await push(HELD)).status).toBe(201);
      const refused = await push(NEW);
      expect([refused.status, refused.error.code]).toEqual([403, 'DENIED']);
    });

    it('and refuse at once what is larger than all that it has', async () => {
      const patched = await registry.send(await begin(), {
        method: 'PATCH',
        body: 'x'.repeat(1201),
        headers: { 'content-type': 'application/octet-stream' },
      });
      expect(patched.error).toMatchObject({ code: 'DENIED', detail: { used: 2401, limit: 2000 } });
    });

    it('and forget an upload that its digest does not save', async () => {
      const location = await begin();
      const headers = { 'content-type': 'application/octet-stream' };
      const patched = await registry.send(location, { method: 'PATCH', body: NEW, headers });
      const next = patched.headers.get('location') ?? '';
      expect((await finish(next, NEW)).error.code).toBe('DENIED');
      expect((await registry.send(next)).error.code).toBe('BLOB_UPLOAD_UNKNOWN');
    });
  });

  it('are not known while the API server is away', async () => {
    await limited('500');
    registry.api.failures.push({ call: 'limitranges', error: new UnreachableError('gone') });
    expect((await registry.pushBlob('shop/app', 'x')).answer.status).toBe(503);
  });
});
