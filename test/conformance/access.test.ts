import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createImage, digestOf, jsonOf, locationOf, pushBlob, pushImage, randomBytesOf } from '@longshore/testkit';
import { requestTo, startUpload, temporaryFolder, writeHtpasswd } from '@longshore/testkit';
import type { HttpResponse, RequestOptions, Target, UserPassword } from '@longshore/testkit';
import { describeRegistry, RegistryUnderTest } from './registry-under-test.js';
import { expectError } from './requests.js';

const user = (name: string): UserPassword => ({ name, password: `password:of:${name}` });
const [ADMIN, ALICE, BOB, CAROL] = [user('admin'), user('alice'), user('bob'), user('carol')];

/** Alice writes in `team`, Bob reads there, Carol is alone in `secret`, everybody reads `public`. */
const RULES = [
  { repository: '**', users: ['admin'], actions: ['*'] },
  { repository: 'team/**', users: ['alice'], actions: ['pull', 'push'] },
  { repository: 'team/**', users: ['bob'], actions: ['pull'] },
  { repository: 'secret/**', users: ['carol'], actions: ['pull', 'push'] },
  { repository: 'public/**', anonymous: true, actions: ['pull'] },
];

const htpasswd = join(temporaryFolder('conformance-users'), 'htpasswd');
beforeAll(() => writeHtpasswd(htpasswd, [ADMIN, ALICE, BOB, CAROL]));

const sections = (tokens: object) => ({
  auth: { htpasswd: { realm: 'the registry', path: htpasswd } },
  longshore: { auth: { rules: RULES, catalog: { users: ['admin'] }, metrics: { users: ['admin'] }, tokens } },
});

type Credentials = UserPassword | { token: string } | undefined;

const ask = (target: Target, path: string, who: Credentials, options: RequestOptions = {}) =>
  requestTo(target, path, {
    ...options,
    ...(who && 'token' in who
      ? { headers: { ...options.headers, authorization: `Bearer ${who.token}` } }
      : { user: who }),
  });

const as = (registry: Target, who: UserPassword): Target => ({ url: registry.url, user: who });

interface TokenBody {
  token: string;
  access_token: string;
  expires_in: number;
  issued_at: string;
}

async function tokenFor(target: Target, who: Credentials, ...scopes: string[]): Promise<{ token: string }> {
  const query = scopes.map((scope) => `scope=${encodeURIComponent(scope)}`).join('&');
  const response = await ask(target, `/openshift/token?service=longshore&${query}`, who);
  expect(response.status).toBe(200);
  return { token: (jsonOf(response) as TokenBody).token };
}

/** The parameters of a Bearer challenge. */
function challengeOf({ headers }: HttpResponse): Record<string, string> {
  const challenge = String(headers['www-authenticate']);
  expect(challenge).toMatch(/^Bearer /);
  const parameters = [...challenge.matchAll(/(\w+)="([^"]*)"/g)];
  return Object.fromEntries(parameters.map(([, name = '', value = '']) => [name, value]));
}

/** Does as clients do: asks, fetches the token that the challenge names, and asks again. */
async function askAsClient(target: Target, path: string, who: UserPassword | undefined, options: RequestOptions = {}) {
  const first = await requestTo(target, path, options);
  expect(first.status).toBe(401);
  const { realm = '', scope } = challengeOf(first);
  const issuer = { url: realm.replace(/\/openshift\/token$/, '') };
  return ask(target, path, await tokenFor(issuer, who, ...(scope === undefined ? [] : [scope])), options);
}

