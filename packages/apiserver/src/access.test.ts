import { unauthorized, type KubeObject } from '@longshore/kube';
import { afterEach, describe, expect, it } from 'vitest';
import type { Attributes } from './access/access.js';
import type { AuditEvent } from './audit/audit-event.js';
import type { ResourceDefinition, VirtualRequest } from './definition.js';
import { startTestServer, type TestServer, type TestServerOptions } from './testing/test-server.js';

const MAPS = '/api/v1/namespaces/default/configmaps';
const as = (user: string, more: Record<string, string> = {}) => ({ authorization: `Bearer ${user}`, ...more });

let test: TestServer;
afterEach(() => test.close());
const start = async (options: TestServerOptions) => {
  test = await startTestServer(options);
};

const forbidden = async (method: string, path: string, headers = as('alice')) => {
  const { status, body } = await test.send(method, path, method === 'POST' ? {} : undefined, headers);
  expect([status, body.reason]).toEqual([403, 'Forbidden']);
  return body.message;
};

describe('who may not', () => {
  it('is told so in the words of Kubernetes', async () => {
    await start({ allow: () => false });
    const user = 'User "alice" cannot';
    expect(await forbidden('GET', MAPS)).toBe(
      `configmaps is forbidden: ${user} list resource "configmaps" in API group "" in the namespace "default"`,
    );
    expect(await forbidden('GET', '/api/v1/configmaps')).toBe(
      `configmaps is forbidden: ${user} list resource "configmaps" in API group "" at the cluster scope`,
    );
    expect(await forbidden('DELETE', `${MAPS}/a`)).toBe(
      `configmaps "a" is forbidden: ${user} delete resource "configmaps" in API group "" in the namespace "default"`,
    );
    expect(await forbidden('GET', '/apis/test.example.com/v1/namespaces/x/apps/a/status')).toBe(
      `apps.test.example.com "a" is forbidden: ${user} get resource "apps/status" in API group "test.example.com" in the namespace "x"`,
    );
    expect(await forbidden('GET', '/api/v1/namespaces/x')).toBe(
      `namespaces "x" is forbidden: ${user} get resource "namespaces" in API group "" in the namespace "x"`,
    );
    expect(await forbidden('GET', '/nothing')).toBe(`forbidden: ${user} get path "/nothing"`);
    expect(await forbidden('GET', '/nothing', {} as never)).toBe(
      'forbidden: User "system:anonymous" cannot get path "/nothing"',
    );
  });

  it.each([
    ['GET', MAPS, 'list'],
    ['GET', `${MAPS}?watch=1`, 'watch'],
    ['GET', `${MAPS}/there`, 'get'],
    ['GET', `${MAPS}/nowhere`, 'get'],
    ['POST', `${MAPS}?dryRun=All`, 'create'],
    ['PATCH', `${MAPS}/there`, 'patch'],
    ['DELETE', MAPS, 'deletecollection'],
    ['GET', '/api/v1/namespaces/default/nosuchthings', 'list'],
  ])('learns nothing by %s %s', async (method, path, verb) => {
    const asked: string[] = [];
    await start({
      allow: (attributes) => {
        asked.push(attributes.verb);
        return attributes.user.username === 'root';
      },
    });
    await test.send('POST', MAPS, { metadata: { name: 'there' }, data: { secret: 'hidden' } }, as('root'));
    const { status, text } = await test.send(
      method,
      path,
      method === 'PATCH' ? '{}' : method === 'POST' ? {} : undefined,
      {
        ...as('alice'),
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
      },
    );
    expect(status).toBe(403);
    expect(text).not.toContain('hidden');
    expect(asked.at(-1)).toBe(verb);
  });

  it('has shown a token that nobody knows', async () => {
    await start({});
    expect((await test.send('GET', MAPS, undefined, as('wrong'))).body).toMatchObject({
      code: 401,
      reason: 'Unauthorized',
      message: 'Unauthorized',
    });
  });

  it('is asked for the one name that a selector means', async () => {
    const names: string[] = [];
    await start({
      allow: (attributes) => {
        if ('name' in attributes) names.push(attributes.name);
        return true;
      },
    });
    await test.send('GET', `${MAPS}?fieldSelector=metadata.name%3Da`);
    await test.send('GET', MAPS);
    expect(names).toEqual(['a', '']);
  });
});

