import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { requestTo } from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operatorEndpoints } from './endpoints.js';
import { OperatorMetrics } from './operator-metrics.js';

let isReady = true;
let server: Server;
beforeAll(async () => {
  const checkReady = () => (isReady ? Promise.resolve() : Promise.reject(new Error('secret reason')));
  server = createServer(operatorEndpoints({ metrics: new OperatorMetrics(), checkReady }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const ask = (path: string, method = 'GET') =>
  requestTo({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, path, { method });

describe('the endpoints of the operator', () => {
  it('are metrics in the text format', async () => {
    const { status, headers, body } = await ask('/metrics?x=1');
    expect(status).toBe(200);
    expect(headers['content-type']).toContain('text/plain; version=0.0.4');
    expect(body.toString()).toMatch(/^# HELP image_registry_operator_storage_reconfigured_total /m);
    expect(body.toString()).toMatch(/^process_cpu_seconds_total /m);
  });

  it('are health: alive while it runs, ready while the cluster answers', async () => {
    expect((await ask('/readyz')).status).toBe(200);
    isReady = false;
    const { status, body } = await ask('/readyz');
    expect([status, body.toString()]).toEqual([503, 'the cluster does not answer\n']);
    expect((await ask('/healthz', 'HEAD')).status).toBe(200);
  });

  it.each([
    ['/', 'GET', 404],
    ['/metrics/', 'GET', 404],
    ['/toString', 'GET', 404],
    ['/metrics', 'POST', 405],
  ])('answer %s by %s with %i', async (path, method, expected) => {
    expect((await ask(path, method)).status).toBe(expected);
  });
});
