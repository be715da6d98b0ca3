import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Access, Action, Subject } from './access.js';
import { createClusterAccess, rightsFor, type ClusterAccess, type ReviewedRight } from './cluster.js';
import { AccessUnavailableError } from './errors.js';

const users = new Map<string, Subject>([
  ['sha256~editor', { name: 'editor', anonymous: false, groups: ['system:authenticated'], uid: '1' }],
  ['sha256~viewer', { name: 'viewer', anonymous: false, groups: ['system:authenticated'] }],
  ['sha256~writer', { name: 'writer', anonymous: false, groups: [] }],
  ['jwt.of.builder', { name: 'system:serviceaccount:shop:builder', anonymous: false, groups: [] }],
]);
const verbs: Record<string, string[]> = {
  editor: ['get', 'update'],
  viewer: ['get'],
  writer: ['update'],
  'system:serviceaccount:shop:builder': ['get', 'update'],
  anonymous: [],
};

let now: number;
let reviewed: { tokens: number; access: ReviewedRight[] };
let failure: Error | undefined;
let publicNamespace: string | undefined;
let access: ClusterAccess;

beforeEach(() => {
  now = Date.UTC(2030, 0, 1);
  reviewed = { tokens: 0, access: [] };
  failure = undefined;
  publicNamespace = undefined;
  access = createClusterAccess({
    tokens: { enabled: true, secret: Buffer.alloc(32, 1) },
    now: () => now,
    reviews: {
      reviewToken: async (token) => {
        reviewed.tokens++;
        if (failure) throw failure;
        return users.get(token);
      },
      reviewAccess: async ({ name, anonymous }, right) => {
        reviewed.access.push(right);
        if (failure) throw failure;
        if (anonymous) return right.namespace === publicNamespace && right.verb === 'get';
        return (
          right.subresource === 'layers' && right.namespace === 'shop' && (verbs[name]?.includes(right.verb) ?? false)
        );
      },
    },
  });
});

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const want = (name: string, ...actions: Action[]): Access[] =>
  actions.map((action) => ({ type: 'repository', name, action }));

describe('Basic with a token of the cluster', () => {
  it.each<[string, string, Access[], string]>([
    ['any user name', 'whoever:sha256~viewer', want('shop/app', 'pull'), 'allow'],
    ['no user name', ':sha256~viewer', want('shop/app', 'pull'), 'allow'],
    ['a user with colons', 'kube:admin:sha256~editor', want('shop/app', 'pull', 'push'), 'allow'],
    ['a service account', 'system:serviceaccount:shop:builder:jwt.of.builder', want('shop/app', 'push'), 'allow'],
    ['cancelling, which takes no right to pull', 'x:sha256~writer', want('shop/app', 'push'), 'allow'],
    ['push by who may not pull', 'x:sha256~writer', want('shop/app', 'pull', 'push'), 'forbidden'],
    ['push by a viewer', 'x:sha256~viewer', want('shop/app', 'pull', 'push'), 'forbidden'],
    ['another namespace', 'x:sha256~editor', want('bank/app', 'pull'), 'forbidden'],
    ['delete without the cluster right', 'x:sha256~editor', want('shop/app', 'delete'), 'forbidden'],
    ['one component', 'x:sha256~editor', want('app', 'pull'), 'forbidden'],
    ['three components', 'x:sha256~editor', want('shop/app/part', 'pull'), 'forbidden'],
    ['a wrong token', 'x:sha256~nobody', want('shop/app', 'pull'), 'unauthenticated'],
    ['login only', 'x:sha256~viewer', [], 'allow'],
  ])('%s', async (_name, credentials, wanted, outcome) => {
    expect((await access.authorize(basic(credentials), wanted)).outcome).toBe(outcome);
  });
});