describe('impersonation', () => {
  const attributes: Attributes[] = [];
  const allow = (asked: Attributes) => {
    attributes.push(asked);
    return asked.verb !== 'impersonate' || asked.user.username === 'root';
  };

  it('needs the right for each part of it', async () => {
    await start({ allow });
    expect(await forbidden('GET', MAPS, as('alice', { 'impersonate-user': 'bob' }))).toBe(
      'users "bob" is forbidden: User "alice" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
    attributes.length = 0;
    const headers = as('root', {
      'impersonate-user': 'bob',
      'impersonate-group': 'devs',
      'impersonate-uid': 'u1',
      'impersonate-extra-team%2fname': 'x',
    });
    expect((await test.send('GET', MAPS, undefined, headers)).status).toBe(200);
    const asked = attributes.map((a) => ('resource' in a ? [a.resource, a.subresource, a.name] : []));
    expect(asked).toEqual([
      ['users', '', 'bob'],
      ['groups', '', 'devs'],
      ['userextras', 'team/name', 'x'],
      ['uids', '', 'u1'],
      ['configmaps', '', ''],
    ]);
    expect(attributes.at(-1)?.user).toEqual({
      username: 'bob',
      uid: 'u1',
      groups: ['devs', 'system:authenticated'],
      extra: { 'team/name': ['x'] },
    });
  });

  it('gives service accounts their groups, and needs a right in their namespace', async () => {
    await start({ allow });
    attributes.length = 0;
    await test.send('GET', MAPS, undefined, as('root', { 'impersonate-user': 'system:serviceaccount:ns:robot' }));
    expect(attributes[0]).toMatchObject({ resource: 'serviceaccounts', name: 'robot', namespace: 'ns' });
    expect(attributes[1]?.user.groups).toEqual([
      'system:serviceaccounts',
      'system:serviceaccounts:ns',
      'system:authenticated',
    ]);
  });

  it('of groups alone is none', async () => {
    await start({ onError: () => undefined });
    expect((await test.send('GET', MAPS, undefined, as('root', { 'impersonate-group': 'devs' }))).status).toBe(500);
  });
});

describe('limits', () => {
  it('turn away what is too much, but no masters', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let entered: () => void = () => undefined;
    const isIn = new Promise<void>((resolve) => {
      entered = resolve;
    });
    await start({
      inFlight: { readOnly: 1 },
      admission: {},
      authorizer: {
        async authorize({ user }) {
          if (user.username === 'slow') {
            entered();
            await held;
          }
          return { allowed: true };
        },
      },
    });
    const slow = test.send('GET', MAPS, undefined, as('slow'));
    await isIn;
    const refused = await test.send('GET', MAPS, undefined, as('alice'));
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
    expect((await test.send('GET', MAPS, undefined, as('root'))).status).toBe(200);
    release();
    expect((await slow).status).toBe(200);
    expect((await test.send('GET', MAPS, undefined, as('alice'))).status).toBe(200);
  });

  it('end a request that takes longer than it wanted to', async () => {
    await start({
      authorizer: {
        authorize: (_attributes, signal) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended')))),
      },
    });
    expect((await test.send('GET', `${MAPS}?timeout=50ms`)).body).toMatchObject({ code: 504, reason: 'Timeout' });
    expect((await test.send('GET', `${MAPS}?timeout=soon`)).status).toBe(400);
  });

  it('end a request for a computed kind by the time that its definition gives', async () => {
    const create = (_object: KubeObject, request: VirtualRequest) =>
      new Promise<KubeObject>((_, reject) => {
        request.warn('this takes a while');
        request.signal.addEventListener('abort', () => reject(new Error('ended')));
      });
    const slow: ResourceDefinition = {
      group: 'test.example.com',
      version: 'v1',
      plural: 'slows',
      singular: 'slow',
      kind: 'Slow',
      scope: 'Cluster',
      schema: { type: 'object' },
      backend: { type: 'virtual', timeoutMs: 20, create },
    };
    await start({ definitions: [slow] });
    const answer = await test.send('POST', '/apis/test.example.com/v1/slows', { metadata: { name: 'a' } });
    expect(answer.body).toMatchObject({ code: 504, reason: 'Timeout' });
    expect(answer.headers.warning).toContain('this takes a while');
  });
});

describe('watches', () => {
  it('are bounded for each user', async () => {
    await start({ inFlight: { watchesPerUser: 1 } });
    const first = await test.watch(`${MAPS}?watch=1`, as('alice'));
    const refused = await test.send('GET', `${MAPS}?watch=1`, undefined, as('alice'));
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
    const others = [
      await test.watch(`${MAPS}?watch=1`, as('bob')),
      await test.watch(`${MAPS}?watch=1`, as('root')),
      await test.watch(`${MAPS}?watch=1`, as('root')),
    ];
    const short = await test.send('GET', `${MAPS}?watch=1&timeoutSeconds=1`, undefined, as('carol'));
    expect(short.status).toBe(200);
    expect((await test.send('GET', `${MAPS}?watch=1&timeoutSeconds=1`, undefined, as('carol'))).status).toBe(200);
    for (const watch of [first, ...others]) watch.close();
  });

  it.each(['right', 'token'])('end soon after the %s of their user', async (what) => {
    let isGone = false;
    await start({
      watchCheckMs: 5,
      allow: ({ user, verb }) => !(isGone && what === 'right' && verb === 'watch' && user.username === 'alice'),
      authenticator: {
        async authenticate({ token = '' }) {
          if (isGone && what === 'token') throw unauthorized();
          return { username: token, groups: [] };
        },
      },
    });
    const watch = await test.watch(`${MAPS}?watch=1&resourceVersion=1`, as('alice'));
    isGone = true;
    expect(await watch.next()).toBeUndefined();
  });
});

