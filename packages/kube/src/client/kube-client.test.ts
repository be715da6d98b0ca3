import { describe, expect, it } from 'vitest';
import { ApiError, notFound } from '../api-error.js';
import type { KubeObject } from '../object.js';
import { FakeApi } from '../testing/fake-api.js';
import { ManualClock } from '../testing/manual-clock.js';
import { ScriptedTransport, type ScriptedAnswer } from '../testing/scripted-transport.js';
import { ResponseError } from './body-reader.js';
import { KubeClient } from './kube-client.js';
import { UnreachableError } from './transport.js';

const PODS = { group: '', version: 'v1', resource: 'pods' };
const ROLES = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles' };
const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop' } };

function makeClient(answers: (ScriptedAnswer | Error)[], options: ConstructorParameters<typeof KubeClient>[1] = {}) {
  const transport = new ScriptedTransport(answers);
  return { transport, client: new KubeClient(transport, options) };
}

describe('requests', () => {
  it.each<[string, (client: KubeClient) => Promise<unknown>, string, string, unknown?]>([
    ['get', (c) => c.get(PODS, 'web', { namespace: 'shop' }), 'GET', '/api/v1/namespaces/shop/pods/web'],
    [
      'get of a name with odd characters',
      (c) => c.get(ROLES, 'system:a/b?'),
      'GET',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aa%2Fb%3F',
    ],
    [
      'list',
      (c) => c.list(PODS, { labelSelector: 'a in (b,c)', limit: 2, continue: 'x=' }),
      'GET',
      '/api/v1/pods?labelSelector=a+in+%28b%2Cc%29&limit=2&continue=x%3D',
    ],
    ['create', (c) => c.create(PODS, pod, { dryRun: true }), 'POST', '/api/v1/namespaces/shop/pods?dryRun=All', pod],
    [
      'create of a subresource',
      (c) => c.create(PODS, pod, { subresource: 'binding' }),
      'POST',
      '/api/v1/namespaces/shop/pods/web/binding',
      pod,
    ],
    [
      'update',
      (c) => c.update(PODS, pod, { fieldManager: 'me', fieldValidation: 'Strict' }),
      'PUT',
      '/api/v1/namespaces/shop/pods/web?fieldManager=me&fieldValidation=Strict',
      pod,
    ],
    ['status', (c) => c.updateStatus(PODS, pod), 'PUT', '/api/v1/namespaces/shop/pods/web/status', pod],
    [
      'delete',
      (c) => c.delete(PODS, 'web', { namespace: 'shop', propagationPolicy: 'Foreground', preconditions: { uid: '1' } }),
      'DELETE',
      '/api/v1/namespaces/shop/pods/web',
      { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Foreground', preconditions: { uid: '1' } },
    ],
    [
      'deletecollection',
      (c) => c.deleteCollection(PODS, { namespace: 'shop', labelSelector: 'a', dryRun: true }),
      'DELETE',
      '/api/v1/namespaces/shop/pods?labelSelector=a',
      { kind: 'DeleteOptions', apiVersion: 'v1', dryRun: ['All'] },
    ],
  ])('%s', async (_, call, method, path, body) => {
    const { client, transport } = makeClient([{ body: { ...pod, items: [] } }]);
    await call(client);
    const [request] = transport.requests;
    const query = request?.query?.toString() ?? '';
    expect(`${request?.method} ${request?.path}${query === '' ? '' : `?${query}`}`).toBe(`${method} ${path}`);
    expect(request?.body === undefined ? undefined : JSON.parse(request.body as string)).toEqual(body);
  });

  it.each([
    [{ type: 'json', patch: [{ op: 'remove', path: '/a' }] }, 'application/json-patch+json'],
    [{ type: 'merge', patch: { a: null } }, 'application/merge-patch+json'],
    [{ type: 'strategic', patch: { a: null } }, 'application/strategic-merge-patch+json'],
  ] as const)('patch %j', async (patch, mediaType) => {
    const { client, transport } = makeClient([{ body: pod }]);
    expect(await client.patch(PODS, 'web', patch, { namespace: 'shop' })).toEqual(pod);
    expect(transport.requests[0]?.headers?.['content-type']).toBe(mediaType);
    expect(JSON.parse(transport.requests[0]?.body as string)).toEqual(patch.patch);
  });

  it.each(['', '.', '..'])('never asks for the name %j', async (name) => {
    await expect(async () => makeClient([]).client.get(PODS, name)).rejects.toThrow(TypeError);
  });
});

describe('answers', () => {
  it('become ApiError with reason and details', async () => {
    const status = notFound({ group: '', resource: 'pods' }, 'web').toStatus();
    const { client } = makeClient([{ status: 404, body: status }]);
    const error = await client.get(PODS, 'web').catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ reason: 'NotFound', message: 'pods "web" not found', details: { name: 'web' } });
  });

  it('have no reason that is none of the API', async () => {
    const { client } = makeClient([{ status: 404, body: { kind: 'Status', reason: 'constructor', code: 404 } }]);
    await expect(client.get(PODS, 'web')).rejects.toMatchObject({ reason: undefined, httpStatus: 404 });
  });

  it('are undefined for find', async () => {
    const status = notFound({ group: '', resource: 'pods' }, 'web').toStatus();
    expect(await makeClient([{ status: 404, body: status }]).client.find(PODS, 'web')).toBeUndefined();
  });

  it.each([
    [404, '404 page not found\n', 'NotFound', '404 page not found'],
    [403, '', 'Forbidden', 'the server answered 403'],
    [418, 'x', undefined, 'x'],
    [302, '', undefined, 'the server redirects, which its API never does'],
  ])('without a Status: %d %j', async (status, body, reason, message) => {
    const { client } = makeClient([{ status, body }]);
    await expect(client.get(PODS, 'web')).rejects.toMatchObject({ reason, message, httpStatus: status });
  });

  it('that are no JSON, or too long, are errors', async () => {
    const answers = [{ body: '<html>' }, { body: 'x'.repeat(101) }];
    const { client } = makeClient(answers, { maxBodyBytes: 100 });
    await expect(client.get(PODS, 'web')).rejects.toThrow(ResponseError);
    await expect(client.get(PODS, 'web')).rejects.toThrow('longer than 100 bytes');
  });

  it('carry warnings', async () => {
    const heard: string[] = [];
    const warning = '299 - "old \\"thing\\"", 299 - "unknown field"';
    const { client } = makeClient([{ body: pod, headers: { warning } }], { onWarning: (text) => heard.push(text) });
    await client.get(PODS, 'web');
    expect(heard).toEqual(['old "thing"', 'unknown field']);
  });

  it('give list items the type that Kubernetes leaves out', async () => {
    const list = { apiVersion: 'v1', kind: 'PodList', metadata: {}, items: [{ metadata: { name: 'a' } }] };
    const { items } = await makeClient([{ body: list }]).client.list(PODS);
    expect(items).toEqual([{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }]);
  });
});

