import { beforeEach, describe, expect, it } from 'vitest';
import type { Access, AccessControl, Action, Decision } from './access.js';
import { AccessUnavailableError } from './errors.js';
import type { RepositoryRule } from './rules.js';
import { RulesError } from './rules.js';
import type { StandaloneAccessOptions } from './standalone.js';
import { createStandaloneAccess } from './standalone.js';

const origin = 'https://registry.example:5000';
const passwords = new Map([
  ['alice', 'secret'],
  ['reader', 'r:e:a:d'],
  ['root', 'toor'],
  ['anonymous', 'masked'],
]);
const rules: RepositoryRule[] = [
  { repository: 'public/**', anonymous: true, actions: ['pull'] },
  { repository: 'proja/*', users: ['alice', 'reader'], actions: ['pull'] },
  { repository: 'proja/*', users: ['alice'], actions: ['push'] },
  { repository: '**', users: ['root'], actions: ['*'] },
];

let now: number;
let verified: number;
let failure: Error | undefined;

beforeEach(() => {
  now = Date.UTC(2030, 0, 1);
  verified = 0;
  failure = undefined;
});

function makeAccess(options: Partial<StandaloneAccessOptions> = {}): AccessControl {
  return createStandaloneAccess({
    users: {
      verify: async (user, password) => {
        verified++;
        if (failure) throw failure;
        return passwords.get(user) === password;
      },
    },
    rules,
    catalogUsers: ['root'],
    metricsUsers: ['reader'],
    tokens: { enabled: true, secret: Buffer.alloc(32, 1) },
    now: () => now,
    ...options,
  });
}

const want = (name: string, ...actions: Action[]): Access[] =>
  actions.map((action) => ({ type: 'repository', name, action }));
const catalog: Access[] = [{ type: 'registry', name: 'catalog', action: '*' }];
const metrics: Access[] = [{ type: 'metrics', name: '', action: 'get' }];

const basic = (user: string, password = passwords.get(user) ?? 'none') =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** The header of a client that fetched a token for `scopes`. */
async function bearer(access: AccessControl, user: string | undefined, ...scopes: string[]): Promise<string> {
  const authorization = user === undefined ? undefined : basic(user);
  const answer = await access.issueToken?.({ authorization, scopes, service: 'longshore' });
  return `Bearer ${(answer?.body as { token: string }).token}`;
}

/** A decision in one line. */
function describeDecision(decision: Decision): string {
  switch (decision.outcome) {
    case 'allow':
      return `allow ${decision.subject.anonymous ? '(anonymous)' : decision.subject.name}`;
    case 'forbidden':
      return `forbidden ${decision.missing.map(({ name, action }) => `${name}:${action}`).join(' ')}`;
    case 'unauthenticated':
      return `unauthenticated ${decision.error ?? ''}`.trim();
    case 'unavailable':
      return 'unavailable';
  }
}

describe('without credentials', () => {
  it.each([
    ['GET /v2/', [], 'unauthenticated'],
    ['pull of a public repository', want('public/app', 'pull'), 'allow (anonymous)'],
    ['push to a public repository', want('public/app', 'pull', 'push'), 'unauthenticated'],
    ['pull of a private repository', want('proja/app', 'pull'), 'unauthenticated'],
    ['catalog', catalog, 'unauthenticated'],
    ['metrics', metrics, 'unauthenticated'],
  ])('%s', async (_, wanted, expected) => {
    const access = makeAccess();
    expect(describeDecision(access.authorize(undefined, wanted) as Decision)).toBe(expected);
    expect(describeDecision(await access.authorize(basic('', ''), wanted))).toBe(expected);
    expect(verified).toBe(0);
  });
});

