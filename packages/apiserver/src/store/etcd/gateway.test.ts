import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { Gateway } from './gateway.js';

async function listen(answer: string): Promise<{ server: Server; endpoint: string }> {
  const server = createServer((_request, response) => response.end(answer)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { server, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const close = (server: Server) => new Promise((resolve) => server.close(resolve));

it('finds the endpoint that answers, however many ask at once', async () => {
  const [one, other, alive] = [await listen(''), await listen(''), await listen('{"count":"1"}')];
  await Promise.all([one, other].map(({ server }) => close(server)));
  const gateway = new Gateway({ endpoints: [one, other, alive].map(({ endpoint }) => endpoint) });
  try {
    const calls = Array.from({ length: 50 }, () => gateway.call('/v3/kv/range', {}));
    expect(await Promise.all(calls)).toEqual(calls.map(() => ({ count: '1' })));
  } finally {
    await gateway.close();
    await close(alive.server);
  }
});
