import { ApiError, formatGroupResource, KubeClient, type Transport } from '@longshore/kube';
import { expect, it } from 'vitest';
import { RESOURCES } from '../names.js';
import { servedKinds } from './served-kinds.js';

/** An API server that serves one kind, and of which these paths answer 503. */
function serverOf(group: string, resource: string, away: string): Transport {
  async function* bodyOf(value: object) {
    yield Buffer.from(JSON.stringify(value));
  }
  return {
    request: async ({ path }) => {
      const status = path.startsWith(away) ? 503 : path === `/apis/${group}/v1` ? 200 : 404;
      return { status, headers: {}, body: bodyOf(status === 200 ? { resources: [{ name: resource }] } : {}) };
    },
    close: () => Promise.resolve(),
  };
}

const ask = (away: string) =>
  servedKinds(
    new KubeClient(serverOf('apps', 'deployments', away), { retry: { attempts: 1 } }),
    new AbortController().signal,
  );

it('does without the API of images, which may be away', async () => {
  expect([...(await ask('/apis/image.openshift.io'))]).toEqual([formatGroupResource(RESOURCES.deployments)]);
});

it('does not take an API that is away for one that is not served', async () => {
  await expect(ask('/apis/route.openshift.io')).rejects.toBeInstanceOf(ApiError);
});
