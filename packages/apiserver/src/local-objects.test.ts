import type { KubeObject } from '@longshore/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectWrite } from './definition.js';
import { startTestServer, type TestServer } from './testing/test-server.js';

const APPS = 'apps.test.example.com';

let test: TestServer;
beforeEach(async () => {
  test = await startTestServer();
});
afterEach(() => test.close());

const app = (more: object): KubeObject => ({
  apiVersion: 'test.example.com/v1',
  kind: 'App',
  metadata: { name: 'web', namespace: 'default' },
  ...more,
});

describe('createWithStatus', () => {
  it('takes the status, which `create` does not', async () => {
    const both = { spec: { color: 'red' }, status: { replicas: 2 } };
    expect((await test.server.objects.createWithStatus(APPS, app(both))).status).toEqual({ replicas: 2 });
    await test.server.objects.delete(APPS, 'default', 'web');
    expect((await test.server.objects.create(APPS, app(both))).status).toBeUndefined();
  });
});

describe('change', () => {
  type App = KubeObject & { spec: { color: string; replicas?: number }; status?: { replicas: number } };

  it('writes the object as it is when it is read, again when somebody else was faster', async () => {
    const { objects } = test.server;
    await objects.create(APPS, app({ spec: { color: 'red', replicas: 0 } }));
    const add = () =>
      objects.change<App>(APPS, 'default', 'web', '', (old) => {
        old.spec.replicas = (old.spec.replicas ?? 0) + 1;
        return old;
      });
    await Promise.all(Array.from({ length: 20 }, add));
    expect(await objects.get(APPS, 'default', 'web')).toMatchObject({ spec: { replicas: 20 } });
  });

  it.each([
    ['', { spec: { color: 'blue' }, metadata: { generation: 2 } }, undefined],
    ['status', { spec: { color: 'red' }, metadata: { generation: 1 } }, { replicas: 3 }],
    ['all', { spec: { color: 'blue' }, metadata: { generation: 2 } }, { replicas: 3 }],
  ] as const)('writes part "%s"', async (part, expected, status) => {
    const { objects } = test.server;
    await objects.create(APPS, app({ spec: { color: 'red' } }));
    const change = (old: App): App => ({ ...old, spec: { color: 'blue', replicas: 1 }, status: { replicas: 3 } });
    const planned = await objects.change<App>(APPS, 'default', 'web', part, change, { dryRun: true });
    expect(planned).toMatchObject(expected);
    expect(await objects.get(APPS, 'default', 'web')).toMatchObject({ spec: { color: 'red' } });
    const written = await objects.change<App>(APPS, 'default', 'web', part, change);
    expect(written).toMatchObject(expected);
    expect(written.status).toEqual(status);
    expect(await objects.get(APPS, 'default', 'web')).toEqual(written);
  });

  it('refuses what is not there', async () => {
    const change = test.server.objects.change(APPS, 'default', 'none', '', (old) => old);
    await expect(change).rejects.toMatchObject({ reason: 'NotFound' });
  });
});

describe('commit', () => {
  const apps = (name: string, more: object = {}) => app({ metadata: { name, namespace: 'default' }, ...more });
  const create = (name: string): ObjectWrite => ({
    type: 'create',
    resource: APPS,
    object: apps(name, { spec: { color: 'red' } }),
  });
  const label = (name: string, text: string): ObjectWrite => ({
    type: 'change',
    resource: APPS,
    namespace: 'default',
    name,
    part: '',
    change: (old) => ({ ...old, metadata: { ...old.metadata, labels: { ...old.metadata.labels, [text]: '' } } }),
  });
  const listed = async () => (await test.server.objects.list(APPS, 'default')).items;

  it('writes all of its objects, as each alone would be written', async () => {
    const { objects } = test.server;
    await objects.commit([create('web')]);
    const written = await objects.commit([create('api'), label('web', 'a')]);
    expect(written.map(({ metadata }) => [metadata.name, metadata.generation, metadata.labels])).toEqual([
      ['api', 1, undefined],
      ['web', 1, { a: '' }],
    ]);
    expect(await listed()).toEqual(written);
  });

  it.each<[what: string, refused: ObjectWrite, reason: string]>([
    ['what exists', create('web'), 'AlreadyExists'],
    ['what is not there', label('api', 'a'), 'NotFound'],
    ['what is not valid', label('other', '-'), 'Invalid'],
  ])('writes nothing, also on a dry run, where it writes %s', async (_what, refused, reason) => {
    const { objects } = test.server;
    await objects.commit([create('web'), create('other')]);
    const before = await listed();
    for (const dryRun of [true, false]) {
      for (const writes of [
        [create('new'), refused],
        [refused, create('new')],
      ]) {
        await expect(objects.commit(writes, { dryRun })).rejects.toMatchObject({ reason });
      }
    }
    expect(await listed()).toEqual(before);
  });

  it('stores nothing on a dry run', async () => {
    await test.server.objects.commit([create('web')]);
    const [made] = await test.server.objects.commit([create('new'), label('web', 'a')], { dryRun: true });
    expect(made?.metadata).toMatchObject({ name: 'new', generation: 1 });
    expect((await listed()).map(({ metadata }) => [metadata.name, metadata.labels])).toEqual([['web', undefined]]);
  });

  it('is tried again, as a whole, when somebody else was faster', async () => {
    await test.server.objects.commit([create('web')]);
    const names = Array.from({ length: 10 }, (_, at) => `new${at}`);
    await Promise.all(names.map((name) => test.server.objects.shared.commit([create(name), label('web', name)])));
    const all = await listed();
    expect(new Set(all.map(({ metadata }) => metadata.name))).toEqual(new Set(['web', ...names]));
    const web = all.find(({ metadata }) => metadata.name === 'web');
    expect(new Set(Object.keys(web?.metadata.labels ?? {}))).toEqual(new Set(names));
  });
});

describe('shared objects', () => {
  type App = KubeObject & { spec: { color: string } };

  it('are the same for all who read them, until they change', async () => {
    const { objects } = test.server;
    await objects.create(APPS, app({ spec: { color: 'red' } }));
    const first = await objects.shared.get<App>(APPS, 'default', 'web');
    const second = await objects.shared.get<App>(APPS, 'default', 'web');
    expect(second?.spec).toBe(first?.spec);
    expect((await objects.get<App>(APPS, 'default', 'web'))?.spec).not.toBe(first?.spec);
    await objects.shared.change<App>(APPS, 'default', 'web', '', (old) => ({
      ...old,
      metadata: { ...old.metadata },
      spec: { color: 'blue' },
    }));
    expect(first?.spec).toMatchObject({ color: 'red' });
    const changed = await objects.shared.get<App>(APPS, 'default', 'web');
    expect(changed).toEqual(await objects.get(APPS, 'default', 'web'));
    expect(changed).toMatchObject({ spec: { color: 'blue' }, metadata: { generation: 2 } });
    expect((await objects.shared.list<App>(APPS, 'default')).items).toEqual([changed]);
  });

  it('come with what they were before by a watch', async () => {
    const { objects } = test.server;
    const created = await objects.create<App>(APPS, app({ spec: { color: 'red' } }) as App);
    const { resourceVersion = '' } = created.metadata;
    await objects.update(APPS, { ...created, spec: { color: 'blue' } });
    const end = new AbortController();
    for await (const { type, object, old } of objects.shared.watch<App>(APPS, resourceVersion, end.signal)) {
      expect([type, object.spec.color, old?.()?.spec.color]).toEqual(['MODIFIED', 'blue', 'red']);
      end.abort();
    }
  });
});
