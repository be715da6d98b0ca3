import type { ResourceDefinition, StoredBackend } from '@longshore/apiserver';
import { ApiError, type Image, type ImageStream, type KubeObject, type TagEvent } from '@longshore/kube';
import { MediaType } from '@longshore/oci';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fillImage } from '../images/describe-image.js';
import { startImageServer, type ImageServer } from '../testing/image-server.js';
import { CONFIG_TEXT, digest, indexText, manifestText, pushedImage } from '../testing/manifests.js';
import { ImageLimits } from './image-limits.js';
import { quotaController } from './quota-controller.js';
import type { ResourceQuota } from './quota.js';

const STREAMS = 'imagestreams.image.openshift.io';
const COUNT = 'count/imagestreams.image.openshift.io';
const STORAGE = 'openshift.io/image-storage';

let server: ImageServer;
let limits: ImageLimits;
let now = 0;
beforeAll(async () => {
  server = await startImageServer();
  limits = new ImageLimits({ cluster: server.api.objects, index: server.index, now: () => now });
  server.api.addDefinition(streamKind());
});
afterAll(() => server.close());

/** Streams that are admitted, as the real kind does it. */
function streamKind(): ResourceDefinition {
  const backend: StoredBackend<ImageStream> = {
    type: 'stored',
    prepareForCreate: (stream, context) => limits.admitStream(stream, undefined, context),
    validateUpdate: async (stream, old, context) => {
      await limits.admitStream(stream, old, context);
      return [];
    },
    afterWrite: limits.streamWritten,
  };
  return {
    group: 'image.openshift.io',
    version: 'v1',
    kind: 'ImageStream',
    plural: 'imagestreams',
    singular: 'imagestream',
    scope: 'Namespaced',
    schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    backend,
  };
}

let namespace = '';
let count = 0;
beforeEach(() => {
  namespace = `n${++count}`;
  now = 0;
});

const streamOf = (name: string, images: readonly string[] = []): ImageStream => {
  const event = (image: string): TagEvent => ({ created: '', dockerImageReference: 'r', image, generation: 1 });
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name, namespace },
    spec: { lookupPolicy: { local: false } },
    status: { dockerImageRepository: '', tags: [{ tag: 'v1', items: images.map(event) }] },
  };
};
const limitedBy = (kind: 'LimitRange' | 'ResourceQuota', spec: object) =>
  server.api.objects.create(kind === 'LimitRange' ? 'limitranges' : 'resourcequotas', {
    apiVersion: 'v1',
    kind,
    metadata: { name: 'q', namespace },
    spec,
  });
const imageOf = (manifest: string): Image => {
  const image = pushedImage(manifest, { dockerImageConfig: CONFIG_TEXT });
  fillImage(image);
  return image;
};
const nameOf = ({ metadata: { name = '' } }: KubeObject) => name;
const createStream = (name: string, images?: readonly string[]) =>
  server.api.objects.create(STREAMS, streamOf(name, images));
const admit = (images: readonly Image[], dryRun = false) =>
  limits.admitImages({ name: 'app', namespace }, images, { objects: server.api.objects, dryRun });

async function outcomes(writes: Promise<unknown>[]): Promise<{ done: number; refused: Set<string> }> {
  const results = await Promise.allSettled(writes);
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  const refused = reasons.map((reason) => {
    if (!(reason instanceof ApiError) || reason.reason !== 'Forbidden') throw reason;
    return reason.details.causes?.map(({ message }) => message).join() ?? '';
  });
  return { done: results.length - reasons.length, refused: new Set(refused) };
}

