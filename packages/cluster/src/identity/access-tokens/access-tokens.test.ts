import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashPassword } from '@longshore/registry/htpasswd';
import { runController } from '@longshore/apiserver';
import { createKubeadmin } from '../kubeadmin.js';
import { ACCESS_TOKENS, GROUPS, OAUTH_CLIENTS, USERS, type Group, type User } from '../objects.js';
import { addHtpasswdUsers, login, openTestCluster, type TestCluster } from '../testing/test-cluster.js';
import { generateToken, isToken, tokenName } from './token-name.js';

const ME = '/apis/user.openshift.io/v1/users/~';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await openTestCluster();
  await addHtpasswdUsers(cluster.objects, { alice: 'geheim', bob: 'secret' });
});
afterAll(() => cluster.close());

const loginAs = async (user: string, password: string) => (await login(cluster, user, password)) ?? '';

describe('token names', () => {
  it('are hashes of what follows the prefix', () => {
    const token = generateToken();
    expect(isToken(token)).toBe(true);
    expect(generateToken()).not.toBe(token);
    expect(tokenName('sha256~abc')).toBe('sha256~ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
    expect(isToken(tokenName(token))).toBe(true);
    expect(tokenName(token)).not.toContain(token.slice(7));
  });

  it.each(['', 'sha256~', 'sha256~short', `sha512~${'a'.repeat(43)}`, `sha256~${'a'.repeat(42)}/`])(
    '%j is none',
    (text) => expect(isToken(text)).toBe(false),
  );
});

describe('access tokens', () => {
  it('tell who the user is', async () => {
    const token = await loginAs('alice', 'geheim');
    const { json } = await cluster.as(token, ME);
    expect(json).toMatchObject({ kind: 'User', metadata: { name: 'alice' }, identities: ['local:alice'] });
    expect(json['groups']).toEqual(['system:authenticated', 'system:authenticated:oauth']);
    const object = await cluster.objects.get(ACCESS_TOKENS, '', tokenName(token));
    expect(object).toMatchObject({ userName: 'alice', scopes: ['user:full'], expiresIn: 86400 });
    expect(JSON.stringify(object)).not.toContain(token.slice(7));
  });

  it('end at once when their object is deleted', async () => {
    const token = await loginAs('alice', 'geheim');
    expect((await cluster.as(token, ME)).status).toBe(200);
    await cluster.objects.delete(ACCESS_TOKENS, '', tokenName(token));
    const { status, json } = await cluster.as(token, ME);
    expect([status, json['message']]).toEqual([401, 'Unauthorized']);
  });

  it('can be ended by their owner, who sees no others', async () => {
    const [alice, bob] = [await loginAs('alice', 'geheim'), await loginAs('bob', 'secret')];
    const path = '/apis/oauth.openshift.io/v1/useroauthaccesstokens';
    const { json } = await cluster.as(bob, path);
    const items = json['items'] as { kind: string; userName: string }[];
    expect(new Set(items.map(({ kind, userName }) => `${kind} ${userName}`))).toEqual(
      new Set(['UserOAuthAccessToken bob']),
    );
    const ofAlice = `${path}/${tokenName(alice)}`;
    expect((await cluster.as(bob, ofAlice)).status).toBe(404);
    expect((await cluster.as(bob, ofAlice, { method: 'DELETE' })).status).toBe(404);
    expect((await cluster.as(alice, `${ofAlice}?dryRun=All`, { method: 'DELETE' })).status).toBe(200);
    expect((await cluster.as(alice, ME)).status).toBe(200);
    expect((await cluster.as(alice, ofAlice, { method: 'DELETE' })).status).toBe(200);
    expect((await cluster.as(alice, ME)).status).toBe(401);
  });

  it('are watched by their user, who is told how far the watch has come', async () => {
    const [alice, bob] = [await loginAs('alice', 'geheim'), await loginAs('bob', 'secret')];
    const { resourceVersion } = await cluster.objects.list(ACCESS_TOKENS);
    const query = `?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1`;
    const { text } = await cluster.as(bob, `/apis/oauth.openshift.io/v1/useroauthaccesstokens${query}`);
    type Event = { type: string; object: { kind: string; metadata: { name?: string; resourceVersion?: string } } };
    const events = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
    const names = events.filter(({ type }) => type === 'ADDED').map(({ object }) => object.metadata.name);
    expect(names).toContain(tokenName(bob));
    expect(names).not.toContain(tokenName(alice));
    // One behind the state at the beginning, one at the end.
    expect(events.slice(-2).map(({ type, object }) => [type, object.kind, object.metadata.resourceVersion])).toEqual([
      ['BOOKMARK', 'UserOAuthAccessToken', resourceVersion],
      ['BOOKMARK', 'UserOAuthAccessToken', resourceVersion],
    ]);
  });

  it('end when their time is over, and are deleted then', async () => {
    const token = await loginAs('alice', 'geheim');
    const day = 24 * 60 * 60_000;
    cluster.clock.now += day - 2000;
    expect((await cluster.as(token, ME)).status).toBe(200);
    cluster.clock.now += 2000;
    expect((await cluster.as(token, ME)).status).toBe(401);
    const abort = new AbortController();
    const { controllers } = cluster.identity;
    const controller = controllers.find(({ name }) => name === 'expired-tokens');
    const { resourceVersion } = await cluster.objects.list(ACCESS_TOKENS);
    const errors: unknown[] = [];
    const options = { objects: cluster.objects, signal: abort.signal, onError: (error: unknown) => errors.push(error) };
    const running = runController(controller as NonNullable<typeof controller>, options);
    for await (const { type, object } of cluster.objects.watch(ACCESS_TOKENS, resourceVersion, abort.signal)) {
      if (type === 'DELETED' && object.metadata.name === tokenName(token)) break;
    }
    abort.abort();
    await running;
    expect(errors).toEqual([]);
    expect(await cluster.objects.get(ACCESS_TOKENS, '', tokenName(token))).toBeUndefined();
  });

  it('end with their user, and do not come back with another one of that name', async () => {
    const token = await loginAs('bob', 'secret');
    const user = (await cluster.objects.get<User>(USERS, '', 'bob')) as User;
    await cluster.objects.delete(USERS, '', 'bob');
    expect((await cluster.as(token, ME)).status).toBe(401);
    const { uid: _, resourceVersion: __, ...metadata } = user.metadata;
    await cluster.objects.create(USERS, { ...user, metadata });
    expect((await cluster.as(token, ME)).status).toBe(401);
  });

  it('end with their client', async () => {
    const token = await loginAs('alice', 'geheim');
    await cluster.objects.delete(OAUTH_CLIENTS, '', 'openshift-challenging-client');
    expect((await cluster.as(token, ME)).status).toBe(401);
    await cluster.identity.start();
    expect((await cluster.as(token, ME)).status).toBe(200);
  });

  it.each(['sha256~', `sha256~${'x'.repeat(43)}`, 'rubbish', 'a.b.c'])('%s is nobody', async (token) => {
    expect((await cluster.as(token, ME)).status).toBe(401);
  });

  it('are no use by the name of their object', async () => {
    expect((await cluster.as(tokenName(await loginAs('alice', 'geheim')), ME)).status).toBe(401);
  });

  it('give the groups of Group objects as they are now', async () => {
    const token = await loginAs('alice', 'geheim');
    const groupsOf = async () => (await cluster.as(token, ME)).json['groups'];
    const fresh: Group = {
      apiVersion: 'user.openshift.io/v1',
      kind: 'Group',
      metadata: { name: 'devs' },
      users: ['alice', 'carol'],
    };
    const group = await cluster.objects.create<Group>(GROUPS, fresh);
    expect(await groupsOf()).toContain('devs');
    const changed = await cluster.objects.update<Group>(GROUPS, { ...group, users: ['carol'] });
    expect(await groupsOf()).not.toContain('devs');
    await cluster.objects.update<Group>(GROUPS, { ...changed, users: ['alice'] });
    expect(await groupsOf()).toContain('devs');
    await cluster.objects.delete(GROUPS, '', 'devs');
    expect(await groupsOf()).not.toContain('devs');
  });
});

describe('kubeadmin', () => {
  it('logs in with the password that was shown once, until its Secret is gone or changes', async () => {
    const password = (await createKubeadmin(cluster.objects)) ?? '';
    expect(password).toMatch(/^([a-km-zA-NP-Z2-9]{5}-){3}[a-km-zA-NP-Z2-9]{5}$/);
    expect(await createKubeadmin(cluster.objects)).toBeUndefined();
    const secret = await cluster.objects.get('secrets', 'kube-system', 'kubeadmin');
    expect(JSON.stringify(secret)).not.toContain(Buffer.from(password).toString('base64'));
    const token = await loginAs('kubeadmin', password);
    expect((await cluster.as(token, ME)).json).toMatchObject({
      metadata: { name: 'kube:admin' },
      groups: ['system:authenticated', 'system:authenticated:oauth', 'system:cluster-admins'],
    });
    expect(await login(cluster, 'kubeadmin', 'wrong')).toBeUndefined();

    const data = { kubeadmin: Buffer.from(await hashPassword('other', 4)).toString('base64') };
    await cluster.objects.update('secrets', { ...(secret as NonNullable<typeof secret>), data });
    expect((await cluster.as(token, ME)).status).toBe(401);
    const second = await loginAs('kubeadmin', 'other');
    expect((await cluster.as(second, ME)).status).toBe(200);
    await cluster.objects.delete('secrets', 'kube-system', 'kubeadmin');
    expect((await cluster.as(second, ME)).status).toBe(401);
    expect(await login(cluster, 'kubeadmin', 'other')).toBeUndefined();
  });
});
