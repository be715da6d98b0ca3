import { connect } from 'node:net';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ResourceDefinition } from './definition.js';
import { openLmdbStore } from './store/lmdb/lmdb-store.js';
import type { Store } from './store/store.js';
import {
  configMaps,
  namespaces,
  startTestServer,
  type TestBody,
  type TestServer,
  type TestWatch,
} from './testing/test-server.js';

const MAPS = '/api/v1/namespaces/default/configmaps';
const OTHERS = '/api/v1/namespaces/other/configmaps';
const ALL = '/api/v1/configmaps';
const MERGE = { 'content-type': 'application/merge-patch+json' };

let folder: string;
let store: Store;
let test: TestServer;
let watches: TestWatch[] = [];
beforeEach(async () => {
  folder = temporaryFolder('apiserver');
  store = await openLmdbStore({ path: folder });
  test = await startTestServer({ store, folder });
});
afterEach(async () => {
  for (const watch of watches) watch.close();
  watches = [];
  await test.close();
});

const create = async (name: string, labels = {}, path = MAPS) =>
  (await test.send('POST', path, { metadata: { name, labels } })).body;
const names = ({ items }: TestBody) => items.map(({ metadata }) => metadata.name);
const versionOf = ({ metadata }: TestBody) => String(metadata.resourceVersion);
const watch = async (path: string, headers?: Record<string, string>) => {
  const opened = await test.watch(path, headers);
  watches.push(opened);
  return opened;
};

