import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeObject } from '@longshore/kube';
import { createLocalJWKSet, decodeJwt, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runController } from '@longshore/apiserver';
import { openTestCluster, type TestCluster } from '../testing/test-cluster.js';
import { openSigningKey, signingKey } from './signing-key.js';
import { TokenIssuer } from './token-issuer.js';

const REVIEW = '/apis/authentication.k8s.io/v1/tokenreviews';
const ISSUER = 'https://kubernetes.default.svc';

let cluster: TestCluster;
/** Of the service account `robot`, for everything that needs one. */
let robot: string;
let count = 0;

beforeAll(async () => {
  cluster = await openTestCluster();
  await createAccount('robot');
  const issuer = new TokenIssuer({ key: await key(), issuer: ISSUER, now: () => cluster.clock.now });
  const { uid = '' } = (await cluster.objects.get('serviceaccounts', 'shop', 'robot'))?.metadata ?? {};
  const claims = { namespace: 'shop', serviceaccount: { name: 'robot', uid } };
  robot = (await issuer.bound(claims, [ISSUER], 3600)).token;
});
afterAll(() => cluster.close());

const key = () => openSigningKey(join(cluster.dir, 'service-account.key'));

function createAccount(name: string): Promise<KubeObject> {
  const metadata = { name, namespace: 'shop' };
  return cluster.objects.create('serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
}

function createSecret(name: string, more: object = {}): Promise<KubeObject> {
  const metadata = { name, namespace: 'shop', ...more };
  return cluster.objects.create('secrets', { apiVersion: 'v1', kind: 'Secret', metadata });
}

function createPod(name: string, account: string): Promise<KubeObject> {
  return cluster.objects.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop' },
    spec: { serviceAccountName: account, containers: [{ name: 'main', image: 'app' }] },
  });
}

async function request(account: string, spec?: object | null) {
  const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec });
  const path = `/api/v1/namespaces/shop/serviceaccounts/${account}/token`;
  return cluster.as(robot, path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

async function tokenFor(account: string, spec: object = {}): Promise<string> {
  const { json, text, status } = await request(account, spec);
  expect(status, text).toBe(201);
  return (json['status'] as { token: string }).token;
}

async function review(token: string, audiences: string[] = []) {
  const body = JSON.stringify({
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token, audiences },
  });
  const options = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  return (await cluster.as(robot, REVIEW, options)).json['status'] as Record<string, unknown>;
}

const isValid = async (token: string) => (await cluster.as(token, '/api/v1/namespaces/shop/secrets')).status === 200;

describe('TokenRequest', () => {
  it('gives a token that names the account, for an hour and the API server', async () => {
    const { json } = await request('robot', {});
    const { token, expirationTimestamp } = json['status'] as { token: string; expirationTimestamp: string };
    expect(Date.parse(expirationTimestamp) / 1000).toBe(Math.floor(cluster.clock.now / 1000) + 3600);
    expect(json['spec']).toMatchObject({ audiences: [ISSUER], expirationSeconds: 3600 });
    expect(decodeJwt(token)).toMatchObject({
      iss: ISSUER,
      aud: [ISSUER],
      sub: 'system:serviceaccount:shop:robot',
      'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'robot' } },
    });
    expect(await review(token)).toMatchObject({
      authenticated: true,
      audiences: [ISSUER],
      user: {
        username: 'system:serviceaccount:shop:robot',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=/)] },
      },
    });
  });

  it.each([undefined, null])('asks for a usual token with the spec %s', async (spec) => {
    const { status, json } = await request('robot', spec);
    expect([status, json['spec']]).toMatchObject([201, { expirationSeconds: 3600 }]);
  });

  it('says in a dry run what would be, without a token', async () => {
    const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} });
    const path = '/api/v1/namespaces/shop/serviceaccounts/robot/token?dryRun=All';
    const options = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    const { status, json } = await cluster.as(robot, path, options);
    expect([status, (json['status'] as { token: string }).token]).toEqual([201, '']);
  });

  it.each([
    [{ expirationSeconds: 599 }, 422, /may not specify a duration less than 10 minutes/],
    [{ expirationSeconds: 2 ** 32 + 1 }, 422, /may not specify a duration larger than 2\^32 seconds/],
    [{ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'none' } }, 404, /pods "none" not found/],
    [{ boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 'none' } }, 404, /secrets "none" not found/],
    [
      { boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'x' } },
      400,
      /cannot bind token to object of type/,
    ],
  ])('refuses %j', async (spec, expected, message) => {
    const { status, json } = await request('robot', spec);
    expect(status).toBe(expected);
    expect(json['message']).toMatch(message);
  });

  it('refuses an account that is not there, and one that the body does not mean', async () => {
    expect((await request('nobody', {})).json['message']).toBe('serviceaccounts "nobody" not found');
  });

  it('binds to pods of that account only, and to the object that was meant', async () => {
    await createAccount('other');
    const pod = await createPod('web', 'robot');
    const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'web' };
    expect((await request('other', { boundObjectRef })).json['message']).toMatch(/different serviceaccount name/);
    const wrong = await request('robot', { boundObjectRef: { ...boundObjectRef, uid: 'other' } });
    expect([wrong.status, wrong.json['reason']]).toEqual([409, 'Conflict']);
    const token = await tokenFor('robot', { boundObjectRef: { ...boundObjectRef, uid: pod.metadata.uid } });
    expect(await review(token)).toMatchObject({
      user: { extra: { 'authentication.kubernetes.io/pod-name': ['web'] } },
    });
  });
});