describe('retries', () => {
  const busy = { status: 429, headers: { 'retry-after': '2' }, body: {} };

  async function run(answers: (ScriptedAnswer | Error)[], call: (client: KubeClient) => Promise<unknown>) {
    const clock = new ManualClock();
    const { client, transport } = makeClient(answers, { clock, retry: { attempts: 3 } });
    const start = clock.now();
    const outcome = call(client).then(
      () => 'done',
      (error: Error) => error.message,
    );
    await clock.advance(60_000);
    return { outcome: await outcome, requests: transport.requests.length, ended: transport.ended, start };
  }

  it.each<[string, (ScriptedAnswer | Error)[], 'read' | 'write', string, number]>([
    ['429 for reads', [busy, { body: pod }], 'read', 'done', 2],
    ['429 for writes', [busy, { body: pod }], 'write', 'done', 2],
    ['503 with Retry-After for writes', [{ ...busy, status: 503 }, { body: pod }], 'write', 'done', 2],
    ['503 without for reads', [{ status: 503 }, { body: pod }], 'read', 'done', 2],
    ['not 503 without for writes', [{ status: 503, body: '' }], 'write', 'the server answered 503', 1],
    ['a refused connection for reads', [new UnreachableError('refused'), { body: pod }], 'read', 'done', 2],
    ['not a refused connection for writes', [new UnreachableError('refused')], 'write', 'refused', 1],
    ['not without end', [busy, busy, { ...busy, body: 'busy' }], 'read', 'busy', 3],
    ['not 404', [{ status: 404, body: 'no' }], 'read', 'no', 1],
  ])('%s', async (_, answers, kind, outcome, requests) => {
    const call = (client: KubeClient) => (kind === 'read' ? client.get(PODS, 'web') : client.create(PODS, pod));
    const result = await run(answers, call);
    expect(result.outcome).toBe(outcome);
    expect(result.requests).toBe(requests);
  });

  it('wait as long as the server asks', async () => {
    const clock = new ManualClock();
    const { client, transport } = makeClient([busy, { body: pod }], { clock });
    const answer = client.get(PODS, 'web');
    await clock.advance(1999);
    expect(transport.requests).toHaveLength(1);
    await clock.advance(1);
    await answer;
    expect(transport.requests).toHaveLength(2);
  });

  it('end with the signal', async () => {
    const clock = new ManualClock();
    const { client } = makeClient([busy, { body: pod }], { clock });
    const abort = new AbortController();
    const answer = client.get(PODS, 'web', { signal: abort.signal });
    await clock.advance(1000);
    abort.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
  });
});

