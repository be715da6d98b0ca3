import { ApiError } from '@longshore/kube';
import { digestOf } from '@longshore/oci';
import { InMemoryDriver } from '@longshore/storage';
import { requireProgram, runProgram } from '@longshore/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobData } from '../layout.js';
import { FakeImageApi } from '../testing/fake-image-api.js';
import { JoinedRegistry, type TestManifest } from '../testing/joined-registry.js';

let driver: InMemoryDriver;
let registry: JoinedRegistry;
let image: TestManifest;
const api = () => registry.api;

beforeEach(async () => {
  driver = new InMemoryDriver();
  const users = new FakeImageApi();
  users.rules.push(
    { user: 'editor', verb: '*', resource: '*' },
    { user: 'pusher', verb: 'get', resource: 'imagestreams/layers' },
    { user: 'pusher', verb: 'update', resource: 'imagestreams/layers' },
    { user: 'other', verb: 'get', resource: 'imagestreams/layers', namespace: 'bank' },
  );
  users.create('shop/app');
  users.namespaces.add('bank');
  registry = await JoinedRegistry.start({ driver, api: users, openshift: { audit: { enabled: true } } });
  image = await registry.pushImage('shop/app', 'v1', 'one');
});
afterEach(() => registry.close());

describe('signatures', () => {
  const path = (repository = 'shop/app') => `/extensions/v2/${repository}/signatures/${image.digest}`;
  const signature = (changes: object = {}) => ({
    schemaVersion: 2,
    name: `${image.digest}@release`,
    type: 'atomic',
    content: 'c2lnbmVk',
    ...changes,
  });
  const put = (document: object | string, as = 'editor') =>
    registry.send(path(), {
      method: 'PUT',
      as,
      body: typeof document === 'string' ? document : JSON.stringify(document),
    });

  it('are announced, kept in the image, and read again', async () => {
    expect((await registry.send('/v2/')).headers.get('x-registry-supports-signatures')).toBe('1');
    expect((await registry.send(path())).text).toBe('{"signatures":[]}');
    const added = await put(signature());
    expect([added.status, added.text]).toEqual([201, '']);
    expect(api().images.get(image.digest)?.signatures).toMatchObject([{ type: 'AtomicImageV1', content: 'c2lnbmVk' }]);
    expect(JSON.parse((await registry.send(path(), { as: 'pusher' })).text)).toEqual({ signatures: [signature()] });
    expect((await put(signature())).error.code).toBe('SIGNATURE_EXISTS');
  });

  it.each<[string, object | string]>([
    ['no JSON', '{'],
    ['no object', 'null'],
    ['another version', { schemaVersion: 1 }],
    ['no name', { name: '' }],
    ['the name of another image', { name: `${digestOf(Buffer.from('x'))}@release` }],
    ['a name without a name', { name: 'sha256:x@' }],
    ['no type', { type: '' }],
    ['no content', { content: '' }],
    ['content that is no base64', { content: '<>' }],
  ])('are refused with %s', async (_, changes) => {
    const { status, error } = await put(typeof changes === 'string' ? changes : signature(changes));
    expect([status, error.code]).toEqual([400, 'SIGNATURE_INVALID']);
  });

  it('are only for who may', async () => {
    expect((await put(signature(), 'pusher')).status).toBe(403);
    expect((await registry.send(path(), { as: 'other' })).status).toBe(403);
    expect((await registry.send(path(), { as: '' })).status).toBe(401);
    expect((await registry.send(path('bank/app'), { as: 'other' })).error.code).toBe('MANIFEST_UNKNOWN');
  });

  it('are not told while the API server is away', async () => {
    api().failures.push({ call: 'GET images', error: new ApiError('ServiceUnavailable', 'later') });
    expect((await registry.send(path())).status).toBe(503);
  });
});

describe('pruning the content of a blob', () => {
  const content = Buffer.from('content');
  const digest = digestOf(content);
  const prune = (as = 'editor', which: string = digest) =>
    registry.send(`/admin/blobs/${which}`, { method: 'DELETE', as });

  it('deletes it, and is content when it is not there', async () => {
    await driver.put(blobData(digest), content);
    expect((await prune()).status).toBe(204);
    expect(driver.statNow(blobData(digest))).toBeUndefined();
    expect((await prune()).status).toBe(204);
  });

  it('takes the right to delete images, and a digest', async () => {
    expect((await prune('pusher')).error).toMatchObject({ detail: [{ type: 'admin', name: '', action: 'prune' }] });
    expect((await prune('editor', 'sha256:abc')).error.code).toBe('DIGEST_INVALID');
  });

  it('keeps what somebody may be about to use', async () => {
    const leasing = await JoinedRegistry.start({ driver, api: api(), lease: '1h' });
    await driver.put(blobData(digest), content);
    const answer = await leasing.send(`/admin/blobs/${digest}`, { method: 'DELETE' });
    await leasing.close();
    expect(answer.status).toBe(202);
    expect(driver.statNow(blobData(digest))).toBeDefined();
  });

  it('is refused in read-only mode', async () => {
    const readOnly = await JoinedRegistry.start({ driver, api: api(), readOnly: true });
    await driver.put(blobData(digest), content);
    const answer = await readOnly.send(`/admin/blobs/${digest}`, { method: 'DELETE' });
    await readOnly.close();
    expect(answer.status).toBe(405);
    expect(driver.statNow(blobData(digest))).toBeDefined();
  });
});