describeRegistry('access', sections({}), (registry) => {
  const image = createImage({ seed: 'access' });
  const open = createImage({ seed: 'open to all' });
  const team = '/v2/team/app/manifests/v1';
  const everybody = '/v2/public/app/manifests/v1';
  const uploads = '/v2/team/app/blobs/uploads/';

  beforeAll(async () => {
    await pushImage(as(registry, ALICE), 'team/app', 'v1', { seed: 'access' });
    await pushImage(as(registry, ADMIN), 'public/app', 'v1', { seed: 'open to all' });
  });

  describe('without credentials', () => {
    it('begins with a challenge that tells where to get a token', async () => {
      const response = await ask(registry, '/v2/', undefined);
      expectError(response, 401, 'UNAUTHORIZED');
      expect(challengeOf(response)).toEqual({ realm: `${registry.url}/openshift/token`, service: 'longshore' });
    });

    it('names a realm at the address that the client uses', async () => {
      const headers = { 'x-forwarded-host': 'front.example', 'x-forwarded-proto': 'https' };
      const response = await requestTo(registry, '/v2/', { headers });
      expect(challengeOf(response).realm).toBe('https://front.example/openshift/token');
    });

    it.each([
      ['GET', team, 'repository:team/app:pull'],
      ['HEAD', team, 'repository:team/app:pull'],
      ['GET', '/v2/team/app/tags/list', 'repository:team/app:pull'],
      ['PUT', team, 'repository:team/app:pull,push'],
      ['POST', uploads, 'repository:team/app:pull,push'],
      ['POST', `${uploads}?mount=x&from=other/app`, 'repository:team/app:pull,push repository:other/app:pull'],
      ['POST', `${uploads}?mount=x&from=team/app`, 'repository:team/app:pull,push'],
      ['POST', `${uploads}?mount=x&from=No_Name%22`, 'repository:team/app:pull,push'],
      ['POST', `${uploads}?mount=x`, 'repository:team/app:pull,push'],
      ['DELETE', `${uploads}x`, 'repository:team/app:push'],
      ['DELETE', team, 'repository:team/app:delete'],
      ['GET', '/v2/_catalog', 'registry:catalog:*'],
      ['GET', '/extensions/v2/metrics', 'metrics::get'],
    ])('tells %s %s the scope that it takes', async (method, path, scope) => {
      const response = await ask(registry, path, undefined, { method });
      expect([response.status, challengeOf(response).scope]).toEqual([401, scope]);
      if (method !== 'HEAD') expectError(response, 401, 'UNAUTHORIZED');
      else expect(response.body.length).toBe(0);
    });

    it('lets everybody read what is public, and only read', async () => {
      expect((await ask(registry, everybody, undefined)).body.equals(open.bytes)).toBe(true);
      const token = await tokenFor(registry, undefined, 'repository:public/app:pull');
      expect((await ask(registry, everybody, token)).status).toBe(200);
      expectError(await ask(registry, everybody, undefined, { method: 'DELETE' }), 401, 'UNAUTHORIZED');
      expectError(await ask(registry, team, token), 401, 'UNAUTHORIZED');
      expectError(await ask(registry, everybody, token, { method: 'DELETE' }), 401, 'UNAUTHORIZED');
    });

    it('does not tell whether a private repository exists', async () => {
      const [there, absent] = await Promise.all(
        ['team/app', 'team/none'].map((name) => ask(registry, `/v2/${name}/tags/list`, undefined)),
      );
      expect([there?.status, absent?.status]).toEqual([401, 401]);
      const forbidden = await ask(registry, '/v2/secret/none/tags/list', BOB);
      expectError(forbidden, 403, 'DENIED');
    });

    it('answers whether the server lives', async () => {
      for (const path of ['/', '/healthz', '/livez', '/readyz']) {
        const { status, headers, body } = await ask(registry, path, undefined);
        expect([path, status, headers['cache-control'], body.length]).toEqual([path, 200, 'no-cache', 0]);
      }
    });
  });

  describe('with user and password', () => {
    it('works for everything', async () => {
      expect(jsonOf(await ask(registry, '/v2/', ALICE))).toEqual({});
      expect((await ask(registry, team, BOB)).body.equals(image.bytes)).toBe(true);
    });

    it.each<[string, UserPassword]>([
      ['a wrong password', { name: 'alice', password: 'wrong' }],
      ['an unknown user', { name: 'nobody', password: 'password:of:nobody' }],
      ['no password', { name: 'alice', password: '' }],
      ['no user', { name: '', password: 'password:of:alice' }],
    ])('refuses %s, also for what is public', async (_case, who) => {
      for (const path of ['/v2/', team, everybody]) {
        const response = await ask(registry, path, who);
        expectError(response, 401, 'UNAUTHORIZED');
        challengeOf(response);
        expect(response.body.toString()).not.toContain(who.password || '???');
      }
    });

    it.each([
      'Basic',
      'Basic !!!',
      'Basic YWxpY2U=',
      'Digest x=y',
      'Bearer',
      'Bearer a b',
      `Basic ${'A'.repeat(9000)}`,
    ])('refuses what cannot be read: %.40s', async (authorization) => {
      const response = await requestTo(registry, team, { headers: { authorization } });
      expectError(response, 401, 'UNAUTHORIZED');
    });

    it.each<[string, UserPassword, string, string, object]>([
      ['push without the right', BOB, 'POST', uploads, { name: 'team/app', action: 'push' }],
      ['delete without the right', ALICE, 'DELETE', team, { name: 'team/app', action: 'delete' }],
      ['read without the right', BOB, 'GET', '/v2/secret/app/tags/list', { name: 'secret/app', action: 'pull' }],
      ['watch an upload', BOB, 'GET', `${uploads}3f1c2a52-0c1d`, { name: 'team/app', action: 'push' }],
    ])('denies to %s, and tells which is missing', async (_case, who, method, path, missing) => {
      const response = await ask(registry, path, who, { method });
      expect(expectError(response, 403, 'DENIED')).toEqual([{ type: 'repository', ...missing }]);
      expect(response.headers).not.toHaveProperty('www-authenticate');
    });

    it.each([
      ['the catalog', '/v2/_catalog', { type: 'registry', name: 'catalog', action: '*' }],
      ['the metrics', '/extensions/v2/metrics', { type: 'metrics', name: '', action: 'get' }],
    ])('shows %s to those who may see it', async (_case, path, missing) => {
      expect(expectError(await ask(registry, path, ALICE), 403, 'DENIED')).toEqual([missing]);
      expect((await ask(registry, path, ADMIN)).status).toBe(200);
      const { type, name, action } = missing;
      expect((await ask(registry, path, await tokenFor(registry, ADMIN, `${type}:${name}:${action}`))).status).toBe(
        200,
      );
    });

    it('lets those with all rights delete', async () => {
      await pushImage(as(registry, ALICE), 'team/old', 'v1', { seed: 'old' });
      expect((await ask(registry, '/v2/team/old/manifests/v1', ADMIN, { method: 'DELETE' })).status).toBe(202);
    });
  });

  describe('with a token', () => {
    it('that the token endpoint gives', async () => {
      const response = await ask(registry, '/openshift/token?scope=repository:team/app:pull', BOB);
      const body = jsonOf(response) as TokenBody;
      expect([response.status, response.headers['cache-control']]).toEqual([200, 'no-store']);
      expect(body).toEqual({
        token: expect.any(String) as string,
        access_token: body.token,
        expires_in: 300,
        issued_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      });
    });

    it.each(['GET', 'HEAD'])('of the challenge works, %s', async (method) => {
      expect((await askAsClient(registry, team, BOB, { method })).status).toBe(200);
      expect((await askAsClient(registry, '/v2/', BOB)).status).toBe(200);
    });

    it('of the challenge for a push works', async () => {
      expect((await askAsClient(registry, uploads, ALICE, { method: 'POST' })).status).toBe(202);
      const refused = await askAsClient(registry, uploads, BOB, { method: 'POST' });
      expect(expectError(refused, 403, 'DENIED')).toEqual([{ type: 'repository', name: 'team/app', action: 'push' }]);
    });

    it('works for each process, and after a restart', async () => {
      const token = await tokenFor(registry, BOB, 'repository:team/app:pull');
      await registry.everyProcess(async () => expect((await ask(registry, team, token)).status).toBe(200));
      await registry.longshore.restart();
      await registry.everyProcess(async () => expect((await ask(registry, team, token)).status).toBe(200));
    });

    it('for less than is asked leads to another token', async () => {
      const token = await tokenFor(registry, ALICE, 'repository:team/app:pull');
      const response = await ask(registry, uploads, token, { method: 'POST' });
      expectError(response, 401, 'UNAUTHORIZED');
      expect(challengeOf(response)).toMatchObject({
        error: 'insufficient_scope',
        scope: 'repository:team/app:pull,push',
      });
    });

    it('holds no more than the rules give', async () => {
      const token = await tokenFor(registry, BOB, 'repository:team/app:*', 'repository:secret/app:pull,push');
      expect((await ask(registry, team, token)).status).toBe(200);
      expectError(await ask(registry, uploads, token, { method: 'POST' }), 403, 'DENIED');
      expectError(await ask(registry, '/v2/secret/app/tags/list', token), 403, 'DENIED');
    });

    it('that is not ours is refused', async () => {
      const { token } = await tokenFor(registry, BOB, 'repository:team/app:pull');
      const [head = '', payload = '', signature = ''] = token.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
      const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url');
      const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
      const bad = [
        `${head}.${forged}.${signature}`,
        `${unsigned}.${payload}.`,
        `${head}.${payload}.`,
        'x.y.z',
        'anonymous',
      ];
      for (const text of bad) {
        const response = await ask(registry, team, { token: text });
        expectError(response, 401, 'UNAUTHORIZED');
        expect(challengeOf(response).error).toBe('invalid_token');
      }
    });

    it.each<[string, string, Credentials, string, number]>([
      ['a wrong password', 'GET', { name: 'alice', password: 'wrong' }, 'scope=repository:team/app:pull', 401],
      ['a token', 'GET', { token: 'abc' }, 'scope=repository:team/app:pull', 401],
      ['a scope that is none', 'GET', ALICE, 'scope=nonsense', 400],
      ['POST', 'POST', ALICE, '', 405],
    ])('is not given for %s', async (_case, method, who, query, status) => {
      const response = await ask(registry, `/openshift/token?${query}`, who, { method });
      expect(response.status).toBe(status);
      expect(response.headers['content-type']).toBe('application/json');
      expect(jsonOf(response)).toMatchObject({ errors: [{ message: expect.stringMatching(/./) as string }] });
      if (status === 405) expect(response.headers.allow).toBe('GET');
    });
  });

  describe('to the blobs of another repository', () => {
    const mounts: [string, (digest: string, from: string) => string][] = [
      ['named', (digest, from) => `${uploads}?mount=${digest}&from=${from}`],
      ['not named', (digest) => `${uploads}?mount=${digest}`],
    ];

    it.each(mounts)('that the client may read: mounted, when it is %s', async (way, path) => {
      const digest = await pushBlob(as(registry, ADMIN), 'public/blobs', randomBytesOf(`readable ${way}`, 100));
      const mounted = await ask(registry, path(digest, 'public/blobs'), ALICE, { method: 'POST' });
      expect([mounted.status, mounted.headers['docker-content-digest']]).toEqual([201, digest]);
      expect((await ask(registry, `/v2/team/app/blobs/${digest}`, BOB)).status).toBe(200);
    });

    it.each(mounts)('that the client may not read: a session, when it is %s', async (way, path) => {
      const digest = await pushBlob(as(registry, CAROL), 'secret/blobs', randomBytesOf(`unreadable ${way}`, 100));
      const begun = await ask(registry, path(digest, 'secret/blobs'), ALICE, { method: 'POST' });
      expect([begun.status, begun.headers.range]).toEqual([202, '0-0']);
      expect((await ask(registry, `/v2/team/app/blobs/${digest}`, ALICE)).status).toBe(404);
    });

    it('is what the token says', async () => {
      const digest = await pushBlob(as(registry, ADMIN), 'public/blobs', randomBytesOf('by token', 100));
      const path = `${uploads}?mount=${digest}&from=public/blobs`;
      const narrow = await tokenFor(registry, ALICE, 'repository:team/app:pull,push');
      expect((await ask(registry, path, narrow, { method: 'POST' })).status).toBe(202);
      const wide = await tokenFor(registry, ALICE, 'repository:team/app:pull,push', 'repository:public/blobs:pull');
      expect((await ask(registry, path, wide, { method: 'POST' })).status).toBe(201);
    });

    it('needs the right to push where it is mounted', async () => {
      const digest = digestOf(Buffer.from('any'));
      const path = `${uploads}?mount=${digest}&from=public/blobs`;
      expectError(await ask(registry, path, BOB, { method: 'POST' }), 403, 'DENIED');
    });
  });

  it('to an upload is for those who may push', async () => {
    const session = await startUpload(as(registry, ALICE), 'team/app');
    expectError(await ask(registry, session, undefined), 401, 'UNAUTHORIZED');
    expectError(await ask(registry, session, BOB), 403, 'DENIED');
    expectError(await ask(registry, session, BOB, { method: 'DELETE' }), 403, 'DENIED');
    const status = await ask(registry, session, ALICE);
    expect([status.status, locationOf(status)]).toEqual([204, session]);
  });
});

