import { KubeClient, readText, type KubeObject, type Transport, type TransportRequest } from '@longshore/kube';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestServer, type TestServer } from './testing/test-server.js';

const MAPS = '/api/v1/namespaces/default/configmaps';
const JSON_TYPE = { 'content-type': 'application/json' };

let test: TestServer;
let transport: Transport;
beforeEach(async () => {
  test = await startTestServer({ allow: ({ user }) => user.username === 'operator' });
  transport = test.server.transport({ username: 'operator', groups: [] });
});
afterEach(async () => {
  await transport.close();
  await test.close();
});

const send = async (request: TransportRequest) => {
  const { status, body } = await transport.request(request);
  return { status, text: await readText(body, 10_000_000) };
};

it('is a way in for one user, and for nobody else', async () => {
  const body = JSON.stringify({ metadata: { name: 'a' } });
  expect((await send({ method: 'POST', path: MAPS, headers: JSON_TYPE, body })).status).toBe(201);
  expect((await test.send('GET', MAPS)).status).toBe(403);
});

it('carries large bodies both ways', async () => {
  const data = { k: 'x'.repeat(1_000_000) };
  const body = JSON.stringify({ metadata: { name: 'large' }, data });
  await send({ method: 'POST', path: MAPS, headers: JSON_TYPE, body });
  const { text } = await send({ method: 'GET', path: MAPS });
  expect(text).toContain(data.k);
});

it('carries the body of a deletion', async () => {
  const body = JSON.stringify({ preconditions: { uid: 'another ü' } });
  const path = `${MAPS}/a`;
  await send({ method: 'POST', path: MAPS, headers: JSON_TYPE, body: JSON.stringify({ metadata: { name: 'a' } }) });
  expect(await send({ method: 'DELETE', path, headers: JSON_TYPE, body })).toMatchObject({
    status: 409,
    text: expect.stringContaining('another ü') as string,
  });
  expect((await send({ method: 'DELETE', path, headers: JSON_TYPE, body: '{}' })).status).toBe(200);
});

it('carries many requests at once', async () => {
  const all = Array.from({ length: 100 }, (_, index) =>
    send({ method: 'POST', path: MAPS, headers: JSON_TYPE, body: JSON.stringify({ metadata: { name: `n${index}` } }) }),
  );
  expect(new Set((await Promise.all(all)).map(({ status }) => status))).toEqual(new Set([201]));
});

it('ends a watch with its signal', async () => {
  const ending = new AbortController();
  const query = new URLSearchParams('watch=1&resourceVersion=1');
  const { body } = await transport.request({ method: 'GET', path: MAPS, query, signal: ending.signal, isWatch: true });
  const read = readText(body, 1000);
  ending.abort();
  await expect(read).rejects.toThrow();
});

it('serves the typed client', async () => {
  const client = new KubeClient(transport);
  const type = { group: '', version: 'v1', resource: 'configmaps', namespaced: true };
  const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } };
  const { metadata } = await client.create(type, object);
  const { items } = await client.listAll(type, { namespace: 'default' });
  expect(items).toMatchObject([{ kind: 'ConfigMap', metadata: { name: 'a', uid: metadata.uid } }]);
});
