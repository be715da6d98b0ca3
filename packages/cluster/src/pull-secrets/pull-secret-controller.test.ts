import type { KubeObject } from '@longshore/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestCluster, type TestCluster } from '../identity/testing/test-cluster.js';
import type { Secret, ServiceAccount } from './pull-secret.js';
import { pullSecretController } from './pull-secret-controller.js';

const HOUR = 3_600_000;
const ACCOUNT = 'shop/robot';

let cluster: TestCluster;
let addresses: string[];

beforeEach(async () => {
  cluster = await openTestCluster();
  addresses = ['127.0.0.1:5000'];
  for (const name of ['robot', 'other']) {
    const metadata = { name, namespace: 'shop' };
    await cluster.objects.create('serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  }
});
afterEach(() => cluster.close());

const reconcile = (key: string) =>
  pullSecretController({
    issuer: cluster.identity.issuer,
    addresses: () => addresses,
    now: () => cluster.clock.now,
  }).reconcile(key, cluster.objects, new AbortController().signal);

const account = () => cluster.objects.get<ServiceAccount>('serviceaccounts', 'shop', 'robot');
const secrets = async () => (await cluster.objects.list<Secret>('secrets', 'shop')).items;

/** Tokens by host, of the only secret. */
async function tokens(): Promise<Record<string, string>> {
  const [secret] = await secrets();
  const text = Buffer.from(secret?.data?.['.dockercfg'] ?? '', 'base64').toString();
  const entries = Object.entries(JSON.parse(text) as Record<string, { auth: string }>);
  return Object.fromEntries(
    entries.map(([host, { auth }]) => [host, Buffer.from(auth, 'base64').toString().replace('<token>:', '')]),
  );
}

async function userOf(token: string): Promise<unknown> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
  const headers = { 'content-type': 'application/json' };
  const path = '/apis/authentication.k8s.io/v1/tokenreviews';
  const claims = { namespace: 'shop', serviceaccount: { name: 'other', uid: await uidOf('other') } };
  const { issuer } = cluster.identity;
  const asker = (await issuer.bound(claims, issuer.audiences, 3600)).token;
  const { json } = await cluster.as(asker, path, { method: 'POST', headers, body: JSON.stringify(review) });
  return (json['status'] as { user?: { username?: string } }).user?.username;
}

async function uidOf(name: string): Promise<string> {
  return (await cluster.objects.get('serviceaccounts', 'shop', name))?.metadata.uid ?? '';
}

describe('the controller of pull secrets', () => {
  it('gives a service account a secret whose token is its own', async () => {
    await reconcile(ACCOUNT);
    const [secret] = await secrets();
    const { name } = secret?.metadata ?? {};
    expect(secret).toMatchObject({ type: 'kubernetes.io/dockercfg' });
    expect(secret?.metadata.ownerReferences).toMatchObject([{ name: 'robot', uid: await uidOf('robot') }]);
    expect(await account()).toMatchObject({
      metadata: { annotations: { 'openshift.io/internal-registry-pull-secret-ref': name } },
      secrets: [{ name }],
      imagePullSecrets: [{ name }],
    });
    expect(await userOf((await tokens())['127.0.0.1:5000'] ?? '')).toBe('system:serviceaccount:shop:robot');
  });

  it('binds the token to the secret', async () => {
    await reconcile(ACCOUNT);
    const { '127.0.0.1:5000': token = '' } = await tokens();
    const [secret] = await secrets();
    await cluster.objects.delete('secrets', 'shop', secret?.metadata.name ?? '');
    expect(await userOf(token)).toBeUndefined();
    await reconcile(ACCOUNT);
    expect(await secrets()).toHaveLength(1);
    expect(await userOf((await tokens())['127.0.0.1:5000'] ?? '')).toBe('system:serviceaccount:shop:robot');
  });

  it('renews it when 40 % of its life is left, and writes nothing before', async () => {
    expect(await reconcile(ACCOUNT)).toEqual({ after: expect.closeTo(4.8 * HOUR, -4) as number });
    const first = await secrets();
    const { '127.0.0.1:5000': token = '' } = await tokens();
    cluster.clock.now += 4.7 * HOUR;
    expect(await reconcile(ACCOUNT)).toEqual({ after: expect.closeTo(0.1 * HOUR, -4) as number });
    expect(await secrets()).toEqual(first);
    cluster.clock.now += 0.11 * HOUR;
    await reconcile(ACCOUNT);
    const { '127.0.0.1:5000': renewed = '' } = await tokens();
    expect(renewed).not.toBe(token);
    expect(await userOf(renewed)).toBe('system:serviceaccount:shop:robot');
  });

  it('mends what was spoiled', async () => {
    await reconcile(ACCOUNT);
    const [secret] = await secrets();
    const data = { '.dockercfg': Buffer.from('{"a": 1}').toString('base64') };
    await cluster.objects.update('secrets', { ...(secret as Secret), data });
    await cluster.objects.update('serviceaccounts', { ...((await account()) as KubeObject), imagePullSecrets: [] });
    await reconcile(ACCOUNT);
    expect(Object.keys(await tokens())).toEqual(['127.0.0.1:5000']);
    expect((await account())?.imagePullSecrets).toEqual([{ name: secret?.metadata.name }]);
  });

  it('tells all of a new host, with the tokens that they have', async () => {
    await reconcile(ACCOUNT);
    const before = await tokens();
    await cluster.objects.createWithStatus('images.config.openshift.io', {
      apiVersion: 'config.openshift.io/v1',
      kind: 'Image',
      metadata: { name: 'cluster' },
      spec: {},
      status: { externalRegistryHostnames: ['registry.apps.example.com'] },
    });
    await reconcile('');
    expect(await secrets()).toHaveLength(2);
    const robots = (await secrets()).find(({ metadata }) => metadata.ownerReferences?.[0]?.name === 'robot');
    const text = Buffer.from(robots?.data?.['.dockercfg'] ?? '', 'base64').toString();
    const auth = Buffer.from(`<token>:${before['127.0.0.1:5000']}`).toString('base64');
    expect(JSON.parse(text)).toEqual({ '127.0.0.1:5000': { auth }, 'registry.apps.example.com': { auth } });
  });

  it('takes the secrets away with the registry', async () => {
    await reconcile('');
    expect(await secrets()).toHaveLength(2);
    addresses = [];
    await reconcile('');
    expect(await secrets()).toEqual([]);
    const left = await account();
    expect(left?.imagePullSecrets ?? []).toEqual([]);
    expect(left?.secrets ?? []).toEqual([]);
    expect(left?.metadata.annotations ?? {}).toEqual({});
  });

  it('leaves namespaces that end', async () => {
    const shop = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', finalizers: ['example.com/wait'] } };
    await cluster.objects.create('namespaces', shop);
    await cluster.objects.delete('namespaces', '', 'shop');
    expect(await reconcile(ACCOUNT)).toBeUndefined();
    expect(await secrets()).toEqual([]);
  });

  const mark = { 'openshift.io/internal-registry-auth-token.service-account': 'robot' };
  it.each<[string, string, KubeObject['metadata'], object, string[]]>([
    ['a service account', 'serviceaccounts', { name: 'robot', namespace: 'shop' }, {}, [ACCOUNT]],
    [
      'the account of its secret',
      'secrets',
      { name: 'x', namespace: 'shop', annotations: mark },
      { type: 'kubernetes.io/dockercfg' },
      [ACCOUNT],
    ],
    ['no other secret', 'secrets', { name: 'x', namespace: 'shop' }, { type: 'kubernetes.io/dockercfg' }, []],
    ['all for the registry', 'services', { name: 'image-registry', namespace: 'openshift-image-registry' }, {}, ['']],
    ['none for other services', 'services', { name: 'image-registry', namespace: 'shop' }, {}, []],
    ['all for the image configuration', 'images.config.openshift.io', { name: 'cluster' }, {}, ['']],
  ])('looks at %s', (_name, resource, metadata, more, keys) => {
    const { follows } = pullSecretController({ issuer: cluster.identity.issuer, addresses: () => [], now: Date.now });
    expect(follows[resource]?.({ apiVersion: 'v1', kind: 'Any', metadata, ...more })).toEqual(keys);
  });
});