describe('with Basic', () => {
  it.each([
    ['GET /v2/', basic('alice'), [], 'allow alice'],
    ['pull', basic('reader'), want('proja/app', 'pull'), 'allow reader'],
    ['push by a reader', basic('reader'), want('proja/app', 'pull', 'push'), 'forbidden proja/app:push'],
    ['push', basic('alice'), want('proja/app', 'pull', 'push'), 'allow alice'],
    ['delete', basic('alice'), want('proja/app', 'delete'), 'forbidden proja/app:delete'],
    ['delete by *', basic('root'), want('proja/app', 'delete'), 'allow root'],
    ['all by *', basic('root'), want('proja/app', '*'), 'allow root'],
    ['pull of a public repository', basic('alice'), want('public/app', 'pull'), 'allow alice'],
    ['no rule matches', basic('alice'), want('projb/app', 'pull'), 'forbidden projb/app:pull'],
    [
      'mount from a repository that cannot be read',
      basic('alice'),
      [...want('proja/app', 'pull', 'push'), ...want('projb/app', 'pull')],
      'forbidden projb/app:pull',
    ],
    ['catalog', basic('root'), catalog, 'allow root'],
    ['catalog by an ordinary user', basic('alice'), catalog, 'forbidden catalog:*'],
    ['metrics', basic('reader'), metrics, 'allow reader'],
    ['metrics by another user', basic('root'), metrics, 'forbidden :get'],
    ['wrong password', basic('alice', 'wrong'), [], 'unauthenticated'],
    ['wrong password for a public repository', basic('alice', 'wrong'), want('public/a', 'pull'), 'unauthenticated'],
    ['unknown user', basic('nobody', 'x'), [], 'unauthenticated'],
    ['a colon in the password', basic('reader', 'r:e:a:d'), [], 'allow reader'],
    ['a user called anonymous', basic('anonymous'), want('public/app', 'pull'), 'allow anonymous'],
    ['no user', basic('', 'secret'), [], 'unauthenticated'],
    ['no password', basic('alice', ''), [], 'unauthenticated'],
    ['not base64', 'Basic %%%', [], 'unauthenticated'],
    ['another scheme', 'Negotiate abc', want('public/app', 'pull'), 'unauthenticated'],
  ])('%s', async (_, authorization, wanted, expected) => {
    for (const enabled of [true, false]) {
      const tokens = enabled ? ({ enabled, secret: Buffer.alloc(32) } as const) : ({ enabled } as const);
      expect(describeDecision(await makeAccess({ tokens }).authorize(authorization, wanted))).toBe(expected);
    }
  });

  it('says what is wrong', async () => {
    expect(await makeAccess().authorize(basic('alice', 'wrong'), [])).toEqual({
      outcome: 'unauthenticated',
      reason: 'invalid username or password',
    });
  });

  it('answers at once for a second, for right passwords only', async () => {
    const access = makeAccess();
    await access.authorize(basic('alice'), []);
    expect(access.authorize(basic('alice'), want('proja/app', 'push'))).toMatchObject({ outcome: 'allow' });
    expect(access.authorize(basic('alice'), want('x/y', 'push'))).toMatchObject({ outcome: 'forbidden' });
    expect(verified).toBe(1);
    now += 1000;
    await access.authorize(basic('alice'), []);
    expect(verified).toBe(2);
    await access.authorize(basic('alice', 'wrong'), []);
    await access.authorize(basic('alice', 'wrong'), []);
    expect(verified).toBe(4);
  });

  it('is unavailable when users cannot be looked up, and passes other errors on', async () => {
    failure = new AccessUnavailableError('busy');
    expect(await makeAccess().authorize(basic('alice'), [])).toEqual({ outcome: 'unavailable', reason: 'busy' });
    failure = new TypeError('defect');
    await expect(makeAccess().authorize(basic('alice'), [])).rejects.toBe(failure);
  });
});

describe('with a token', () => {
  const pullPush = 'repository:proja/app:pull,push';

  it.each<[string, string | undefined, string[], Access[], string]>([
    ['GET /v2/', 'alice', [], [], 'allow alice'],
    ['GET /v2/, anonymous', undefined, [], [], 'allow (anonymous)'],
    ['what it covers', 'alice', [pullPush], want('proja/app', 'pull', 'push'), 'allow alice'],
    ['another repository', 'alice', [pullPush], want('proja/b', 'pull'), 'unauthenticated insufficient_scope'],
    ['login only', 'alice', [], want('proja/app', 'pull'), 'unauthenticated insufficient_scope'],
    ['more than asked', 'root', [pullPush], want('proja/app', 'delete'), 'unauthenticated insufficient_scope'],
    ['more than allowed', 'reader', [pullPush], want('proja/app', 'pull', 'push'), 'forbidden proja/app:push'],
    ['nothing allowed', 'alice', ['repository:x/y:pull'], want('x/y', 'pull'), 'forbidden x/y:pull'],
    ['asked for nothing, allowed in part', 'reader', [], want('proja/a', 'pull', 'push'), 'forbidden proja/a:push'],
    ['star asked', 'root', ['repository:proja/app:*'], want('proja/app', 'delete'), 'allow root'],
    ['star asked, not allowed', 'alice', ['repository:proja/app:*'], want('proja/app', 'push'), 'allow alice'],
    ['catalog', 'root', ['registry:catalog:*'], catalog, 'allow root'],
    ['catalog by another', 'alice', ['registry:catalog:*'], catalog, 'forbidden catalog:*'],
    ['metrics', 'reader', ['metrics::get'], metrics, 'allow reader'],
    ['anonymous, public', undefined, ['repository:public/a:pull'], want('public/a', 'pull'), 'allow (anonymous)'],
    ['anonymous, public, not asked', undefined, [], want('public/a', 'pull'), 'unauthenticated insufficient_scope'],
    ['anonymous, private', undefined, [pullPush], want('proja/app', 'pull'), 'unauthenticated'],
    ['the user called anonymous', 'anonymous', [pullPush], want('proja/app', 'pull'), 'forbidden proja/app:pull'],
  ])('%s', async (_, user, scopes, wanted, expected) => {
    const access = makeAccess();
    const authorization = await bearer(access, user, ...scopes);
    const asked = verified;
    expect(describeDecision(await access.authorize(authorization, wanted))).toBe(expected);
    expect(describeDecision(access.authorize(authorization, wanted) as Decision)).toBe(expected);
    expect(verified).toBe(asked);
  });

  it.each([
    ['malformed', 'Bearer abc'],
    ['the word anonymous', 'Bearer anonymous'],
  ])('refuses one that is %s', async (_, authorization) => {
    const decision = await makeAccess().authorize(authorization, want('public/app', 'pull'));
    expect(describeDecision(decision)).toBe('unauthenticated invalid_token');
  });

  it('refuses one of another secret, of another service, and an expired one', async () => {
    const access = makeAccess();
    const authorization = await bearer(access, 'alice');
    const secret = Buffer.alloc(32, 1);
    for (const tokens of [
      { enabled: true, secret: Buffer.alloc(32, 2) } as const,
      { enabled: true, secret, service: 'other' } as const,
      { enabled: false } as const,
    ]) {
      const decision = await makeAccess({ tokens }).authorize(authorization, []);
      expect(describeDecision(decision)).toBe('unauthenticated invalid_token');
    }
    expect(describeDecision(await access.authorize(authorization, []))).toBe('allow alice');
    now += 305_000;
    expect(describeDecision(await access.authorize(authorization, []))).toBe('unauthenticated invalid_token');
  });

  it('works at a replica with the same secret', async () => {
    const authorization = await bearer(makeAccess(), 'alice', pullPush);
    const decision = await makeAccess().authorize(authorization, want('proja/app', 'push'));
    expect(describeDecision(decision)).toBe('allow alice');
  });
});

