import { ApiError, forbidden } from '@longshore/kube';
import { describe, expect, it, vi } from 'vitest';
import { followChanges } from './follow-changes.js';
import { readCluster } from './read-cluster.js';
import { RegistryPruneError } from './registry-content.js';
import type { FakeCluster } from './testing/fake-cluster.js';
import { digestNamed, image, pod, stream } from './testing/objects.js';
import { planFor, prune, RULES, start } from './testing/pruning.js';

const TWO = () =>
  start({
    images: [image('a', { layers: ['shared'] }), image('b', { layers: ['shared', 'own'] })],
    streams: [stream('ns/app', { v1: ['a', 'b'] })],
  });
const [A = '', B = '', OWN = ''] = ['a', 'b', 'own'].map(digestNamed);
const CONFIG = digestNamed('b-config');

const unexpected = (_what: string, error: unknown): never => {
  throw error;
};

describe('a run', () => {
  it('shortens the stream, then deletes links, blobs and the image', async () => {
    const { cluster, registry } = TWO();
    const { summary, steps, failures } = await prune(cluster, registry);
    expect(steps).toEqual([
      'items ns/app 1',
      `layer link ns/app ${CONFIG}`,
      `layer link ns/app ${OWN}`,
      `manifest link ns/app ${B}`,
      `blob ${CONFIG}`,
      `blob ${OWN}`,
      `blob ${B}`,
      `image ${B}`,
    ]);
    expect(failures).toEqual([]);
    expect(summary).toEqual({
      images: 1,
      items: 1,
      streams: 1,
      layerLinks: 2,
      manifestLinks: 1,
      blobs: 3,
      failures: 0,
    });
    expect(cluster.streams.get('ns/app')?.status.tags?.map(({ items }) => items?.map((item) => item.image))).toEqual([
      [A],
    ]);
    expect([...cluster.images.keys()]).toEqual([A]);
    expect([...registry.blobs].sort()).toEqual([A, digestNamed('a-config'), digestNamed('shared')].sort());
  });

  it('that is dry says the same and changes nothing (registry.md 11.5)', async () => {
    const { cluster, registry } = TWO();
    const before = structuredClone([cluster.images, cluster.streams, registry.links, registry.blobs]);
    const dry = await prune(cluster, registry, { dryRun: true });
    expect([cluster.images, cluster.streams, registry.links, registry.blobs]).toEqual(before);
    expect(cluster.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
    expect(dry).toEqual(await prune(cluster, registry));
  });

  it('without registry deletes only objects', async () => {
    const { cluster } = TWO();
    const { steps } = await prune(cluster, undefined);
    expect(steps).toEqual(['items ns/app 1', `image ${B}`]);
  });

  it('removes a tag that it has emptied, and leaves others as they are', async () => {
    const { cluster, registry } = start({
      images: [image('a')],
      streams: [stream('ns/app', { v1: ['a'], v2: ['a'] })],
    });
    const failing = { tag: 'broken', items: null };
    cluster.streams.get('ns/app')?.status.tags?.push(failing);
    cluster.others.set('pods', [pod(['any.host/ns/app:v2'])]);
    await prune(cluster, registry, { rules: { ...RULES, history: { keepRevisions: 0 } } });
    expect(cluster.streams.get('ns/app')?.status.tags).toMatchObject([{ tag: 'v2' }, failing]);
  });

  it('takes 404 for success', async () => {
    const { cluster, registry } = TWO();
    registry.links.clear();
    registry.blobs.clear();
    const { summary } = await prune(cluster, registry);
    expect(summary).toMatchObject({ images: 1, blobs: 3, failures: 0 });
  });

  it('ends between two objects when it is told to', async () => {
    const { cluster, registry } = TWO();
    const abort = new AbortController();
    registry.before = (what) => {
      if (what === `ns/app ${CONFIG}`) abort.abort(new Error('interrupted'));
    };
    await expect(prune(cluster, registry, { signal: abort.signal })).rejects.toThrow('interrupted');
    expect(registry.links.has(`ns/app ${CONFIG}`)).toBe(false);
    expect(registry.links.has(`ns/app ${OWN}`)).toBe(true);
    const { summary } = await prune(cluster, registry);
    expect(summary).toMatchObject({ images: 1, blobs: 3 });
  });
});

describe('what goes wrong', () => {
  it('with one blob keeps its image, and is told; the rest goes on', async () => {
    const { cluster, registry } = start({ images: [image('b', { layers: ['own'] }), image('c')], streams: [] });
    registry.before = (what) => {
      if (what === OWN) throw new RegistryPruneError('disk full', false);
    };
    const { summary, failures } = await prune(cluster, registry);
    expect(failures).toEqual([`blob ${OWN}: disk full`]);
    expect(summary).toMatchObject({ images: 1, failures: 1 });
    expect([...cluster.images.keys()]).toEqual([B]);
  });

  it('with everything ends the run', async () => {
    const { cluster, registry } = TWO();
    registry.before = () => {
      throw new RegistryPruneError('no rights', true);
    };
    await expect(prune(cluster, registry)).rejects.toThrow('no rights');
    expect(cluster.images.size).toBe(2);
  });

  it('with a stream keeps what its history names', async () => {
    const { cluster, registry } = TWO();
    cluster.before = (request) => {
      if (request.startsWith('PUT')) throw forbidden({ group: '', resource: 'imagestreams' }, 'app', 'no');
    };
    const { summary, failures } = await prune(cluster, registry);
    expect(failures).toEqual(['image stream ns/app: imagestreams "app" is forbidden: no']);
    expect(summary).toMatchObject({ images: 0, blobs: 0, layerLinks: 0, failures: 1 });
    expect(registry.blobs.has(OWN)).toBe(true);
  });
});

describe('what happens meanwhile', () => {
  it('a stream that changes before it is written is judged anew', async () => {
    const { cluster, registry } = TWO();
    let pushes = 0;
    cluster.before = (request) => {
      if (!request.startsWith('PUT') || pushes++ > 0) return;
      cluster.put(image('new', { minutes: 0 }));
      cluster.put(stream('ns/app', { v1: [{ image: 'new', minutes: 0 }, 'a', 'b'], v2: [{ image: 'b', minutes: 0 }] }));
    };
    const { summary } = await prune(cluster, registry);
    // The second tag needs b now; of the first, a is no longer the newest.
    const tags = cluster.streams.get('ns/app')?.status.tags?.map(({ items }) => items?.map((item) => item.image));
    expect(tags?.[1]).toEqual([B]);
    expect(summary.images).toBe(0);
    expect(registry.blobs.has(OWN) && registry.links.has(`ns/app ${OWN}`)).toBe(true);
  });

  it('an image that is tagged elsewhere after the streams were done stays', async () => {
    const { cluster, registry } = TWO();
    const { plan, versions } = await planFor(cluster, RULES);
    const ended = new AbortController();
    const following = followChanges(cluster.client, plan, versions, ended.signal, unexpected);
    registry.before = (what) => {
      if (what === `ns/app ${B}`) cluster.put(stream('far/app', { v1: [{ image: 'b', minutes: 0 }] }));
    };
    const { summary } = await prune(cluster, registry, { plan });
    ended.abort();
    await following;
    expect(summary).toMatchObject({ items: 1, images: 0, blobs: 0 });
    expect(cluster.images.has(B)).toBe(true);
  });

  it('is told once that nothing is heard of it', async () => {
    const { cluster } = TWO();
    const { plan, versions } = await planFor(cluster, RULES);
    let watches = 0;
    cluster.before = (request) => {
      if (!request.startsWith('WATCH') || !request.endsWith('/imagestreams')) return;
      watches++;
      throw forbidden({ group: '', resource: 'imagestreams' }, '', 'no');
    };
    const ended = new AbortController();
    const failures: string[] = [];
    const note = (what: string, error: unknown) => failures.push(`${what}: ${(error as Error).message}`);
    const following = followChanges(cluster.client, plan, versions, ended.signal, note);
    await vi.waitFor(() => expect(watches).toBeGreaterThan(1), { timeout: 20_000 });
    ended.abort();
    await following;
    expect(failures).toEqual(['the watch of image streams: imagestreams is forbidden: no']);
  });

  it('a blob that a push relies upon stays, and with it the image', async () => {
    const { cluster, registry } = TWO();
    registry.leased.add(OWN);
    const { summary, kept } = await prune(cluster, registry);
    expect(kept).toEqual([`blob ${OWN}`]);
    expect(summary).toMatchObject({ images: 0, blobs: 2, failures: 0 });
    expect(cluster.images.has(B)).toBe(true);
  });

  it('an image that is written again stays', async () => {
    const { cluster, registry } = TWO();
    registry.before = (what) => {
      if (what === B) cluster.put(image('b', { layers: ['shared', 'own'] }));
    };
    const { summary, kept } = await prune(cluster, registry);
    expect(kept).toEqual([`image ${B}`]);
    expect(summary.images).toBe(0);
  });

  it('a stream that is deleted is no failure', async () => {
    const { cluster, registry } = TWO();
    const { plan } = await planFor(cluster, RULES);
    cluster.streams.clear();
    const { summary } = await prune(cluster, registry, { plan });
    expect(summary).toMatchObject({ items: 0, failures: 0 });
  });
});

describe('reading a cluster', () => {
  const read = (cluster: FakeCluster, more: object = {}) =>
    readCluster({ client: cluster.client, notBefore: 0, signal: new AbortController().signal, ...more });
  const template = (kind: string, images: string[]) => ({
    ...pod([]),
    kind,
    spec: { template: { spec: { containers: images.map((image) => ({ image })) } } },
  });

  it('finds uses, limits, references that are none, and where the registry is', async () => {
    const { cluster } = TWO();
    cluster.others.set('pods', [pod([`r.io/ns/app@${B}`, 'r.io/ns/APP'])]);
    cluster.others.set('deployments', [template('Deployment', ['r.io/ns/app:v1'])]);
    const limits = (storage: string) => ({
      ...pod([]),
      spec: { limits: [{ type: 'openshift.io/Image', max: { storage } }] },
    });
    cluster.others.set('limitranges', [limits('1Gi'), limits('10'), limits('1Ki')]);
    const { graph, invalid, sizeLimits, registryHosts } = await read(cluster);
    expect([...graph.usedDigests].map((digest) => graph.digests.text(digest))).toEqual([B]);
    expect(graph.isTagUsed(graph.names.intern('ns/app'), graph.names.intern('v1'))).toBe(true);
    expect(invalid).toEqual([
      expect.stringMatching(/^Pod\[ns\/web\]: invalid container image reference "r\.io\/ns\/APP"/),
    ]);
    expect(sizeLimits).toEqual(new Map([['ns', 10]]));
    expect(registryHosts).toEqual(['image-registry.openshift-image-registry.svc:5000']);
  });

  it('takes what each namespace keeps from its limit ranges, and everything where that cannot be read', async () => {
    const { cluster } = TWO();
    const range = (namespace: string, annotations: Record<string, string>) => ({
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { namespace, name: 'images', annotations },
    });
    const [count, age] = ['image.longshore.dev/keep-tag-revisions', 'image.longshore.dev/keep-younger-than'];
    cluster.others.set('limitranges', [
      range('a', { [count]: '5' }),
      range('a', { [count]: '2', [age]: '1h' }),
      range('b', { [age]: 'long' }),
      range('c', {}),
    ]);
    const warnings: string[] = [];
    const { policies } = await read(cluster, { onWarning: (text: string) => warnings.push(text) });
    expect(policies).toEqual(
      new Map([
        ['a', { keepRevisions: 5, keepYoungerThanMs: 3_600_000 }],
        ['b', { keepYoungerThanMs: Infinity }],
      ]),
    );
    expect(warnings).toEqual([
      `${age} of limit range b/images is no duration such as "24h", so everything stays there`,
    ]);
  });

  it('begins again when the server forgets the list', async () => {
    const { cluster } = TWO();
    cluster.put(image('c'));
    let times = 0;
    cluster.before = (request) => {
      if (request.endsWith('/images') && ++times === 2) throw new ApiError('Expired', 'too old');
    };
    const { graph } = await read(cluster);
    expect(graph.images).toBe(3);
    expect(times).toBe(4);
  });

  it('does without kinds that are not there, or not to be seen', async () => {
    const { cluster } = TWO();
    cluster.others.set('builds', new ApiError('NotFound', 'no such kind'));
    cluster.others.set('daemonsets', new ApiError('Forbidden', 'not you'));
    const warnings: string[] = [];
    await read(cluster, { onWarning: (text: string) => warnings.push(text) });
    expect(warnings).toEqual(['cannot list daemonsets: not you; go on without']);
    cluster.others.set('pods', new ApiError('Forbidden', 'not you'));
    await expect(read(cluster)).rejects.toThrow('not you');
  });
});
