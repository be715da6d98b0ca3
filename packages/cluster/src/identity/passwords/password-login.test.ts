import { compareSync } from 'bcryptjs';
import { AccessUnavailableError, type ComparePassword } from '@longshore/registry';
import { hashPassword } from '@longshore/registry/htpasswd';
import { afterEach, describe, expect, it } from 'vitest';
import type { LoggedIn } from '../access-tokens/access-tokens.js';
import { createKubeadmin, removeKubeadmin } from '../kubeadmin.js';
import { IDENTITIES, OAUTH_CONFIGS, USERS, type Identity, type OAuthConfig, type User } from '../objects.js';
import { addHtpasswdUsers, openTestCluster, type TestCluster } from '../testing/test-cluster.js';
import { PasswordLogin } from './password-login.js';
import { UserMappingError } from './user-mapping.js';

const ADDRESS = '10.0.0.1';
let cluster: TestCluster;

afterEach(() => cluster.close());

async function start(users: Record<string, string>, provider: Record<string, unknown> = {}) {
  cluster = await openTestCluster();
  await addHtpasswdUsers(cluster.objects, users, provider);
  const costs: string[] = [];
  const errors: unknown[] = [];
  const compare: ComparePassword = async (password, hash) => {
    costs.push(hash.slice(0, 7));
    return compareSync(password, hash);
  };
  const options = { objects: cluster.objects, compare, now: () => cluster.clock.now };
  const passwords = new PasswordLogin({ ...options, onError: (error) => void errors.push(error) });
  const login = (user: string, password: string): Promise<LoggedIn | undefined> =>
    passwords.login(user, password, ADDRESS);
  return { login, costs, errors };
}

async function setHtpasswd(text: string): Promise<void> {
  const secret = await cluster.objects.get('secrets', 'openshift-config', 'htpass-secret');
  const data = { htpasswd: Buffer.from(text).toString('base64') };
  await cluster.objects.update('secrets', { ...(secret as NonNullable<typeof secret>), data });
}

const user = (name: string, fields: Partial<User> = {}): User => ({
  apiVersion: 'user.openshift.io/v1',
  kind: 'User',
  metadata: { name },
  ...fields,
});

describe('PasswordLogin', () => {
  it('makes user and identity at the first login, and finds them at the next', async () => {
    const { login } = await start({ alice: 'geheim' });
    const first = await login('alice', 'geheim');
    const found = await cluster.objects.get<User>(USERS, '', 'alice');
    expect(first).toEqual({ name: 'alice', uid: found?.metadata.uid });
    expect(found?.identities).toEqual(['local:alice']);
    const identity = await cluster.objects.get<Identity>(IDENTITIES, '', 'local:alice');
    expect(identity).toMatchObject({ providerName: 'local', providerUserName: 'alice', user: first });
    expect(await login('alice', 'geheim')).toEqual(first);
  });

  it('makes one user of two logins at once', async () => {
    const { login } = await start({ alice: 'geheim' });
    const [a, b] = await Promise.all([login('alice', 'geheim'), login('alice', 'geheim')]);
    expect(a).toEqual(b);
  });

  it.each([
    ['alice', 'wrong'],
    ['nobody', 'geheim'],
    ['alice', ''],
    ['', 'geheim'],
    ['alice:x', 'geheim'],
    ['alice', 'x'.repeat(2000)],
  ])('refuses %j with %.20j', async (name, password) => {
    const { login } = await start({ alice: 'geheim' });
    expect(await login(name, password)).toBeUndefined();
    expect((await cluster.objects.list(USERS)).items).toEqual([]);
  });

  it('does the same work for users that there are and that there are not', async () => {
    const { login, costs } = await start({ alice: 'geheim', bob: 'secret' });
    const work = async (name: string) => {
      costs.splice(0);
      await login(name, 'wrong');
      return [...costs];
    };
    const known = await work('alice');
    expect(known).toEqual(['$2b$04$']);
    expect(await work('nobody')).toEqual(known);
    await setHtpasswd('');
    expect(await work('nobody')).toHaveLength(1);
    expect(await work('kubeadmin')).toHaveLength(1);
    await cluster.objects.delete(OAUTH_CONFIGS, '', 'cluster');
    expect(await work('nobody')).toHaveLength(1);
  });

  it('leaves the name of the first administrator to others when there is none any more', async () => {
    const { login } = await start({ kubeadmin: 'geheim' });
    const password = (await createKubeadmin(cluster.objects)) ?? '';
    expect(await login('kubeadmin', 'geheim')).toBeUndefined();
    expect(await login('kubeadmin', password)).toMatchObject({ name: 'kube:admin' });
    await removeKubeadmin(cluster.objects);
    expect(await login('kubeadmin', password)).toBeUndefined();
    expect(await login('kubeadmin', 'geheim')).toMatchObject({ name: 'kubeadmin' });
  });

  it('notices a changed Secret at once; keeps the users that it had while it is malformed', async () => {
    const { login, errors } = await start({ alice: 'geheim' });
    expect(await login('alice', 'geheim')).toBeDefined();
    await setHtpasswd(`alice:${await hashPassword('changed', 4)}\n`);
    expect(await login('alice', 'geheim')).toBeUndefined();
    expect(await login('alice', 'changed')).toBeDefined();
    for (const line of ['bob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=', 'bob:plain', 'bob:$apr1$x$y']) {
      await setHtpasswd(`${line}\n`);
      expect(await login('alice', 'changed')).toBeDefined();
      expect(await login('bob', 'secret')).toBeUndefined();
      expect(await login('bob', 'plain')).toBeUndefined();
    }
    expect(errors).toHaveLength(3);
    expect(String(errors[0])).toMatch(/openshift-config\/htpass-secret/);
    await cluster.objects.delete('secrets', 'openshift-config', 'htpass-secret');
    expect(await login('alice', 'changed')).toBeUndefined();
  });

  it('limits wrong passwords, and not right ones', async () => {
    const { login } = await start({ alice: 'geheim' });
    for (let index = 0; index < 20; index++) expect(await login('alice', 'geheim')).toBeDefined();
    for (let index = 0; index < 10; index++) expect(await login('alice', 'wrong')).toBeUndefined();
    await expect(login('alice', 'geheim')).rejects.toThrow(/too many failed logins; try again in 6 seconds/);
    cluster.clock.now += 6000;
    expect(await login('alice', 'geheim')).toBeDefined();
  });
});