describe('an update that would create', () => {
  const MACHINE = '/apis/test.k8s.io/v1/namespaces/default/machines/a';

  it('needs the right to create', async () => {
    await start({ allow: ({ user, verb }) => user.username !== 'alice' || verb === 'update' });
    const machine = { metadata: { name: 'a' } };
    const refused = await test.send('PUT', MACHINE, machine, as('alice'));
    expect(refused.status).toBe(403);
    expect(refused.body.message).toBe(
      'machines.test.k8s.io "a" is forbidden: User "alice" cannot create resource "machines" in API group "test.k8s.io" in the namespace "default"',
    );
    expect((await test.send('PUT', MACHINE, machine, as('root'))).status).toBe(201);
    expect((await test.send('PUT', MACHINE, machine, as('alice'))).status).toBe(200);
  });
});

describe('the audit log', () => {
  it('tells who did what and what came of it, and no contents', async () => {
    const events: AuditEvent[] = [];
    await start({
      audit: { write: (event) => events.push(event) },
      allow: ({ user, verb }) => user.username !== 'mallory' && verb !== 'delete',
    });
    const secret = { metadata: { name: 'a' }, data: { password: 'hunter2' } };
    await test.send('POST', MAPS, secret, as('alice', { 'audit-id': 'my-id', 'user-agent': 'tool' }));
    const { headers } = await test.send('DELETE', `${MAPS}/a`, undefined, as('root', { 'impersonate-user': 'bob' }));
    await test.send('GET', '/oauth/token?code=hunter2', undefined, as('mallory'));
    expect(events).toMatchObject([
      {
        kind: 'Event',
        apiVersion: 'audit.k8s.io/v1',
        level: 'Metadata',
        auditID: 'my-id',
        stage: 'ResponseComplete',
        requestURI: MAPS,
        verb: 'create',
        user: { username: 'alice' },
        userAgent: 'tool',
        objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' },
        responseStatus: { code: 201 },
        annotations: { 'authorization.k8s.io/decision': 'allow' },
      },
      {
        auditID: headers['audit-id'],
        user: { username: 'root' },
        impersonatedUser: { username: 'bob' },
        objectRef: { name: 'a' },
        responseStatus: { code: 403, status: 'Failure', reason: 'Forbidden' },
        annotations: { 'authorization.k8s.io/decision': 'forbid' },
      },
      { requestURI: '/oauth/token', verb: 'get' },
    ]);
    expect(JSON.stringify(events)).not.toContain('hunter2');
  });
});

describe('other paths', () => {
  it('are answered by who gave them, public ones before anybody is asked', async () => {
    const answer = (path: string, isPublic: boolean) => ({
      path,
      isPublic,
      handle: (_request: unknown, response: { end(text: string): void }, { user }: { user: { username: string } }) =>
        response.end(user.username),
    });
    await start({
      allow: ({ user }) => user.username === 'root',
      paths: [answer('/login/', true), answer('/metrics', false)],
    });
    expect((await test.send('GET', '/login/form', undefined, as('wrong'))).text).toBe('system:anonymous');
    expect((await test.send('GET', '/metrics', undefined, as('alice'))).status).toBe(403);
    expect((await test.send('GET', '/metrics', undefined, as('root'))).text).toBe('root');
  });

  it('tell of health in short and at length', async () => {
    await start({
      healthChecks: {
        store: async () => undefined,
        queue: () => Promise.reject(new Error('a secret of ours')),
      },
    });
    const { status, text } = await test.send('GET', '/readyz');
    expect(status).toBe(500);
    expect(text).toBe('[+]ping ok\n[+]store ok\n[-]queue failed: reason withheld\nreadyz check failed\n');
    expect((await test.send('GET', '/livez?exclude=queue')).text).toBe('ok');
    expect((await test.send('GET', '/healthz/store')).text).toBe('ok');
    expect((await test.send('GET', '/healthz/nothing')).status).toBe(404);
  });

  it('tell the version', async () => {
    await start({});
    expect((await test.send('GET', '/version')).body).toMatchObject({ major: '1', minor: '32', gitVersion: 'v1.32.0' });
  });
});