describe('streams', () => {
  it('pass no quota in a burst', async () => {
    await limitedBy('ResourceQuota', { hard: { [COUNT]: '5' } });
    const burst = await outcomes(Array.from({ length: 20 }, (_, at) => createStream(`s${at}`)));
    expect(burst).toEqual({
      done: 5,
      refused: new Set([`exceeded quota: q, requested: ${COUNT}=1, used: ${COUNT}=5, limited: ${COUNT}=5`]),
    });
    const { items } = await server.api.objects.list(STREAMS, namespace);
    expect(items).toHaveLength(5);
    await server.api.objects.delete(STREAMS, namespace, nameOf(items[0] as KubeObject));
    expect(await outcomes([createStream('a'), createStream('b')])).toMatchObject({ done: 1 });
  });

  it('are refused as forbidden, with the key of the limit', async () => {
    await limitedBy('ResourceQuota', { hard: { [COUNT]: '0' } });
    const error = await createStream('app').catch((error: unknown) => error);
    expect((error as ApiError).toStatus()).toMatchObject({
      reason: 'Forbidden',
      code: 403,
      message: `imagestreams.image.openshift.io "app" is forbidden: exceeded quota: q, requested: ${COUNT}=1, used: ${COUNT}=0, limited: ${COUNT}=0`,
      details: { name: 'app', kind: 'imagestreams', causes: [{ reason: 'QuotaExceeded', field: COUNT }] },
    });
  });

  it('that were admitted but never stored are forgotten', async () => {
    await limitedBy('ResourceQuota', { hard: { [COUNT]: '1' } });
    await limits.admitStream(streamOf('lost'), undefined, { objects: server.api.objects });
    expect(await outcomes([createStream('app')])).toMatchObject({ done: 0 });
    now = 60_000;
    expect(await outcomes([createStream('app')])).toMatchObject({ done: 1 });
  });

  it('count also when they are stored while others are listed', async () => {
    await limitedBy('ResourceQuota', { hard: { [COUNT]: '1' } });
    await limits.admitStream(streamOf('first'), undefined, { objects: server.api.objects });
    const list = () => {
      limits.streamWritten(streamOf('first'));
      return Promise.resolve({ items: [], resourceVersion: '1' });
    };
    const objects = { get: () => Promise.resolve(undefined), list };
    expect(await outcomes([limits.admitStream(streamOf('second'), undefined, { objects })])).toMatchObject({ done: 0 });
  });

  it('that are only tried out reserve nothing', async () => {
    await limitedBy('ResourceQuota', { hard: { [COUNT]: '1' } });
    await limits.admitStream(streamOf('tried'), undefined, { objects: server.api.objects, dryRun: true });
    expect(await outcomes([createStream('app')])).toMatchObject({ done: 1 });
  });

  it('may have no more images than before, above the limit', async () => {
    const stream = await createStream('app', ['a', 'b', 'c']);
    await limitedBy('LimitRange', {
      limits: [{ type: 'openshift.io/ImageStream', max: { 'openshift.io/images': '2' } }],
    });
    const write = (images: readonly string[]) =>
      server.api.objects.update(STREAMS, {
        ...streamOf('app', images),
        metadata: { ...stream.metadata, resourceVersion: '' },
      });
    expect(await outcomes([write(['d', 'a', 'b', 'c'])])).toEqual({
      done: 0,
      refused: new Set([
        'requested usage of openshift.io/images exceeds the maximum limit per openshift.io/ImageStream (4 > 2)',
      ]),
    });
    expect(await outcomes([write(['d', 'a', 'b'])])).toMatchObject({ done: 1 });
  });
});