it('says when too many passwords wait to be checked, and counts no attempt', async () => {
  cluster = await openTestCluster();
  const compare = () => Promise.reject(new AccessUnavailableError('too many passwords wait to be checked'));
  const options = { objects: cluster.objects, compare, now: () => cluster.clock.now, onError: () => undefined };
  const passwords = new PasswordLogin(options);
  for (let index = 0; index < 20; index++) {
    await expect(passwords.login('alice', 'geheim', ADDRESS)).rejects.toMatchObject({ httpStatus: 503 });
  }
});

describe('mappingMethod', () => {
  it('claim takes no user that is not its own', async () => {
    const { login } = await start({ alice: 'geheim' });
    await cluster.objects.create(USERS, user('alice'));
    await expect(login('alice', 'geheim')).rejects.toThrow(UserMappingError);
  });

  it('add takes one that is there', async () => {
    const { login } = await start({ alice: 'geheim' }, { mappingMethod: 'add' });
    const there = await cluster.objects.create(USERS, user('alice', { identities: ['ldap:alice'] }));
    expect(await login('alice', 'geheim')).toEqual({ name: 'alice', uid: there.metadata.uid });
    const found = await cluster.objects.get<User>(USERS, '', 'alice');
    expect(found?.identities).toEqual(['ldap:alice', 'local:alice']);
  });

  it('lookup takes only what is mapped', async () => {
    const { login } = await start({ alice: 'geheim' }, { mappingMethod: 'lookup' });
    await expect(login('alice', 'geheim')).rejects.toThrow(UserMappingError);
    const { uid = '' } = (await cluster.objects.create(USERS, user('boss', { identities: ['local:alice'] }))).metadata;
    await cluster.objects.create<Identity>(IDENTITIES, {
      apiVersion: 'user.openshift.io/v1',
      kind: 'Identity',
      metadata: { name: 'local:alice' },
      providerName: 'local',
      providerUserName: 'alice',
      user: { name: 'boss', uid },
    });
    expect(await login('alice', 'geheim')).toEqual({ name: 'boss', uid });
  });

  it('lets nobody in whose user was deleted and made anew', async () => {
    const { login } = await start({ alice: 'geheim' });
    await login('alice', 'geheim');
    await cluster.objects.delete(USERS, '', 'alice');
    await cluster.objects.create(USERS, user('alice'));
    await expect(login('alice', 'geheim')).rejects.toThrow(/delete the identity/);
  });

  it('says when a name cannot be that of a user', async () => {
    const { login } = await start({ 'a/b': 'geheim' });
    await expect(login('a/b', 'geheim')).rejects.toThrow('no valid name of a user');
  });
});

describe('oauths.config.openshift.io', () => {
  it.each([
    [
      { identityProviders: [{ name: 'x', type: 'LDAP' }] },
      /spec.identityProviders\[0\].type: Unsupported value: "LDAP"/,
    ],
    [{ identityProviders: [{ name: 'x', type: 'HTPasswd' }] }, /htpasswd: Required value/],
    [{ identityProviders: [{ name: 'a:b', type: 'HTPasswd', htpasswd: { fileData: { name: 's' } } }] }, /Forbidden/],
    [
      { tokenConfig: { accessTokenInactivityTimeout: '5m' } },
      /accessTokenInactivityTimeout: Forbidden: is not supported/,
    ],
    [{ templates: {} }, /spec.templates: Forbidden/],
  ])('refuses %j', async (spec, message) => {
    await start({});
    const config = await cluster.objects.get<OAuthConfig>(OAUTH_CONFIGS, '', 'cluster');
    const changed = { ...config, spec } as OAuthConfig;
    await expect(cluster.objects.update<OAuthConfig>(OAUTH_CONFIGS, changed)).rejects.toThrow(message);
  });
});