describeRegistry(
  'access without tokens',
  sections({ enabled: false }),
  (registry) => {
    it('asks for user and password', async () => {
      const response = await ask(registry, '/v2/', undefined);
      expectError(response, 401, 'UNAUTHORIZED');
      expect(response.headers['www-authenticate']).toBe('Basic realm="the registry",charset="UTF-8"');
      expect((await ask(registry, '/v2/', BOB)).status).toBe(200);
      expectError(await ask(registry, '/openshift/token', BOB), 404, 'UNSUPPORTED');
    });
  },
  [1],
);

const PREFIXED = { ...sections({}), http: { prefix: '/images/', relativeurls: true } };

describeRegistry(
  'access below a prefix',
  PREFIXED,
  (registry) => {
    it('leads to a token endpoint below it, which a proxy sends here too', async () => {
      const response = await ask(registry, '/images/v2/', undefined);
      expectError(response, 401, 'UNAUTHORIZED');
      expect(challengeOf(response).realm).toBe(`${registry.url}/images/openshift/token`);
      const token = await tokenFor({ url: `${registry.url}/images` }, ADMIN, 'registry:catalog:*');
      expect((await ask(registry, '/images/v2/_catalog', token)).status).toBe(200);
    });
  },
  [1],
);

describe('access by the token of another registry', () => {
  const registries = [new RegistryUnderTest(1), new RegistryUnderTest(1)] as const;
  beforeAll(() => Promise.all(registries.map((registry) => registry.start(sections({})))));
  afterAll(() => Promise.all(registries.map((registry) => registry.end())));

  it('is refused', async () => {
    const [one, other] = registries;
    const token = await tokenFor(one, ADMIN, 'registry:catalog:*');
    expect((await ask(one, '/v2/_catalog', token)).status).toBe(200);
    expectError(await ask(other, '/v2/_catalog', token), 401, 'UNAUTHORIZED');
  });
});