describe('images', () => {
  it('may not be greater than the limit, alone or in a list', async () => {
    const small = await server.create(pushedImage(manifestText({ layers: [['1', count]] })));
    const great = await server.create(
      pushedImage(
        manifestText({
          layers: [
            ['1', 2000],
            ['2', 1000 + count],
          ],
        }),
      ),
    );
    const list = imageOf(
      indexText([small, great].map((child) => ({ mediaType: MediaType.ociManifest, digest: nameOf(child), size: 9 }))),
    );
    await limitedBy('LimitRange', { limits: [{ type: 'openshift.io/Image', max: { storage: '1k' } }] });
    const refused = new Set([
      `requested usage of storage exceeds the maximum limit per openshift.io/Image (${3328 + count} > 1k)`,
    ]);
    expect(await outcomes([admit([small])])).toMatchObject({ done: 1 });
    expect(await outcomes([admit([great])])).toEqual({ done: 0, refused });
    expect(await outcomes([admit([list])])).toEqual({ done: 0, refused });
  });

  it('count each blob once against the bytes of the namespace', async () => {
    await limitedBy('ResourceQuota', { hard: { [STORAGE]: '2000' } });
    const first = await server.create(
      pushedImage(
        manifestText({
          layers: [
            ['1', 1000],
            ['2', count],
          ],
        }),
      ),
    );
    await admit([first]);
    await createStream('app', [nameOf(first)]);
    // 1328 + count are used; the configuration and a layer are shared.
    const fits = imageOf(
      manifestText({
        layers: [
          ['1', 1000],
          ['3', 600],
        ],
      }),
    );
    const tooMuch = imageOf(
      manifestText({
        layers: [
          ['1', 1000],
          ['4', 700],
        ],
      }),
    );
    expect(await outcomes([admit([fits], true)])).toMatchObject({ done: 1 });
    expect(await outcomes([admit([tooMuch])])).toEqual({
      done: 0,
      refused: new Set([
        `exceeded quota: q, requested: ${STORAGE}=700, used: ${STORAGE}=${1328 + count}, limited: ${STORAGE}=2k`,
      ]),
    });
    expect(await outcomes([admit([first])])).toMatchObject({ done: 1 });
  });

  it('pass no quota in a burst, and count until they are stored or given up', async () => {
    await limitedBy('ResourceQuota', { hard: { [STORAGE]: '1000' } });
    // A configuration of 328 bytes for all, and 300 for each.
    const imageWith = (digit: string) => imageOf(manifestText({ layers: [[digit, 300]] }));
    const images = ['1', '2', '3', '4', '5'].map(imageWith);
    expect(await outcomes(images.map((image) => admit([image])))).toMatchObject({ done: 2 });
    const stored = await server.create(pushedImage(manifestText({ layers: [['1', 300]] })));
    await createStream('app', [nameOf(stored)]);
    expect(await outcomes([admit([imageWith('6')])])).toMatchObject({ done: 0 });
    now = 60_000;
    expect(await outcomes([admit([imageWith('6')])])).toMatchObject({ done: 1 });
  });

  it('are not read where nothing limits them', async () => {
    const objects = { get: () => Promise.reject(new Error('read')), list: () => Promise.reject(new Error('listed')) };
    const child = { mediaType: MediaType.ociManifest, digest: digest('a'), size: 1 };
    await limits.admitImages({ name: 'app', namespace }, [imageOf(indexText([child]))], { objects });
  });
});

describe('quotaController', () => {
  it('tells in the status what is used', async () => {
    const controller = quotaController(server.index);
    expect(controller.name).toBe('image-quota');
    const quota = await limitedBy('ResourceQuota', { hard: { [COUNT]: '5', [STORAGE]: '1Gi', pods: '3' } });
    expect(Object.values(controller.follows).map((keysOf) => keysOf(quota))).toEqual([[namespace], [namespace]]);
    const first = await server.create(
      pushedImage(
        manifestText({
          layers: [
            ['1', 1000],
            ['2', 10 * count],
          ],
        }),
      ),
    );
    const second = await server.create(
      pushedImage(
        manifestText({
          layers: [
            ['1', 1000],
            ['3', 10 * count],
          ],
        }),
      ),
    );
    await createStream('a', [nameOf(first), nameOf(second)]);
    await createStream('b', [nameOf(first)]);
    const signal = new AbortController().signal;
    await controller.reconcile(namespace, server.api.objects, signal);
    const status = async () => {
      const stored = await server.api.objects.get<ResourceQuota>('resourcequotas', namespace, 'q');
      return { status: stored?.status, version: stored?.metadata.resourceVersion };
    };
    const { status: told, version } = await status();
    expect(told).toEqual({
      hard: { [COUNT]: '5', [STORAGE]: '1Gi' },
      used: { [COUNT]: '2', [STORAGE]: String(1328 + 20 * count) },
    });
    await controller.reconcile(namespace, server.api.objects, signal);
    expect((await status()).version).toBe(version);
    await server.api.objects.delete(STREAMS, namespace, 'a');
    await controller.reconcile(namespace, server.api.objects, signal);
    expect((await status()).status?.used).toEqual({ [COUNT]: '1', [STORAGE]: String(1328 + 10 * count) });
  });
});