describe('the challenge', () => {
  it.each([
    [{}, /^Bearer realm="http:\/\/127\.0\.0\.1:\d+\/openshift\/token"/],
    [
      { tokenrealm: 'https://registry.example.com' },
      /^Bearer realm="https:\/\/registry\.example\.com\/openshift\/token"/,
    ],
    [
      { tokenrealm: 'https://registry.example.com/' },
      /^Bearer realm="https:\/\/registry\.example\.com\/openshift\/token"/,
    ],
  ])('names the token endpoint, with %o', async (auth, challenge) => {
    const other = await JoinedRegistry.start({ driver, api: api(), openshift: { auth } });
    const answer = await other.send('/v2/', { as: '' });
    await other.close();
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(challenge)]);
  });

  describe('in a public project', () => {
    const MANIFEST = '/v2/shop/app/manifests/v1';
    beforeEach(() => {
      api().rules.push({ user: 'system:anonymous', verb: 'get', resource: 'imagestreams/layers', namespace: 'shop' });
    });

    it('comes before the answer, and the token of nobody gets it', async () => {
      const asked = await registry.send(MANIFEST, { as: '' });
      expect(asked.status).toBe(401);
      expect(asked.headers.get('www-authenticate')).toContain('scope="repository:shop/app:pull"');
      const issued = await registry.send('/openshift/token?scope=repository:shop/app:pull', { as: '' });
      const { token } = JSON.parse(issued.text) as { token: string };
      for (const authorization of [`Bearer ${token}`, 'Bearer anonymous']) {
        expect((await registry.send(MANIFEST, { as: '', headers: { authorization } })).text).toBe(image.text);
      }
    });

    it.each([
      ['shop/app', ['--no-creds'], true],
      ['shop/app', ['--creds', 'x:other'], false],
      ['shop/app', ['--creds', 'x:pusher'], true],
      ['bank/app', ['--no-creds'], false],
    ])('is answered by skopeo: %s %j', async (repository, credentials, pulls) => {
      await registry.pushImage('bank/app', 'v1', 'one');
      const skopeo = await requireProgram('skopeo', 'skopeo');
      const reference = `docker://${registry.url.replace('http://', '')}/${repository}:v1`;
      const arguments_ = ['inspect', '--raw', '--tls-verify=false', ...credentials, reference];
      const { status, stdout, stderr } = await runProgram(skopeo, arguments_, { mayFail: true });
      if (pulls) expect([status, stdout]).toEqual([0, image.text]);
      else expect(stderr).toMatch(/unauthorized|authentication required|denied/i);
    });
  });
});

describe('the audit', () => {
  it('says who began and ended what, and how', async () => {
    await registry.send(`/v2/shop/app/manifests/${image.digest}`);
    await registry.send('/v2/shop/app/manifests/none');
    const audited = registry.lines.filter((line) => line.includes('openshift.logger=audit'));
    const statuses = audited
      .filter((line) => line.includes('msg=ManifestService.Get'))
      .map((line) => /openshift\.request\.status=(\w+)/.exec(line)?.[1]);
    expect(statuses).toEqual(['begin', 'success', 'begin', 'error']);
    const last = audited.at(-1);
    for (const part of [
      'openshift.auth.user=editor',
      'openshift.auth.userid=uid-editor',
      'openshift.request.error=MANIFEST_UNKNOWN',
      'vars.name=shop/app',
      'vars.reference=none',
    ]) {
      expect(last).toContain(part);
    }
  });
});

it('are not there without a cluster', async () => {
  const { createServer } = await import('node:http');
  const { openAccess } = await import('../access/index.js');
  const { defaultConfig } = await import('../config/index.js');
  const { createLogger, createMetrics, limitedBy } = await import('../observe/index.js');
  const { createRegistry } = await import('../server/registry.js');
  const alone = createRegistry(defaultConfig(), {
    driver: new InMemoryDriver(),
    access: openAccess(),
    secret: Buffer.alloc(32),
    log: createLogger({ level: 'error' }),
    metrics: createMetrics({ runtime: false }),
    limiter: limitedBy(),
    renderMetrics: () => Promise.resolve(''),
  });
  const server = createServer(alone.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  try {
    for (const path of [`/admin/blobs/${image.digest}`, `/extensions/v2/shop/app/signatures/${image.digest}`]) {
      for (const method of ['GET', 'DELETE', 'PUT']) {
        expect((await fetch(`http://127.0.0.1:${port}${path}`, { method })).status).toBe(404);
      }
    }
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await alone.close();
  }
});
