/**
 * How a Kubernetes API behaves, against our own servers. `LONGSHORE_TEST_KUBECONFIG=FILE` asks the server of that kubeconfig
 * instead, as an administrator: it must behave the same.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { startCluster, startEtcd } from '@longshore/testkit';
import { readBehaviours, runBehaviour, type Api } from './behaviour.js';
import { apiOf } from './transport-api.js';

interface Server {
  kubeconfig: string;
  stop(): Promise<unknown>;
}

const OTHER = process.env['LONGSHORE_TEST_KUBECONFIG'];

const SERVERS: Record<string, () => Promise<Server>> =
  OTHER === undefined
    ? {
        'on LMDB': () => startCluster(),
        'on etcd': async () => {
          const etcd = await startEtcd();
          const cluster = await startCluster({ args: ['--etcd-endpoint', etcd.url] });
          const stop = () => cluster.stop().finally(() => etcd.stop());
          return { kubeconfig: cluster.kubeconfig, stop };
        },
      }
    : { [`of ${OTHER}`]: () => Promise.resolve({ kubeconfig: OTHER, stop: () => Promise.resolve() }) };

describe.each(Object.entries(SERVERS))('the API server %s', (_name, start) => {
  let server: Server;
  let api: Api & { close(): Promise<void> };

  beforeAll(async () => {
    server = await start();
    api = await apiOf(server.kubeconfig);
  });
  afterAll(async () => {
    await api?.close();
    await server?.stop();
  });

  describe.each(readBehaviours())('$file', ({ behaviours }) => {
    it.each(behaviours)('$name', async (behaviour) => {
      const namespace = `behaves-${randomBytes(4).toString('hex')}`;
      await inNamespace(api, namespace, () => runBehaviour(api, behaviour, namespace));
    });
  });
});

async function inNamespace(api: Api, name: string, work: () => Promise<void>): Promise<void> {
  const send = (method: string, path: string, body?: object) =>
    api.send({
      method,
      path,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
      events: undefined,
    });
  const { status } = await send('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  });
  if (status !== 201) throw new Error(`cannot make a namespace: ${status}`);
  try {
    await work();
  } finally {
    await send('DELETE', `/api/v1/namespaces/${name}`);
  }
}