describe('lists', () => {
  it('come in pages that show one state', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await create(name);
    const first = await test.send('GET', `${MAPS}?limit=2`);
    expect(names(first.body)).toEqual(['a', 'b']);
    expect(first.body.metadata.remainingItemCount).toBe(3);
    await test.send('DELETE', `${MAPS}/c`);
    await create('cc');
    const next = `${MAPS}?limit=2&continue=${String(first.body.metadata.continue)}`;
    const second = await test.send('GET', next);
    expect(names(second.body)).toEqual(['c', 'd']);
    expect(versionOf(second.body)).toBe(versionOf(first.body));
    const last = await test.send('GET', `${MAPS}?limit=2&continue=${String(second.body.metadata.continue)}`);
    expect(names(last.body)).toEqual(['e']);
    expect(last.body.metadata).toEqual({ resourceVersion: versionOf(first.body) });
  });

  it('go on with what is now when the state is forgotten', async () => {
    for (const name of ['a', 'b', 'c']) await create(name);
    const first = await test.send('GET', `${MAPS}?limit=1`);
    await test.send('DELETE', `${MAPS}/b`);
    await store.compact(await store.revision());
    const gone = await test.send('GET', `${MAPS}?limit=1&continue=${String(first.body.metadata.continue)}`);
    expect(gone.body).toMatchObject({
      code: 410,
      reason: 'Expired',
      message: expect.stringMatching(/^The provided continue parameter is too old/) as unknown,
    });
    const rest = await test.send('GET', `${MAPS}?limit=1&continue=${String(gone.body.metadata.continue)}`);
    expect(names(rest.body)).toEqual(['c']);
  });

  it('do not leave their namespace by a forged continuation', async () => {
    await create('a');
    await create('secret', {}, OTHERS);
    for (const start of ['../other/a\0', '\0', 'zzz']) {
      const token = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: 2, start })).toString('base64url');
      const { text } = await test.send('GET', `${MAPS}?limit=5&continue=${token}`);
      expect(text).not.toContain('secret');
    }
    expect((await test.send('GET', `${MAPS}?continue=abc`)).status).toBe(400);
  });

  it('know selectors, and fill pages with what matches', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await create(name, { even: name === 'b' || name === 'd' ? 'yes' : 'no' });
    const { body } = await test.send('GET', `${MAPS}?labelSelector=even%3Dyes&limit=1`);
    expect(names(body)).toEqual(['b']);
    expect(body.metadata.remainingItemCount).toBeUndefined();
    const next = `${MAPS}?labelSelector=even%3Dyes&limit=1&continue=${String(body.metadata.continue)}`;
    expect(names((await test.send('GET', next)).body)).toEqual(['d']);
    expect(names((await test.send('GET', `${MAPS}?fieldSelector=metadata.name%3Dc`)).body)).toEqual(['c']);
    expect(names((await test.send('GET', `${MAPS}?fieldSelector=metadata.name!%3Dc`)).body)).toEqual(['a', 'b', 'd']);
  });

  it.each([
    [
      'fieldSelector=spec.x%3Dy',
      400,
      '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
    ['labelSelector=a+b', 400, expect.stringContaining('unable to parse requirement')],
    ['limit=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['resourceVersion=x', 400, expect.stringContaining('invalid syntax')],
    ['resourceVersion=99999999999999999999', 400, expect.stringContaining('value out of range')],
    ['watch=1&resourceVersion=9300000000000000000', 400, expect.stringContaining('value out of range')],
    [
      'resourceVersionMatch=Exact',
      422,
      expect.stringContaining('resourceVersionMatch is forbidden unless resourceVersion is provided'),
    ],
    [
      'resourceVersion=99999999',
      504,
      expect.stringMatching(/^Timeout: Too large resource version: 99999999, current: \d+$/),
    ],
    ['sendInitialEvents=true', 422, expect.stringContaining('sendInitialEvents is forbidden for list')],
  ])('refuse ?%s', async (query, code, message: unknown) => {
    expect((await test.send('GET', `${MAPS}?${query}`)).body).toMatchObject({ code, message });
  });

  it('show a past state where exactly that is asked for', async () => {
    const first = await create('a');
    await create('b');
    const exact = `${MAPS}?resourceVersion=${versionOf(first)}&resourceVersionMatch=Exact`;
    expect(names((await test.send('GET', exact)).body)).toEqual(['a']);
    expect(names((await test.send('GET', `${MAPS}?resourceVersion=${versionOf(first)}`)).body)).toEqual(['a', 'b']);
    await store.compact(await store.revision());
    expect((await test.send('GET', exact)).body).toMatchObject({
      code: 410,
      message: 'The resourceVersion for the provided list is too old.',
    });
  });

  it('go over all namespaces, and say their kind once', async () => {
    await create('a');
    await create('b', {}, OTHERS);
    const { body } = await test.send('GET', ALL);
    expect(body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(body.items.map(({ kind, metadata }) => [kind, metadata.namespace, metadata.name])).toEqual([
      [undefined, 'default', 'a'],
      [undefined, 'other', 'b'],
    ]);
  });

  it('are streamed when they are long', async () => {
    const data = { k: 'x'.repeat(1000) };
    const made = Array.from({ length: 300 }, (_, index) => `n${String(index).padStart(3, '0')}`);
    await Promise.all(made.map((name) => test.send('POST', MAPS, { metadata: { name }, data })));
    const { body, headers } = await test.send('GET', MAPS);
    expect(headers['transfer-encoding']).toBe('chunked');
    expect(names(body)).toEqual(made);
  });
});

describe('watches', () => {
  it('begin with the state and go on with what happens', async () => {
    await create('a');
    const events = await watch(`${MAPS}?watch=1`);
    expect(await events.next()).toMatchObject({
      type: 'ADDED',
      object: { kind: 'ConfigMap', metadata: { name: 'a' } },
    });
    await create('b');
    expect(await events.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'b' } } });
    const { body } = await test.send('PATCH', `${MAPS}/b`, { data: { k: 'v' } }, MERGE);
    expect(await events.next()).toEqual({ type: 'MODIFIED', object: body });
    await create('elsewhere', {}, OTHERS);
    await test.send('DELETE', `${MAPS}/a`);
    const deleted = await events.next();
    expect(deleted).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'a' } } });
    expect(Number(deleted?.object.metadata.resourceVersion)).toBeGreaterThan(Number(body.metadata.resourceVersion));
  });

  it('go on behind a version without gap or duplicate', async () => {
    const first = await create('a');
    await create('b');
    await create('c');
    const events = await watch(`${MAPS}?watch=true&resourceVersion=${versionOf(first)}`);
    expect(await events.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'b' } } });
    expect(await events.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'c' } } });
  });

  it('tell of a version that is forgotten by an event', async () => {
    const first = await create('a');
    await create('b');
    await create('c');
    await test.close();
    store = await openLmdbStore({ path: folder });
    await store.compact(await store.revision());
    test = await startTestServer({ store, folder });
    const events = await watch(`${MAPS}?watch=1&resourceVersion=${versionOf(first)}`);
    expect(await events.next()).toMatchObject({
      type: 'ERROR',
      object: {
        kind: 'Status',
        code: 410,
        reason: 'Expired',
        message: expect.stringMatching(/^too old resource version: \d+ \(\d+\)$/) as unknown,
      },
    });
    expect(await events.next()).toBeUndefined();
  });

  it('of what is computed tell of a version that is forgotten by an event', async () => {
    const first = await create('a');
    await create('b');
    await test.close();
    store = await openLmdbStore({ path: folder });
    await store.compact(await store.revision());
    const copies: ResourceDefinition = {
      ...configMaps,
      group: 'test.k8s.io',
      plural: 'copies',
      singular: 'copy',
      kind: 'Copy',
      shortNames: [],
      backend: {
        type: 'virtual',
        watch: (version, { objects, namespace, signal }, progressEvery) =>
          objects.watch('configmaps', version, signal, namespace, progressEvery),
      },
    };
    test = await startTestServer({ store, folder, definitions: [configMaps, namespaces, copies] });
    const events = await watch(
      `/apis/test.k8s.io/v1/namespaces/default/copies?watch=1&resourceVersion=${versionOf(first)}`,
    );
    expect(await events.next()).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    expect(await events.next()).toBeUndefined();
  });

  it('see objects come and go with their selectors', async () => {
    const { metadata } = await create('a', { l: 'no' });
    const events = await watch(
      `${MAPS}?watch=1&labelSelector=l%3Dyes&resourceVersion=${String(metadata.resourceVersion)}`,
    );
    const label = (l: string | null) => test.send('PATCH', `${MAPS}/a`, { metadata: { labels: { l } } }, MERGE);
    await label('yes');
    expect(await events.next()).toMatchObject({ type: 'ADDED' });
    await test.send('PATCH', `${MAPS}/a`, { data: { k: 'v' } }, MERGE);
    expect(await events.next()).toMatchObject({ type: 'MODIFIED' });
    const { body } = await label('no');
    expect(await events.next()).toMatchObject({
      type: 'DELETED',
      object: { metadata: { labels: { l: 'yes' }, resourceVersion: body.metadata.resourceVersion } },
    });
  });

  it('of one name see nothing of others', async () => {
    const { metadata } = await create('a');
    await create('b');
    const events = await watch(
      `${MAPS}?watch=1&fieldSelector=metadata.name%3Db&resourceVersion=${String(metadata.resourceVersion)}`,
    );
    expect(await events.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'b' } } });
    await test.send('DELETE', `${MAPS}/a`);
    await test.send('DELETE', `${MAPS}/b`);
    expect(await events.next()).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'b' } } });
  });

  it('send the state and say where it ends, where asked', async () => {
    await create('a');
    const query = 'watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
    const events = await watch(`${MAPS}?${query}`);
    expect(await events.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
    expect(await events.next()).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        metadata: {
          annotations: { 'k8s.io/initial-events-end': 'true' },
          resourceVersion: expect.any(String) as unknown,
        },
      },
    });
  });

  it('end with a bookmark when their time is over', async () => {
    const { metadata } = await create('a');
    const version = String(metadata.resourceVersion);
    const events = await watch(`${MAPS}?watch=1&timeoutSeconds=1&allowWatchBookmarks=1&resourceVersion=${version}`);
    await create('elsewhere', {}, OTHERS);
    expect(await events.next()).toMatchObject({ type: 'BOOKMARK', object: { kind: 'ConfigMap' } });
    expect(await events.next()).toBeUndefined();
  });

  it('print tables, the columns once', async () => {
    await create('a');
    const events = await watch(`${MAPS}?watch=1`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    const first = await events.next();
    expect(first).toMatchObject({
      type: 'ADDED',
      object: { kind: 'Table', rows: [{ cells: ['a', '0', expect.any(String)] }] },
    });
    expect(first?.object.columnDefinitions).toHaveLength(3);
    await create('b');
    expect(await events.next()).toMatchObject({
      object: { columnDefinitions: null, rows: [{ cells: ['b', '0', expect.any(String)] }] },
    });
  });

  it('give metadata only', async () => {
    await create('a');
    const events = await watch(`${MAPS}?watch=1`, {
      accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    });
    expect(await events.next()).toMatchObject({ object: { kind: 'PartialObjectMetadata', metadata: { name: 'a' } } });
  });

  it('give each watcher of a change the form that it asked for', async () => {
    const accept = (version: string) => `application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=${version}`;
    const forms = ['application/json', accept('v1'), accept('v1'), accept('v1beta1')];
    const watching = await Promise.all(forms.map((accept) => watch(`${MAPS}?watch=1`, { accept })));
    const { metadata } = await create('a', { l: '1' });
    const told = await Promise.all(watching.map(async (events) => (await events.next())?.object));
    const partial = (apiVersion: string) => ({ kind: 'PartialObjectMetadata', apiVersion, metadata });
    expect(told).toEqual([
      { kind: 'ConfigMap', apiVersion: 'v1', metadata },
      partial('meta.k8s.io/v1'),
      partial('meta.k8s.io/v1'),
      partial('meta.k8s.io/v1beta1'),
    ]);
  });

  it.each([
    ['resourceVersionMatch=NotOlderThan', 422],
    ['sendInitialEvents=true', 422],
    ['fieldSelector=a.b%3Dc', 400],
  ])('refuse ?watch=1&%s', async (query, status) => {
    expect((await test.send('GET', `${MAPS}?watch=1&${query}`)).status).toBe(status);
  });

  it('end when their time is over also for clients that do not read', async () => {
    await test.close();
    let ended: () => void = () => undefined;
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    store = await openLmdbStore({ path: folder });
    test = await startTestServer({ store, folder, observe: ({ verb }) => verb === 'watch' && ended() });
    const socket = connect(Number(new URL(test.url).port), '127.0.0.1').pause();
    socket.write(`GET ${MAPS}?watch=1&timeoutSeconds=1 HTTP/1.1\r\nHost: x\r\n\r\n`);
    const data = { k: 'x'.repeat(900_000) };
    for (let index = 0; index < 12; index++) await test.send('POST', MAPS, { metadata: { name: `n${index}` }, data });
    await end;
    socket.destroy();
  });

  it('end with the server', async () => {
    const events = await watch(`${MAPS}?watch=1&resourceVersion=1`);
    const next = events.next();
    const drained = test.server.drain();
    expect(await next).toBeUndefined();
    await drained;
    expect((await test.send('GET', MAPS)).status).toBe(503);
  });

  it('of many clients see every change in order', async () => {
    const many = await Promise.all(Array.from({ length: 50 }, () => watch(`${MAPS}?watch=1&resourceVersion=1`)));
    const made = Array.from({ length: 40 }, (_, index) => `n${index}`);
    await Promise.all(made.map((name) => create(name)));
    for (const events of many) {
      const seen: TestBody[] = [];
      while (seen.length < made.length) seen.push((await events.next())?.object as TestBody);
      expect(new Set(seen.map(({ metadata }) => metadata.name))).toEqual(new Set(made));
      const versions = seen.map(({ metadata }) => Number(metadata.resourceVersion));
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
    }
  });
});
