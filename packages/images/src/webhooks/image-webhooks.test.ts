import type { ImageStream, KubeObject } from '@longshore/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  digestOf,
  eventually,
  imageStream,
  startWorkloadServer,
  type WorkloadServer,
} from '../testing/workload-server.js';
import { runImageWebhooks, type ImageWebhooksOptions } from './image-webhooks.js';
import { RECEIVER_SECRET, startReceiver, type Receiver } from './testing/receiver.js';

const STREAMS = 'imagestreams.image.openshift.io';
const NAMESPACE = 'openshift-image-registry';

let cluster: WorkloadServer;
let receiver: Receiver;
let abort: AbortController;
let running: Promise<void>;
let outcomes: string[];
let errors: unknown[];

beforeEach(async () => {
  cluster = await startWorkloadServer();
  receiver = await startReceiver();
  outcomes = [];
  errors = [];
  abort = new AbortController();
  await cluster.api.objects.create(STREAMS, imageStream('shop', 'old', { v1: 'a' }));
  start({ addresses: () => true });
});

afterEach(async () => {
  abort.abort();
  await running;
  await receiver.close();
  await cluster.close();
});

function start(options: Partial<ImageWebhooksOptions>): void {
  abort = new AbortController();
  const observe = (endpoint: string, outcome: string) => void outcomes.push(`${endpoint} ${outcome}`);
  const onError = (error: unknown) => void errors.push(error);
  running = runImageWebhooks({ client: cluster.client, observe, onError, ...options }, abort.signal);
}

function secret(endpoints: Record<string, object | string>): KubeObject {
  const data = Object.entries(endpoints).map(([name, endpoint]) => {
    const text = typeof endpoint === 'string' ? endpoint : JSON.stringify(endpoint);
    return [name, Buffer.from(text).toString('base64')];
  });
  const metadata = { name: 'image-webhooks', namespace: NAMESPACE };
  return { apiVersion: 'v1', kind: 'Secret', metadata, data: Object.fromEntries(data) as Record<string, string> };
}

const hook = (more: object = {}) => ({ url: receiver.url, secret: RECEIVER_SECRET, ...more });

async function push(namespace: string, name: string, tags: Record<string, string>): Promise<void> {
  const { objects } = cluster.api;
  const known = await objects.get<ImageStream>(STREAMS, namespace, name);
  const stream = imageStream(namespace, name, tags);
  if (known === undefined) await objects.create(STREAMS, stream);
  else await objects.update(STREAMS, { ...known, spec: stream.spec, status: stream.status });
}

/** Pushes one image after the other until something is seen of them: only then it is known that the streams are followed. */
async function pushUntil<T>(namespace: string, read: () => T[]): Promise<T[]> {
  let round = 0;
  return eventually(
    async () => {
      await push(namespace, 'app', { v1: 'abcdef'[round++ % 6] ?? 'a' });
      return read();
    },
    (seen) => seen.length > 0,
  );
}

const untilFollowed = () => pushUntil('warm', () => receiver.events);
const told = () => receiver.events.filter(({ data }) => data.namespace !== 'warm');

describe('image webhooks', () => {
  it('tell of pushes and deletions, with what is known of the image', async () => {
    await cluster.api.objects.create('secrets', secret({ ci: hook() }));
    await untilFollowed();
    const image = {
      metadata: { name: digestOf('b') },
      dockerImageManifestMediaType: 'application/x',
      dockerImageMetadata: { Size: 9 },
    };
    await cluster.api.objects.create('images.image.openshift.io', {
      apiVersion: 'image.openshift.io/v1',
      kind: 'Image',
      ...image,
    });
    await push('shop', 'app', { v1: 'a' });
    await push('shop', 'app', { v1: 'b' });
    await push('shop', 'app', {});
    await cluster.api.objects.delete(STREAMS, 'shop', 'app');
    await expect.poll(() => told().length).toBe(4);
    expect(told()).toMatchObject([
      { type: 'io.openshift.image.pushed', subject: 'v1', data: { digest: digestOf('a') } },
      {
        type: 'io.openshift.image.pushed',
        data: { digest: digestOf('b'), previousDigest: digestOf('a'), mediaType: 'application/x', size: 9 },
      },
      { type: 'io.openshift.image.deleted', subject: 'v1', data: { previousDigest: digestOf('b') } },
      { type: 'io.openshift.image.deleted', data: { namespace: 'shop', stream: 'app' } },
    ]);
    expect(receiver.events.some(({ data }) => data.stream === 'old')).toBe(false);
    expect(errors).toEqual([]);
  });

  it('tell only what an endpoint wants to hear, and change with the secret', async () => {
    const created = await cluster.api.objects.create('secrets', secret({ ci: hook({ namespaces: ['shop', 'warm'] }) }));
    await untilFollowed();
    await push('other', 'app', { v1: 'a' });
    await push('shop', 'app', { v1: 'a' });
    await expect.poll(() => told().map(({ data }) => data.namespace)).toEqual(['shop']);
    const { data } = secret({ ci: hook({ namespaces: ['other'] }) });
    await cluster.api.objects.update('secrets', { ...created, data });
    await pushUntil('other', () => told().filter((event) => event.data.namespace === 'other'));
  });

  it('tell of endpoints that are written wrongly by an event, and use the others', async () => {
    const broken = 'url: https://example.com\nsecret: hunter2\n';
    await cluster.api.objects.create('secrets', secret({ broken, ci: hook() }));
    await untilFollowed();
    const events = await eventually(
      async () => (await cluster.api.objects.list('events', NAMESPACE)).items,
      (items) => items.length > 0,
    );
    expect(events).toMatchObject([{ reason: 'ImageWebhookInvalid', involvedObject: { name: 'image-webhooks' } }]);
    expect(String(events[0]?.['message'])).toMatch(/^endpoint "broken": secret: must be/);
    expect(JSON.stringify(events)).not.toContain('hunter2');
  });

  it('reach nothing on this machine unless it is allowed', async () => {
    abort.abort();
    await running;
    start({});
    await cluster.api.objects.create('secrets', secret({ ci: hook() }));
    await pushUntil('shop', () => outcomes);
    expect(outcomes[0]).toBe('ci refused');
    expect(receiver.requests).toEqual([]);
  });
});
