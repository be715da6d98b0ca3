import { describe, expect, it } from 'vitest';
import type { TokenAnswer } from './access.js';
import { AccessUnavailableError } from './errors.js';
import { createStandaloneAccess } from './standalone.js';

const issued = Date.UTC(2030, 0, 1);
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

async function ask(authorization: string | undefined, scopes: string[], failure?: Error): Promise<TokenAnswer> {
  const access = createStandaloneAccess({
    users: {
      verify: async (user, password) => {
        if (failure) throw failure;
        return user === 'alice' && password === 'secret';
      },
    },
    rules: [
      { repository: 'public/**', anonymous: true, actions: ['pull'] },
      { repository: 'team/**', users: ['alice'], actions: ['pull', 'push'] },
      { repository: 'own/*', users: ['alice'], actions: ['*'] },
    ],
    catalogUsers: ['alice'],
    tokens: { enabled: true, secret: Buffer.alloc(32), expirationMs: 120_000 },
    now: () => issued,
  });
  const answer = await access.issueToken?.({ authorization, scopes, service: 'whatever' });
  if (answer === undefined) throw new Error('no token endpoint');
  return answer;
}

/** What a token says, as `type:name:actions`. */
function grantedBy(answer: TokenAnswer): { sub: string; access: string[] } {
  const { token } = answer.body as { token: string };
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    sub: string;
    access: { type: string; name: string; actions: string[] }[];
  };
  return {
    sub: claims.sub,
    access: claims.access.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`),
  };
}

describe('the token endpoint', () => {
  const alice = basic('alice:secret');

  it('answers with the token, its life and its time', async () => {
    const { status, body } = await ask(alice, []);
    const token = expect.any(String) as string;
    expect(status).toBe(200);
    expect(body).toEqual({ token, access_token: token, expires_in: 120, issued_at: '2030-01-01T00:00:00.000Z' });
    expect((body as { token: string; access_token: string }).access_token).toBe((body as { token: string }).token);
  });

  it.each<[string, string | undefined, string[], string, string[]]>([
    ['a login', alice, [], 'alice', []],
    ['what the rules give', alice, ['repository:team/a:pull,push,delete'], 'alice', ['repository:team/a:pull,push']],
    ['nothing', alice, ['repository:other/a:pull,push'], 'alice', []],
    ['star', alice, ['repository:team/a:*'], 'alice', ['repository:team/a:pull,push']],
    ['star with the right to it', alice, ['repository:own/a:*'], 'alice', ['repository:own/a:pull,push,delete,*']],
    ['no unknown action', alice, ['repository:own/a:fly,pull'], 'alice', ['repository:own/a:pull']],
    ['no unknown type', alice, ['aws:own/a:pull', 'repository:own/a:pull'], 'alice', ['repository:own/a:pull']],
    ['a class', alice, ['repository(plugin):team/a:pull'], 'alice', ['repository:team/a:pull']],
    [
      'repeated parameters',
      alice,
      ['repository:team/a:pull,push', 'repository:team/b:pull'],
      'alice',
      ['repository:team/a:pull,push', 'repository:team/b:pull'],
    ],
    [
      'one parameter with several scopes',
      alice,
      ['repository:team/a:push repository:x/y:pull'],
      'alice',
      ['repository:team/a:push'],
    ],
    ['the catalog', alice, ['registry:catalog:*'], 'alice', ['registry:catalog:*']],
    ['no other action on the catalog', alice, ['registry:catalog:pull'], 'alice', []],
    ['no metrics', alice, ['metrics::get'], 'alice', []],
    ['anonymous', undefined, ['repository:public/a:pull,push'], '', ['repository:public/a:pull']],
    ['anonymous, private', undefined, ['repository:team/a:pull'], '', []],
    ['anonymous as skopeo sends it', basic(':'), ['repository:public/a:pull'], '', ['repository:public/a:pull']],
  ])('grants %s', async (_, authorization, scopes, sub, access) => {
    const answer = await ask(authorization, scopes);
    expect(answer.status).toBe(200);
    expect(grantedBy(answer)).toEqual({ sub, access });
  });

  it.each<[string, string | undefined, string[], number, string]>([
    ['a wrong password', basic('alice:wrong'), [], 401, 'UNAUTHORIZED'],
    ['an unknown user', basic('bob:secret'), ['repository:public/a:pull'], 401, 'UNAUTHORIZED'],
    ['a Bearer token', 'Bearer abc', [], 401, 'UNAUTHORIZED'],
    ['an unreadable header', 'Basic %', [], 401, 'UNAUTHORIZED'],
    ['a malformed scope', alice, ['repository:team/a'], 400, 'SCOPE_INVALID'],
    [
      'scopes that do not fit into a token',
      alice,
      Array.from({ length: 60 }, (_, at) => `repository:team/${'a'.repeat(200)}${at}:pull,push`),
      400,
      'SCOPE_INVALID',
    ],
  ])('refuses %s', async (_, authorization, scopes, status, code) => {
    const answer = await ask(authorization, scopes);
    expect(answer).toEqual({
      status,
      body: { errors: [{ code, message: expect.any(String) as string }] },
    });
  });

  it('answers 503 when users cannot be looked up, and passes other errors on', async () => {
    expect(await ask(alice, [], new AccessUnavailableError('busy'))).toMatchObject({
      status: 503,
      body: { errors: [{ code: 'UNAVAILABLE', message: 'busy' }] },
    });
    await expect(ask(alice, [], new TypeError('defect'))).rejects.toThrow('defect');
  });
});
