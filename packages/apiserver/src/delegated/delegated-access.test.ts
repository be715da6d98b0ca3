import { ApiError, KubeClient, type KubeObject, type Transport, type TransportRequest } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { authenticationSettings } from './authentication-settings.js';
import { DelegatedAccess } from './delegated-access.js';

/** An API server that knows the token `good`, and lets alice get things. */
class Parent implements Transport {
  readonly asked: string[] = [];
  broken = false;

  async request({ path, body }: TransportRequest) {
    this.asked.push(path);
    if (this.broken) throw new ApiError('ServiceUnavailable', 'not now', 503);
    return { status: 201, headers: {}, body: bytes(this.answer(path, JSON.parse(body as string) as KubeObject)) };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private answer(path: string, { spec, ...review }: KubeObject): object {
    const { token, user, resourceAttributes } = spec as Record<string, { verb?: string } & string>;
    if (path.endsWith('/subjectaccessreviews')) {
      return { ...review, status: { allowed: user === 'alice' && resourceAttributes?.verb === 'get' } };
    }
    const known = { authenticated: true, user: { username: 'alice', groups: ['devs'] } };
    return { ...review, status: token === 'good' ? known : { authenticated: false } };
  }
}

async function* bytes(value: object): AsyncGenerator<Uint8Array> {
  yield Buffer.from(JSON.stringify(value));
}

function setUp() {
  const parent = new Parent();
  const clock = { now: 0 };
  const access = new DelegatedAccess({
    client: new KubeClient(parent, { retry: { attempts: 1 } }),
    now: () => clock.now,
  });
  return { parent, clock, access };
}

const remoteAddress = '127.0.0.1';
const images = { group: 'image.openshift.io', version: 'v1', resource: 'images', subresource: '', namespace: '' };
const alice = { username: 'alice', groups: ['devs'] };

describe('DelegatedAccess', () => {
  it('asks once for a token, until the answer is old', async () => {
    const { parent, clock, access } = setUp();
    const both = await Promise.all([1, 2].map(() => access.authenticate({ token: 'good', remoteAddress })));
    expect(both).toEqual([alice, alice]);
    expect(await access.authenticate({ token: 'bad', remoteAddress })).toBeUndefined();
    expect(parent.asked).toHaveLength(2);
    clock.now = 10_000;
    await access.authenticate({ token: 'good', remoteAddress });
    expect(parent.asked).toHaveLength(3);
  });

  it('knows nobody who shows nothing, and no certificate before it is told of authorities', async () => {
    const { access } = setUp();
    expect(await access.authenticate({ remoteAddress })).toBeUndefined();
    const shown = { clientCertificate: Buffer.from('x'), certificateSubject: { commonName: 'a', organizations: [] } };
    await expect(access.authenticate({ ...shown, remoteAddress })).rejects.toMatchObject({ reason: 'Unauthorized' });
  });

  it('asks whether a user may', async () => {
    const { parent, access } = setUp();
    expect(await access.authorize({ ...images, user: alice, verb: 'get', name: 'a' })).toEqual({ allowed: true });
    expect(await access.authorize({ ...images, user: alice, verb: 'get', name: 'a' })).toEqual({ allowed: true });
    expect(await access.authorize({ ...images, user: alice, verb: 'delete', name: 'a' })).toEqual({ allowed: false });
    expect(parent.asked).toHaveLength(2);
  });

  it('asks nobody for masters and probes', async () => {
    const { parent, access } = setUp();
    const master = { username: 'system:admin', groups: ['system:masters'] };
    expect((await access.authorize({ ...images, user: master, verb: 'delete', name: '' })).allowed).toBe(true);
    expect((await access.authorize({ user: alice, verb: 'get', path: '/readyz' })).allowed).toBe(true);
    expect(parent.asked).toEqual([]);
  });

  it('remembers no failure', async () => {
    const { parent, access } = setUp();
    parent.broken = true;
    await expect(access.authenticate({ token: 'good', remoteAddress })).rejects.toThrow('not now');
    parent.broken = false;
    expect(await access.authenticate({ token: 'good', remoteAddress })).toEqual(alice);
  });
});

describe('authenticationSettings', () => {
  const configMap = (data: Record<string, string>) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data });

  it('reads what Kubernetes writes', () => {
    const settings = authenticationSettings(
      configMap({
        'client-ca-file': 'CLIENTS',
        'requestheader-client-ca-file': 'PROXY',
        'requestheader-allowed-names': '["aggregator"]',
        'requestheader-username-headers': '["X-Remote-User"]',
        'requestheader-group-headers': '["X-Remote-Group"]',
        'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
      }),
    );
    expect(settings).toEqual({
      clientCa: 'CLIENTS',
      frontProxy: {
        clientCa: 'PROXY',
        allowedNames: ['aggregator'],
        usernameHeaders: ['X-Remote-User'],
        uidHeaders: [],
        groupHeaders: ['X-Remote-Group'],
        extraHeaderPrefixes: ['X-Remote-Extra-'],
      },
    });
  });

  it('believes nobody without it', () => {
    expect(authenticationSettings(undefined)).toEqual({});
  });

  it.each(['aggregator', '"aggregator"', '[1]'])('refuses a list such as %s', (names) => {
    const text = { 'requestheader-client-ca-file': 'PROXY', 'requestheader-allowed-names': names };
    expect(() => authenticationSettings(configMap(text))).toThrow('requestheader-allowed-names is no JSON array');
  });
});
