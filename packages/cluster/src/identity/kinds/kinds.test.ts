import type { KubeObject } from '@longshore/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ACCESS_TOKENS,
  CLIENT_AUTHORIZATIONS,
  GROUPS,
  IDENTITIES,
  OAUTH_CLIENTS,
  USERS,
  type Identity,
  type User,
} from '../objects.js';
import { addHtpasswdUsers, login, openTestCluster, type TestCluster } from '../testing/test-cluster.js';

const USER_API = '/apis/user.openshift.io/v1';
const JSON_TYPE = { 'content-type': 'application/json' };

let cluster: TestCluster;
let token: string;
beforeAll(async () => {
  cluster = await openTestCluster();
  await addHtpasswdUsers(cluster.objects, { alice: 'geheim' });
  token = (await login(cluster, 'alice', 'geheim')) ?? '';
});
afterAll(() => cluster.close());

const object = (apiVersion: string, kind: string, name: string, fields: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name },
  ...fields,
});
const user = (name: string, fields: object = {}) => object('user.openshift.io/v1', 'User', name, fields);
const oauth = (kind: string, name: string, fields: object) => object('oauth.openshift.io/v1', kind, name, fields);
const ask = (method: string, path: string, body?: object) =>
  cluster.as(token, path, { method, headers: JSON_TYPE, ...(body && { body: JSON.stringify(body) }) });

describe('users/~', () => {
  it('is who asks, also where there is no object of it', async () => {
    const headers = { 'impersonate-user': 'system:serviceaccount:shop:robot', 'impersonate-uid': '7' };
    const { status, json } = await cluster.as(token, `${USER_API}/users/~`, { headers });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      kind: 'User',
      metadata: { name: 'system:serviceaccount:shop:robot', uid: '7' },
      groups: ['system:authenticated', 'system:serviceaccounts', 'system:serviceaccounts:shop'],
    });
    expect((await ask('GET', `${USER_API}/users/nobody`)).status).toBe(404);
    expect((await ask('GET', `${USER_API}/users/alice`)).json).toMatchObject({ identities: ['local:alice'] });
  });

  it('is shown as a table', async () => {
    const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const { json } = await cluster.as(token, `${USER_API}/users`, { headers });
    const rows = json['rows'] as { cells: unknown[] }[];
    const names = (json['columnDefinitions'] as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(['Name', 'UID', 'Full Name', 'Identities']);
    expect(rows[0]?.cells).toEqual(['alice', expect.any(String), '', 'local:alice']);
  });
});

const HASHED = `sha256~${'x'.repeat(43)}`;
const TOKEN = { clientName: 'c', userName: 'u', userUID: '1', scopes: ['user:full'] };