describe('a bound token', () => {
  it('ends when its time is over, also once its signature is known', async () => {
    const token = await tokenFor('robot', { expirationSeconds: 600 });
    expect(await isValid(token)).toBe(true);
    const { now } = cluster.clock;
    cluster.clock.now += 600_000;
    expect(await isValid(token)).toBe(false);
    expect(await review(token)).toMatchObject({ user: {}, error: expect.any(String) as string });
    cluster.clock.now = now;
  });

  it('ends with its service account, and stays ended under another one of that name', async () => {
    const name = `account-${++count}`;
    await createAccount(name);
    const token = await tokenFor(name);
    expect(await isValid(token)).toBe(true);
    await cluster.objects.delete('serviceaccounts', 'shop', name);
    expect(await isValid(token)).toBe(false);
    await createAccount(name);
    expect(await isValid(token)).toBe(false);
  });

  it.each(['Pod', 'Secret', 'Node'])('ends with its %s', async (kind) => {
    const name = `bound-${++count}`;
    const resource = `${kind.toLowerCase()}s`;
    const namespace = kind === 'Node' ? '' : 'shop';
    if (kind === 'Pod') await createPod(name, 'robot');
    else if (kind === 'Secret') await createSecret(name);
    else await cluster.objects.create('nodes', { apiVersion: 'v1', kind, metadata: { name } });
    const token = await tokenFor('robot', { boundObjectRef: { kind, apiVersion: 'v1', name } });
    expect(await isValid(token)).toBe(true);
    await cluster.objects.delete(resource, namespace, name);
    // A pod without a node goes at once; one with a grace period holds its tokens a little longer.
    cluster.clock.now += 120_000;
    expect(await isValid(token)).toBe(false);
  });

  it('ends a minute after what it is bound to was marked for deletion', async () => {
    const name = `held-${++count}`;
    await createSecret(name, { finalizers: ['example.com/held'] });
    const token = await tokenFor('robot', { boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name } });
    await cluster.objects.delete('secrets', 'shop', name);
    expect(await isValid(token)).toBe(true);
    cluster.clock.now += 62_000;
    expect(await isValid(token)).toBe(false);
  });

  it('is good for its audiences only', async () => {
    const token = await tokenFor('robot', { audiences: ['vault', 'mesh'] });
    expect(await isValid(token)).toBe(false);
    expect(await review(token)).toMatchObject({ user: {} });
    expect(await review(token, ['mesh', 'other'])).toMatchObject({ authenticated: true, audiences: ['mesh'] });
    expect(await review(await tokenFor('robot'), ['mesh'])).toMatchObject({ user: {} });
  });
});

describe('a forged token', () => {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const swap = (token: string, header: object, payload?: object) => {
    const [, body = '', signature = ''] = token.split('.');
    return `${encode(header)}.${payload === undefined ? body : encode(payload)}.${signature}`;
  };

  it('without a signature is refused', async () => {
    const [, payload = ''] = robot.split('.');
    for (const alg of ['none', 'None', 'NONE']) {
      expect(await isValid(`${encode({ alg })}.${payload}.`)).toBe(false);
      expect(await isValid(swap(robot, { alg }))).toBe(false);
    }
  });

  it('signed with the public key as a shared secret is refused', async () => {
    const { publicKey } = await key();
    const [, payload = ''] = robot.split('.');
    const text = `${encode({ alg: 'HS256' })}.${payload}`;
    for (const secret of [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
    ]) {
      expect(await isValid(`${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`)).toBe(false);
    }
  });

  it('signed with another key, or one that it brings along, is refused', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
    const [, payload = ''] = robot.split('.');
    for (const header of [{ alg: 'ES256' }, { alg: 'ES256', jwk }, { alg: 'ES256', kid: (await key()).id }]) {
      const text = `${encode(header)}.${payload}`;
      const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      expect(await isValid(`${text}.${signature.toString('base64url')}`)).toBe(false);
    }
  });

  it('with other claims is refused', async () => {
    const claims = { ...decodeJwt(robot), sub: 'system:serviceaccount:kube-system:admin' };
    expect(await isValid(swap(robot, { alg: 'ES256' }, claims))).toBe(false);
    expect(await isValid(`${robot}x`)).toBe(false);
    expect(await isValid(robot)).toBe(true);
  });

  it('that is signed by us but says something else than its subject is refused', async () => {
    const issuer = new TokenIssuer({ key: await key(), issuer: ISSUER, now: () => cluster.clock.now });
    const token = await issuer.bound({ namespace: 'shop', serviceaccount: { name: 'robot', uid: '' } }, [ISSUER], 600);
    expect(await isValid(token.token)).toBe(false);
  });
});

