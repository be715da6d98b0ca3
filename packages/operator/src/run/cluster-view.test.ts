import { formatGroupResource, KubeClient, systemClock, type KubeObject, type Transport } from '@longshore/kube';
import { expect, it, vi } from 'vitest';
import { CLUSTER, GROUP, RESOURCES } from '../names.js';
import { ClusterView } from './cluster-view.js';

const config: KubeObject = {
  apiVersion: `${GROUP}/v1`,
  kind: 'Config',
  metadata: { name: CLUSTER, uid: 'a', resourceVersion: '1' },
};

/** An API server with one Config, until it is told that this one is deleted. */
function serverOf(isDeleted: Promise<void>): Transport {
  async function* watch(signal: AbortSignal | undefined) {
    await isDeleted;
    const object = { ...config, metadata: { ...config.metadata, resourceVersion: '2' } };
    yield Buffer.from(`${JSON.stringify({ type: 'DELETED', object })}\n`);
    await new Promise((resolve) => signal?.addEventListener('abort', resolve));
  }
  async function* list() {
    yield Buffer.from(JSON.stringify({ kind: 'ConfigList', metadata: { resourceVersion: '1' }, items: [config] }));
  }
  return {
    request: async ({ isWatch, signal }) => ({ status: 200, headers: {}, body: isWatch ? watch(signal) : list() }),
    close: () => Promise.resolve(),
  };
}

it('does not believe an answer from before an object was deleted', async () => {
  let remove = () => {};
  const isDeleted = new Promise<void>((resolve) => (remove = resolve));
  const ended = new AbortController();
  const served = new Set([formatGroupResource(RESOURCES.configs)]);
  const options = { clock: systemClock, onError: () => {}, onChange: () => {} };
  const view = new ClusterView(new KubeClient(serverOf(isDeleted)), served, options);
  const running = view.run(ended.signal);
  await view.untilSynced(ended.signal);
  const find = () => view.snapshot().find(RESOURCES.configs, CLUSTER);
  expect(find()).toBeDefined();
  remove();
  await vi.waitFor(() => expect(find()).toBeUndefined());
  view.note(RESOURCES.configs, config);
  expect(find()).toBeUndefined();
  view.note(RESOURCES.configs, { ...config, metadata: { ...config.metadata, uid: 'b' } });
  expect(find()?.metadata.uid).toBe('b');
  ended.abort();
  await running;
});