describe('listAll', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const THINGS = { group: '', version: 'v1', resource: 'things' };

  function makeApi() {
    const api = new FakeApi();
    for (const name of names) api.put(name);
    return { api, client: new KubeClient(api) };
  }

  it('reads page by page', async () => {
    const { api, client } = makeApi();
    const list = await client.listAll(THINGS, { limit: 2 });
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(names);
    expect(list.metadata.resourceVersion).toBe('5');
    expect(api.requests).toHaveLength(3);
  });

  it('begins again without pages when the server forgets the version', async () => {
    const { api, client } = makeApi();
    const request = api.request.bind(api);
    api.request = (next) => {
      if (api.requests.length === 1) {
        api.put('f');
        api.compact();
      }
      return request(next);
    };
    const list = await client.listAll(THINGS, { limit: 2 });
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual([...names, 'f']);
    expect(list.metadata.resourceVersion).toBe('6');
  });
});

describe('watch', () => {
  const event = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
  const collect = async (client: KubeClient) => {
    const seen: string[] = [];
    for await (const { type, object } of client.watch(PODS)) seen.push(`${type} ${object.metadata.name}`);
    return seen;
  };

  it('reads events however they are cut', async () => {
    const text = Buffer.from(event('ADDED', { ...pod, note: 'ü' }) + '\n' + event('DELETED', pod) + '{"type":"ADD');
    for (const size of [1, 7, 50, text.length]) {
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
        text.subarray(index * size, (index + 1) * size),
      );
      expect(await collect(makeClient([{ body: chunks }]).client)).toEqual(['ADDED web', 'DELETED web']);
    }
  });

  it('throws what the server says', async () => {
    const status = { kind: 'Status', reason: 'Expired', message: 'too old resource version: 1 (5)', code: 410 };
    const { client } = makeClient([{ body: event('ERROR', status) }]);
    await expect(collect(client)).rejects.toMatchObject({ reason: 'Expired', httpStatus: 410 });
  });

  it.each([
    'x\n',
    '{}\n',
    '{"type":"ADDED"}\n',
    '{"type":"OTHER","object":{"metadata":{}}}\n',
    '{"type":"ADDED","object":{}}\n',
  ])('refuses %j', async (body) => {
    await expect(collect(makeClient([{ body }]).client)).rejects.toThrow(ResponseError);
  });

  it('bounds the length of an event', async () => {
    const long = event('ADDED', { ...pod, note: 'x'.repeat(100) });
    for (const body of [long, [Buffer.from('x'.repeat(60)), Buffer.from('x'.repeat(60))]]) {
      const { client } = makeClient([{ body }], { maxEventBytes: 100 });
      await expect(collect(client)).rejects.toThrow('a line of the answer is longer than 100 bytes');
    }
  });

  it('ends the exchange when the loop is left', async () => {
    const { client, transport } = makeClient([{ body: event('ADDED', pod).repeat(3) }]);
    for await (const _ of client.watch(PODS)) break;
    expect(transport.ended).toBe(1);
  });
});