describe('anonymous', () => {
  const pullAsNobody = async (from: ClusterAccess, name: string) => {
    const answer = await from.issueToken?.({
      authorization: undefined,
      scopes: [`repository:${name}:pull`],
      service: undefined,
    });
    const { token } = answer?.body as { token: string };
    return (await from.authorize(`Bearer ${token}`, want(name, 'pull'))).outcome;
  };

  it.each([undefined, ''])('is challenged first, also where the namespace is public (%j)', async (authorization) => {
    publicNamespace = 'shop';
    const wanted = want('shop/app', 'pull');
    const decision = await access.authorize(authorization, wanted);
    expect(decision.outcome).toBe('unauthenticated');
    expect(access.challenges('http://registry', wanted, decision)).toEqual([
      'Bearer realm="http://registry/openshift/token",service="longshore",scope="repository:shop/app:pull"',
    ]);
    expect(reviewed.access).toEqual([]);
  });

  it('pulls by the token of nobody where the namespace is public, and nowhere else', async () => {
    publicNamespace = 'shop';
    expect(await pullAsNobody(access, 'shop/app')).toBe('allow');
    expect(await pullAsNobody(access, 'bank/app')).toBe('unauthenticated');
  });

  it('pulls without a token where none are issued', async () => {
    const basicOnly = createClusterAccess({
      tokens: { enabled: false },
      reviews: {
        reviewToken: () => Promise.resolve(undefined),
        reviewAccess: ({ anonymous }, { verb }) => Promise.resolve(anonymous && verb === 'get'),
      },
    });
    expect((await basicOnly.authorize(undefined, want('shop/app', 'pull'))).outcome).toBe('allow');
    expect((await basicOnly.authorize(undefined, want('shop/app', 'push'))).outcome).toBe('unauthenticated');
  });

  it('is who sends the token that OpenShift gives to anonymous clients', async () => {
    publicNamespace = 'shop';
    expect((await access.authorize('Bearer anonymous', want('shop/app', 'pull'))).outcome).toBe('allow');
    expect((await access.authorize('Bearer anonymous', want('bank/app', 'pull'))).outcome).toBe('unauthenticated');
    expect(reviewed.tokens).toBe(0);
  });
});

describe('scoped tokens', () => {
  const fetchToken = async (credentials: string | undefined, ...scopes: string[]) => {
    const authorization = credentials === undefined ? undefined : basic(credentials);
    const answer = await access.issueToken?.({ authorization, scopes, service: undefined });
    return answer?.status === 200 ? `Bearer ${(answer.body as { token: string }).token}` : answer?.status;
  };

  it('carry what was asked for and granted, without the password', async () => {
    const token = (await fetchToken('x:sha256~editor', 'repository:shop/app:pull,push')) as string;
    expect(token).not.toContain('sha256~');
    const asked = reviewed.access.length;
    expect(await access.authorize(token, want('shop/app', 'pull', 'push'))).toMatchObject({
      outcome: 'allow',
      subject: { name: 'editor', groups: ['system:authenticated'], uid: '1' },
    });
    expect(reviewed.access.length).toBe(asked);
  });

  it('are not enough for what was not asked for, and say whether another one would be', async () => {
    const editor = (await fetchToken('x:sha256~editor', 'repository:shop/app:pull')) as string;
    expect(await access.authorize(editor, want('shop/app', 'push'))).toMatchObject({ error: 'insufficient_scope' });
    const viewer = (await fetchToken('x:sha256~viewer', 'repository:shop/app:pull,push')) as string;
    expect(await access.authorize(viewer, want('shop/app', 'push'))).toMatchObject({ outcome: 'forbidden' });
  });

  it('are refused for a wrong token and end after five minutes', async () => {
    expect(await fetchToken('x:wrong', 'repository:shop/app:pull')).toBe(401);
    const token = (await fetchToken('x:sha256~viewer', 'repository:shop/app:pull')) as string;
    now += 6 * 60_000;
    expect(await access.authorize(token, want('shop/app', 'pull'))).toMatchObject({ error: 'invalid_token' });
  });

  it("give way to the cluster's own tokens as Bearer", async () => {
    expect((await access.authorize('Bearer jwt.of.builder', want('shop/app', 'push'))).outcome).toBe('allow');
    expect(await access.authorize('Bearer nobody', [])).toMatchObject({ error: 'invalid_token' });
  });
});