describe('without rules', () => {
  it.each([
    ['a user', basic('alice'), [...want('any/where', 'pull', 'push', 'delete'), ...catalog, ...metrics], 'allow alice'],
    ['nobody', undefined, want('any/where', 'pull'), 'unauthenticated'],
  ])('%s', async (_, authorization, wanted, expected) => {
    const access = makeAccess({ rules: undefined, catalogUsers: undefined, metricsUsers: undefined });
    expect(describeDecision(await access.authorize(authorization, wanted))).toBe(expected);
  });

  it('gives nothing where the list of rules is empty', async () => {
    const access = makeAccess({ rules: [], catalogUsers: undefined });
    const wanted = [...want('a/b', 'pull'), ...catalog];
    expect(describeDecision(await access.authorize(basic('alice'), wanted))).toBe('forbidden a/b:pull catalog:*');
  });
});

describe('challenges', () => {
  const plain: Decision = { outcome: 'unauthenticated', reason: 'because' };

  it('sends to the token endpoint', () => {
    const access = makeAccess();
    expect(access.challenges(origin, want('x/y', 'pull', 'push'), plain)).toEqual([
      `Bearer realm="${origin}/openshift/token",service="longshore",scope="repository:x/y:pull,push"`,
    ]);
    expect(access.challenges(origin, [], { ...plain, error: 'invalid_token' })).toEqual([
      `Bearer realm="${origin}/openshift/token",service="longshore",error="invalid_token"`,
    ]);
  });

  it('takes path and service from the options', () => {
    const tokens = { enabled: true, secret: Buffer.alloc(32), service: 'mine' } as const;
    expect(makeAccess({ tokens, realmPath: '/t' }).challenges(origin, [], plain)).toEqual([
      `Bearer realm="${origin}/t",service="mine"`,
    ]);
  });

  it('asks for Basic where there are no tokens', () => {
    const access = makeAccess({ tokens: { enabled: false }, realm: 'my registry' });
    expect(access.challenges(origin, want('x/y', 'pull'), plain)).toEqual([
      'Basic realm="my registry",charset="UTF-8"',
    ]);
    expect('issueToken' in access).toBe(false);
  });

  it('are sent with 401 only', () => {
    const subject = { name: 'alice', anonymous: false };
    expect(makeAccess().challenges(origin, [], { outcome: 'forbidden', subject, missing: [] })).toEqual([]);
    expect(makeAccess().challenges(origin, [], { outcome: 'unavailable', reason: 'busy' })).toEqual([]);
  });
});

describe('createStandaloneAccess', () => {
  it('refuses bad rules and a short secret', () => {
    expect(() => makeAccess({ rules: [{ repository: '**', actions: ['pull'] }] })).toThrow(RulesError);
    expect(() => makeAccess({ tokens: { enabled: true, secret: Buffer.alloc(31) } })).toThrow(RangeError);
  });
});