describe('validation', () => {
  it.each<[string, KubeObject, RegExp]>([
    [USERS, user('~'), /metadata.name: Invalid value: "~": may not equal "~"/],
    [USERS, user('a:b'), /may not contain ":"/],
    [USERS, user('a/b'), /may not contain '\/'/],
    [USERS, user('a', { identities: ['x'] }), /identities\[0\]: Invalid value: "x"/],
    [GROUPS, object('user.openshift.io/v1', 'Group', 'system:masters'), /may not contain ":"/],
    [
      IDENTITIES,
      object('user.openshift.io/v1', 'Identity', 'x:y', { providerName: 'x', providerUserName: 'z' }),
      /must be x:z/,
    ],
    [OAUTH_CLIENTS, oauth('OAuthClient', 'c', { redirectURIs: ['/x'] }), /redirectURIs\[0\]: Invalid value: "\/x"/],
    [OAUTH_CLIENTS, oauth('OAuthClient', 'c', { grantMethod: 'deny' }), /grantMethod: Unsupported value: "deny"/],
    [OAUTH_CLIENTS, oauth('OAuthClient', 'c', { accessTokenInactivityTimeoutSeconds: 600 }), /is not supported/],
    [
      OAUTH_CLIENTS,
      oauth('OAuthClient', 'c', { scopeRestrictions: [{ literals: ['user:info'] }] }),
      /scopeRestrictions\[0\].literals\[0\]: Unsupported value: "user:info"/,
    ],
    [
      OAUTH_CLIENTS,
      oauth('OAuthClient', 'c', { scopeRestrictions: [{ clusterRole: { roleNames: ['*'] } }] }),
      /clusterRole: Forbidden/,
    ],
    [ACCESS_TOKENS, oauth('OAuthAccessToken', 'plain', TOKEN), /must be sha256~ and the hash/],
    [ACCESS_TOKENS, oauth('OAuthAccessToken', HASHED, { ...TOKEN, userUID: '' }), /userUID: Required value/],
    [ACCESS_TOKENS, oauth('OAuthAccessToken', HASHED, { ...TOKEN, scopes: ['user:info'] }), /Unsupported value/],
    [ACCESS_TOKENS, oauth('OAuthAccessToken', HASHED, { ...TOKEN, expiresIn: -1 }), /greater than or equal to 0/],
    [CLIENT_AUTHORIZATIONS, oauth('OAuthClientAuthorization', 'x', TOKEN), /must be in the form/],
  ])('%s refuses %j', async (resource, invalid, message) => {
    const failed = cluster.objects.create(resource, invalid);
    await expect(failed).rejects.toThrow(expect.objectContaining({ reason: 'Invalid' }) as Error);
    await expect(failed).rejects.toThrow(message);
  });

  it('keeps tokens as they were given out', async () => {
    const created = await cluster.objects.create(ACCESS_TOKENS, oauth('OAuthAccessToken', HASHED, TOKEN));
    await expect(cluster.objects.update(ACCESS_TOKENS, { ...created, expiresIn: 0 })).rejects.toThrow(/immutable/);
    await expect(cluster.objects.update(ACCESS_TOKENS, { ...created, userName: 'root' })).rejects.toThrow(/immutable/);
    const labelled = { ...created, metadata: { ...created.metadata, labels: { a: 'b' } } };
    expect((await cluster.objects.update(ACCESS_TOKENS, labelled)).metadata.labels).toEqual({ a: 'b' });
  });
});

describe('user identity mappings', () => {
  const path = `${USER_API}/useridentitymappings`;
  const mapping = (identity: string, name: string) => ({
    apiVersion: 'user.openshift.io/v1',
    kind: 'UserIdentityMapping',
    metadata: { name: identity },
    identity: { name: identity },
    user: { name },
  });

  it('write both sides, and take them back', async () => {
    await cluster.objects.create(USERS, user('bob'));
    await cluster.objects.create(USERS, user('carol'));
    const fields = { providerName: 'ldap', providerUserName: 'b' };
    await cluster.objects.create(IDENTITIES, object('user.openshift.io/v1', 'Identity', 'ldap:b', fields));
    const sides = async () => {
      const [identity, bob, carol] = await Promise.all([
        cluster.objects.get<Identity>(IDENTITIES, '', 'ldap:b'),
        cluster.objects.get<User>(USERS, '', 'bob'),
        cluster.objects.get<User>(USERS, '', 'carol'),
      ]);
      return [identity?.user?.name, bob?.identities ?? [], carol?.identities ?? []];
    };
    expect((await ask('GET', `${path}/ldap:b`)).status).toBe(404);
    expect((await ask('POST', `${path}?dryRun=All`, mapping('ldap:b', 'bob'))).status).toBe(201);
    expect(await sides()).toEqual([undefined, [], []]);
    expect((await ask('POST', path, mapping('ldap:b', 'bob'))).status).toBe(201);
    expect(await sides()).toEqual(['bob', ['ldap:b'], []]);
    expect((await ask('POST', path, mapping('ldap:b', 'bob'))).status).toBe(409);
    expect((await ask('PUT', `${path}/ldap:b`, mapping('ldap:b', 'carol'))).status).toBe(200);
    expect(await sides()).toEqual(['carol', [], ['ldap:b']]);
    expect((await ask('GET', `${path}/ldap:b`)).json).toMatchObject({ user: { name: 'carol' } });
    expect((await ask('DELETE', `${path}/ldap:b`)).status).toBe(200);
    expect(await sides()).toEqual([undefined, [], []]);
  });

  it('need both', async () => {
    const { status, json } = await ask('POST', path, mapping('ldap:none', 'nobody'));
    expect(status).toBe(422);
    expect(json['message']).toMatch(/identity.name: Not found: "ldap:none".*user.name: Not found: "nobody"/);
  });
});