describe('Secrets with tokens', () => {
  const TYPE = 'kubernetes.io/service-account-token';
  type Secret = KubeObject & { data?: Record<string, string> };

  /** The Secret once the controller has filled it; undefined when it has removed it. */
  async function fill(name: string, account: string): Promise<Secret | undefined> {
    const abort = new AbortController();
    const controller = cluster.identity.controllers.find(({ name }) => name === 'token-secrets');
    const errors: unknown[] = [];
    const options = { objects: cluster.objects, signal: abort.signal, onError: (error: unknown) => errors.push(error) };
    const { resourceVersion } = await cluster.objects.list('secrets');
    const metadata = { name, namespace: 'shop', annotations: { 'kubernetes.io/service-account.name': account } };
    await cluster.objects.create('secrets', { apiVersion: 'v1', kind: 'Secret', type: TYPE, metadata });
    const running = runController(controller as NonNullable<typeof controller>, options);
    let filled: Secret | undefined;
    for await (const event of cluster.objects.watch<Secret>('secrets', resourceVersion, abort.signal)) {
      if (event.object.metadata.name !== name || event.type === 'ADDED') continue;
      if (event.type === 'MODIFIED') filled = event.object;
      break;
    }
    abort.abort();
    await running;
    expect(errors).toEqual([]);
    return filled;
  }

  it('are filled; the token ends with its Secret', async () => {
    const secret = await fill('robot-token', 'robot');
    const data = secret?.data ?? {};
    expect(Object.keys(data).sort()).toEqual(['ca.crt', 'namespace', 'token']);
    expect(Buffer.from(data['namespace'] ?? '', 'base64').toString()).toBe('shop');
    expect(Buffer.from(data['ca.crt'] ?? '', 'base64').toString()).toBe(cluster.certificates.authority);
    const token = Buffer.from(data['token'] ?? '', 'base64').toString();
    expect(await review(token)).toMatchObject({ user: { username: 'system:serviceaccount:shop:robot' } });
    expect(await isValid(token)).toBe(true);
    await cluster.objects.delete('secrets', 'shop', 'robot-token');
    expect(await isValid(token)).toBe(false);
    const again = await fill('robot-token', 'robot');
    expect(again?.data?.['token']).not.toBe(data['token']);
    expect(await isValid(token)).toBe(false);
  });

  it('are removed when their account is not there', async () => {
    expect(await fill('orphan-token', 'nobody-there')).toBeUndefined();
    expect(await cluster.objects.get('secrets', 'shop', 'orphan-token')).toBeUndefined();
  });
});

describe('the key', () => {
  it('is made once, in a private file', async () => {
    const path = join(cluster.dir, 'service-account.key');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const before = await readFile(path, 'utf8');
    expect((await openSigningKey(path)).algorithm).toBe('ES256');
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  it('may be RSA, but nothing else', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    expect(signingKey(rsa).algorithm).toBe('RS256');
    expect(() => signingKey(generateKeyPairSync('ed25519').privateKey)).toThrow(TypeError);
  });

  it('is published, so that others can check tokens', async () => {
    const { json } = await cluster.as(robot, '/.well-known/openid-configuration');
    expect(json).toMatchObject({ issuer: ISSUER, jwks_uri: `${cluster.url}/openid/v1/jwks` });
    const jwks = await cluster.as(robot, '/openid/v1/jwks');
    expect(jwks.headers['content-type']).toBe('application/jwk-set+json');
    expect(jwks.text).not.toMatch(/"d":/);
    const keys = createLocalJWKSet(JSON.parse(jwks.text) as JSONWebKeySet);
    const { payload } = await jwtVerify(await tokenFor('robot', { audiences: ['vault'] }), keys, {
      audience: 'vault',
      issuer: ISSUER,
      currentDate: new Date(cluster.clock.now),
    });
    expect(payload.sub).toBe('system:serviceaccount:shop:robot');
  });
});
