import { KubeClient, type Transport } from '@longshore/kube';
import { expect, it } from 'vitest';
import { countTagsHourly } from './count-tags.js';

/** An API server that answers with these statuses, one after another. */
function serverOf(statuses: number[]): Transport {
  async function* bodyOf(value: object) {
    yield Buffer.from(JSON.stringify(value));
  }
  const list = { kind: 'ImageStreamList', metadata: { resourceVersion: '1' }, items: [] };
  return {
    request: async () => {
      const status = statuses.shift() ?? 200;
      return { status, headers: {}, body: bodyOf(status === 200 ? list : {}) };
    },
    close: () => Promise.resolve(),
  };
}

it('waits an hour after it has counted, and a minute where it could not, of which only failures are told', async () => {
  const ended = new AbortController();
  const slept: number[] = [];
  const errors: unknown[] = [];
  const client = new KubeClient(serverOf([404, 503, 200]), { retry: { attempts: 1 } });
  const clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: async (milliseconds: number) => {
      if (slept.push(milliseconds) === 3) ended.abort();
    },
  };
  let counted = 0;
  const metrics = { observeTags: () => void counted++ };
  await countTagsHourly({ client, clock, onError: (error) => errors.push(error) }, metrics, ended.signal);
  expect(slept).toEqual([60_000, 60_000, 3_600_000]);
  expect(errors).toHaveLength(1);
  expect(counted).toBe(1);
});
