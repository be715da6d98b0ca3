import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestServer, type TestBody, type TestServer } from '../testing/test-server.js';

const MAPS = '/api/v1/namespaces/default/configmaps';
const MERGE = { 'content-type': 'application/merge-patch+json' };

let folder: string;
let test: TestServer;
beforeEach(async () => {
  folder = temporaryFolder('apiserver');
  test = await startTestServer({ folder });
});
afterEach(async () => {
  await test.close();
});

const create = async (name: string, owners: TestBody[] = [], more: object = {}) => {
  const ownerReferences = owners.map(({ metadata: { name, uid } }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name,
    uid,
    blockOwnerDeletion: true,
  }));
  const { body } = await test.send('POST', MAPS, { metadata: { name, ownerReferences, ...more } });
  return body;
};
const names = async () => (await test.send('GET', MAPS)).body.items.map(({ metadata }) => metadata.name);
const remove = (name: string, propagationPolicy?: string) =>
  test.send('DELETE', `${MAPS}/${name}`, propagationPolicy === undefined ? undefined : { propagationPolicy });
const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });
const eventuallyLeft = (left: string[]) => eventually(async () => expect(await names()).toEqual(left));

describe('garbage collection', () => {
  beforeEach(() => test.server.start());

  it('deletes in the background what depends on what is gone, to any depth', async () => {
    const owner = await create('owner');
    const middle = await create('middle', [owner]);
    await create('last', [middle]);
    await create('other');
    await remove('owner');
    await eventuallyLeft(['other']);
  });

  it('deletes in the foreground the dependents first', async () => {
    const owner = await create('owner');
    const held = await create('held', [owner], { finalizers: ['a.b/c'] });
    const { body } = await remove('owner', 'Foreground');
    expect(body.metadata).toMatchObject({ finalizers: ['foregroundDeletion'] });
    await eventually(async () => {
      const { metadata } = (await test.send('GET', `${MAPS}/held`)).body;
      expect(metadata.deletionTimestamp).toBeDefined();
    });
    expect(await names()).toEqual(['held', 'owner']);
    expect(held.metadata.uid).toBeDefined();
    await test.send('PATCH', `${MAPS}/held`, { metadata: { finalizers: null } }, MERGE);
    await eventuallyLeft([]);
  });

  it('leaves dependents alone when told to, without their owner', async () => {
    const owner = await create('owner');
    await create('a', [owner]);
    await create('b', [owner]);
    await remove('owner', 'Orphan');
    await eventuallyLeft(['a', 'b']);
    const { metadata } = (await test.send('GET', `${MAPS}/a`)).body;
    expect(metadata.ownerReferences).toBeUndefined();
  });

  it('keeps what has another owner', async () => {
    const [gone, stays] = [await create('gone'), await create('stays')];
    await create('shared', [gone, stays]);
    await remove('gone');
    await eventually(async () => {
      const { metadata } = (await test.send('GET', `${MAPS}/shared`)).body;
      expect(metadata.ownerReferences).toMatchObject([{ name: 'stays' }]);
    });
    expect(await names()).toEqual(['shared', 'stays']);
  });

  it('takes an object of the same name for another owner', async () => {
    const first = await create('owner');
    await remove('owner');
    await create('owner');
    await create('late', [first]);
    await eventuallyLeft(['owner']);
  });

  it('keeps what belongs to kinds that are not served', async () => {
    const owner = { apiVersion: 'unknown.example.com/v1', kind: 'Thing', name: 'x', uid: 'y' };
    await test.send('POST', MAPS, { metadata: { name: 'kept', ownerReferences: [owner] } });
    const absent = await create('absent');
    await create('marker', [absent]);
    await remove('absent');
    await eventuallyLeft(['kept']);
  });
});

it('collects after a start what lost its owner before', async () => {
  const owner = await create('owner');
  await create('a', [owner]);
  await remove('owner');
  expect(await names()).toEqual(['a']);
  await test.close();
  test = await startTestServer({ folder });
  test.server.start();
  await eventuallyLeft([]);
});

describe('a namespace that ends', () => {
  beforeEach(() => test.server.start());
  const namespace = '/api/v1/namespaces/default';

  it('goes when it is empty, and says what it waits for', async () => {
    await test.send('POST', '/api/v1/namespaces', { metadata: { name: 'default' } });
    await create('a');
    await create('held', [], { finalizers: ['a.b/c'] });
    const { body } = await test.send('DELETE', namespace);
    expect(body.metadata.deletionTimestamp).toBeDefined();
    await eventually(async () => {
      const { status } = (await test.send('GET', namespace)).body;
      expect(status).toMatchObject({
        conditions: expect.arrayContaining([
          expect.objectContaining({
            type: 'NamespaceContentRemaining',
            status: 'True',
            message: 'Some resources are remaining: configmaps. has 1 resource instances',
          }),
          expect.objectContaining({
            type: 'NamespaceFinalizersRemaining',
            message: 'Some content in the namespace has finalizers remaining: a.b/c in 1 resource instances',
          }),
        ]) as unknown,
      });
    });
    await test.send('PATCH', `${MAPS}/held`, { metadata: { finalizers: null } }, MERGE);
    await eventually(async () => expect((await test.send('GET', namespace)).status).toBe(404));
    expect(await names()).toEqual([]);
  });

  it('keeps its finalizers from ordinary writers', async () => {
    await test.send('POST', '/api/v1/namespaces', { metadata: { name: 'default' } });
    const { body } = await test.send('PATCH', namespace, { spec: { finalizers: null } }, MERGE);
    expect(body.spec).toEqual({ finalizers: ['kubernetes'] });
    const { body: finalized } = await test.send('PUT', `${namespace}/finalize`, { ...body, spec: {} });
    expect(finalized.spec).toEqual({});
  });
});
