import { follow, Informer, type FollowEvent, type KubeObject } from '@longshore/kube';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LocalReader } from './local-reader.js';
import { startTestServer, type TestServer } from './testing/test-server.js';

const APPS = 'apps.test.example.com';
const TYPE = { group: 'test.example.com', version: 'v1', resource: 'apps' };

let test: TestServer;
let reader: LocalReader;
let ending: AbortController;
beforeEach(async () => {
  test = await startTestServer();
  reader = new LocalReader(test.server.objects.shared);
  ending = new AbortController();
});
afterEach(async () => {
  ending.abort(new Error('the test is over'));
  await test.close();
});

const app = (name: string, color = 'red'): KubeObject => ({
  apiVersion: 'test.example.com/v1',
  kind: 'App',
  metadata: { name, namespace: 'default' },
  spec: { color },
});
const objects = () => test.server.objects;

it('tells what is there, and what changes', async () => {
  await objects().create(APPS, app('a'));
  const events = follow(reader, TYPE, { onError: (error) => expect.unreachable(String(error)) }, ending.signal);
  const told = async () => {
    const { value } = (await events.next()) as { value: FollowEvent };
    const list = value.type === 'reset' ? value.objects : [value.object];
    return [value.type, ...list.map(({ metadata, spec }) => [metadata.name, spec])];
  };
  expect(await told()).toEqual(['reset', ['a', { color: 'red', replicas: 1 }]]);
  await objects().create(APPS, app('b'));
  await objects().change(APPS, 'default', 'b', '', (old) => ({ ...old, spec: { color: 'blue' } }));
  await objects().delete(APPS, 'default', 'a');
  expect(await told()).toEqual(['put', ['b', { color: 'red', replicas: 1 }]]);
  expect(await told()).toEqual(['put', ['b', { color: 'blue' }]]);
  expect(await told()).toEqual(['delete', ['a', { color: 'red', replicas: 1 }]]);
});

it('gives all who read the same parts', async () => {
  await objects().create(APPS, app('a'));
  const informers = [0, 1].map(() => new Informer(reader, TYPE));
  const running = informers.map((informer) => informer.run(ending.signal));
  await Promise.all(informers.map((informer) => informer.untilSynced(ending.signal)));
  const [one, other] = informers.map(({ cache }) => cache.get('default/a')?.spec);
  expect(one).toBeDefined();
  expect(other).toBe(one);
  ending.abort();
  await Promise.all(running);
});

it('ends when its time is over', async () => {
  const { metadata } = await reader.listAll(TYPE);
  const { resourceVersion = '' } = metadata;
  for await (const _ of reader.watch(TYPE, { resourceVersion, timeoutSeconds: 0.01 })) expect.unreachable();
});

it('says so when changes are forgotten', async () => {
  const events = reader.watch(TYPE, { resourceVersion: '0', signal: ending.signal });
  await expect(events.next()).rejects.toMatchObject({ reason: 'Expired' });
});

it.each([
  ['labels', { labelSelector: 'a=b' }],
  ['fields', { fieldSelector: 'metadata.name=a' }],
])('refuses to select by %s', async (_name, selector) => {
  await expect(reader.listAll(TYPE, selector)).rejects.toThrow(TypeError);
  await expect(reader.watch(TYPE, { resourceVersion: '1', ...selector }).next()).rejects.toThrow(TypeError);
});

it('refuses a watch from the beginning', async () => {
  await expect(reader.watch(TYPE).next()).rejects.toThrow(TypeError);
});