describe('what was answered', () => {
  it('is believed for ten seconds when it was yes, and for two when it was no', async () => {
    const pull = () => access.authorize(basic('x:sha256~viewer'), want('shop/app', 'pull'));
    const push = () => access.authorize(basic('x:sha256~viewer'), want('shop/app', 'push'));
    await Promise.all([pull(), pull(), pull()]);
    await pull();
    expect(reviewed).toMatchObject({ tokens: 1, access: [{ verb: 'get' }] });
    await push();
    now += 2000;
    await push();
    expect(reviewed.access.map(({ verb }) => verb)).toEqual(['get', 'update', 'update']);
    now += 8000;
    await pull();
    expect(reviewed.tokens).toBe(2);
  });

  it.each(['Basic', 'Bearer'])('is told at once for a while (%s)', async (scheme) => {
    const authorization = scheme === 'Basic' ? basic('x:sha256~editor') : 'Bearer sha256~editor';
    await access.authorize(authorization, want('shop/app', 'pull', 'push'));
    expect(access.authorize(authorization, want('shop/app', 'pull', 'push'))).toMatchObject({ outcome: 'allow' });
    expect(access.authorize(authorization, want('shop/app'))).toMatchObject({ outcome: 'allow' });
    expect(await access.authorize(authorization, want('bank/app', 'pull'))).toMatchObject({ outcome: 'forbidden' });
    expect(access.authorize(authorization, want('bank/app', 'pull'))).toMatchObject({ outcome: 'forbidden' });
    expect(reviewed.tokens).toBe(1);
  });

  it.each(['Basic', 'Bearer'])('is not believed for longer when it is asked for all the time (%s)', async (scheme) => {
    const authorization = scheme === 'Basic' ? basic('x:sha256~viewer') : 'Bearer sha256~viewer';
    const pull = async () => (await access.authorize(authorization, want('shop/app', 'pull'))).outcome;
    expect(await pull()).toBe('allow');
    const revoked = vi.spyOn(users, 'get').mockReturnValue(undefined);
    onTestFinished(() => revoked.mockRestore());
    for (let passed = 0; passed < 8900; passed += 100) {
      now += 100;
      expect(await pull()).toBe('allow');
    }
    now += 1100;
    expect(await pull()).toBe('unauthenticated');
  });

  it('is told apart by all that the cluster says of a subject', async () => {
    const subjects: Subject[] = [
      { name: 'viewer', anonymous: false },
      { name: 'viewer', anonymous: false, groups: ['a'] },
      { name: 'viewer', anonymous: false, extra: { scopes: ['user:info'] } },
      { name: 'viewer', anonymous: false, uid: '7' },
      { name: 'editor', anonymous: false },
    ];
    const [right] = rightsFor({ type: 'repository', name: 'shop/app' }, 'pull') as [ReviewedRight];
    for (const subject of subjects) await access.allows(subject, right);
    expect(reviewed.access).toHaveLength(5);
    for (const subject of subjects) expect(access.allows({ ...subject }, right)).toBe(true);
    for (const part of ['verb', 'resource', 'subresource', 'namespace', 'name'] as const) {
      await access.allows(subjects[0] as Subject, { ...right, [part]: 'other' });
    }
    expect(reviewed.access).toHaveLength(10);
  });

  it('is unavailable when the cluster is, and not remembered', async () => {
    failure = new AccessUnavailableError('the cluster does not answer');
    expect((await access.authorize(basic('x:sha256~viewer'), [])).outcome).toBe('unavailable');
    failure = undefined;
    expect((await access.authorize(basic('x:sha256~viewer'), [])).outcome).toBe('allow');
  });
});

describe('rightsFor', () => {
  const cluster = { namespace: '', name: '' };
  it.each<[string, Parameters<typeof rightsFor>, Partial<ReviewedRight>[]]>([
    ['catalog', [{ type: 'registry', name: 'catalog' }, '*'], [{ verb: 'list', resource: 'imagestreams', ...cluster }]],
    [
      'metrics',
      [{ type: 'metrics', name: '' }, 'get'],
      [{ verb: 'get', resource: 'registry', subresource: 'metrics', ...cluster }],
    ],
    ['delete', [{ type: 'repository', name: 'a/b' }, 'delete'], [{ verb: 'delete', resource: 'images', ...cluster }]],
    ['get of a repository', [{ type: 'repository', name: 'a/b' }, 'get'], []],
  ])('%s', (_name, asked, rights) => {
    expect(rightsFor(...asked)).toMatchObject(rights);
  });
});
