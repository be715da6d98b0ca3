import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { digestOf, jsonOf, request, requestTo } from '@longshore/testkit';
import { describeRegistry, type RegistryUnderTest } from './registry-under-test.js';
import { expectError, get, head } from './requests.js';

const DIGEST = digestOf(Buffer.from('missing'));
const SESSION = '3f1c2a52-0c1d-4a3e-9a55-6f0a4f3b2c11';

/** Resources and the methods that they know; every other one is refused. */
const METHODS: [path: string, allowed: string[]][] = [
  ['/v2/', ['GET']],
  ['/v2/_catalog', ['GET']],
  ['/v2/err/app/tags/list', ['GET']],
  ['/v2/err/app/manifests/v1', ['DELETE', 'GET', 'HEAD', 'PUT']],
  [`/v2/err/app/manifests/${DIGEST}`, ['DELETE', 'GET', 'HEAD', 'PUT']],
  [`/v2/err/app/blobs/${DIGEST}`, ['DELETE', 'GET', 'HEAD']],
  ['/v2/err/app/blobs/uploads/', ['POST']],
  [`/v2/err/app/blobs/uploads/${SESSION}`, ['DELETE', 'GET', 'PATCH', 'PUT']],
  [`/v2/err/app/referrers/${DIGEST}`, ['GET']],
  ['/extensions/v2/metrics', ['GET']],
  ['/healthz', ['GET', 'HEAD']],
  ['/readyz', ['GET', 'HEAD']],
];

const ALL_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];

const refused = METHODS.flatMap(([path, allowed]) =>
  ALL_METHODS.filter((method) => !allowed.includes(method)).map((method) => [method, path, allowed.join(', ')]),
);

describeRegistry('errors', {}, (registry) => {
  it('are none where a client asks whether this is a registry', async () => {
    const response = await get(registry, '/v2/');
    expect([response.status, response.body.toString()]).toEqual([200, '{}']);
    expect(response.headers['content-type']).toBe('application/json');
    expect(response.headers['docker-distribution-api-version']).toBe('registry/2.0');
  });

  it('are none where the slash is missing: the answer leads there', async () => {
    const { status, headers } = await get(registry, '/v2');
    expect([status, headers.location]).toEqual([301, `${registry.url}/v2/`]);
  });

  it.each([
    '/nothing',
    '/v1/',
    '/v2/nothing',
    '/v2/err/app',
    '/v2/err/app/tags',
    '/v2/err/app/tags/list/',
    '/v2/err/app/manifests/',
    '/v2/err/app/blobs/',
    '/v2/err/app/uploads/',
    '/v2/err/app/referrers/',
    '/v2/manifests/v1',
    '/v2/err/app/manifests/%zz',
    '/openshift/token',
    '/extensions/v2/nothing',
    `/v2/${'a'.repeat(5000)}/tags/list`,
    '//v2/',
    '/../../etc/passwd',
    '/v2/..%2f..%2fetc/passwd',
  ])('tell that %s is nothing', async (path) => {
    expectError(await get(registry, path), 404, 'UNSUPPORTED');
  });

  it.each([
    'Foo',
    'err/App',
    '-err/app',
    'err//app',
    '/err',
    'err/app-',
    'err/a___b',
    'err/a..b',
    'err/%20',
    'err/_uploads',
    'err/../app',
    'err/é',
    'a/'.repeat(200) + 'a',
  ])('tell that %s is no repository', async (name) => {
    const paths = [`tags/list`, `manifests/v1`, `blobs/${DIGEST}`, `referrers/${DIGEST}`];
    for (const path of paths) {
      const detail = expectError(await get(registry, `/v2/${encodeURI(name)}/${path}`), 400, 'NAME_INVALID');
      expect(detail).toEqual({ name: name === 'err/%20' ? 'err/%20' : name.slice(0, 256) });
    }
    const upload = await requestTo(registry, `/v2/${encodeURI(name)}/blobs/uploads/`, { method: 'POST' });
    expectError(upload, 400, 'NAME_INVALID');
  });

  it.each(refused)('tell that %s is not for %s, and what is: %s', async (method, path, allowed) => {
    const response = await requestTo(registry, path ?? '', { method });
    expect(expectError(response, 405, 'UNSUPPORTED')).toEqual({ method });
    expect(response.headers.allow).toBe(allowed);
  });

  it.each([
    ['/nothing', 404],
    ['/v2/', 405],
    ['/v2/Foo/manifests/v1', 400],
    ['/v2/err/app/manifests/none', 404],
    [`/v2/err/app/manifests/${DIGEST}`, 404],
    ['/v2/err/app/manifests/sha256:zz', 400],
    [`/v2/err/app/blobs/${DIGEST}`, 404],
    ['/v2/err/app/blobs/sha256:zz', 400],
    [`/v2/err/app/blobs/uploads/${SESSION}`, 405],
  ])('have no body when HEAD asks for %s', async (path, status) => {
    const response = await head(registry, path);
    expect([response.status, response.body.length]).toEqual([status, 0]);
    expect(response.headers['content-type']).toBe('application/json');
    expect(response.headers['docker-distribution-api-version']).toBe('registry/2.0');
  });

  it('have another request id each', async () => {
    const ids = await Promise.all(
      [1, 2, 3, 4].map(async () => (await get(registry, '/nothing')).headers['x-request-id']),
    );
    expect(new Set(ids).size).toBe(4);
  });

  it('leave the connection open', async () => {
    const text = await exchangeRaw(
      registry,
      `GET /nothing HTTP/1.1\r\nHost: x\r\n\r\nGET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 404', 'HTTP/1.1 200']);
  });

  describe('of what is no HTTP', () => {
    it.each([
      ['garbage', 'this is not HTTP\r\n\r\n', 400],
      ['a body of two lengths', 'POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
      ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(100_000)}\r\n\r\n`, 431],
    ])('answer %s and end the connection', async (_case, text, status) => {
      const [headers = '', body = ''] = (await exchangeRaw(registry, text)).split('\r\n\r\n');
      expect(headers).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(headers).toMatch(/^Content-Type: application\/json/m);
      expect(JSON.parse(body)).toMatchObject({ errors: [{ code: 'UNSUPPORTED' }] });
    });

    it('do no harm: the server goes on', async () => {
      expect(jsonOf(await request(`${registry.url}/v2/`))).toEqual({});
    });
  });
});

/** Sends bytes as they are and reads until the server ends the connection. */
function exchangeRaw({ longshore }: RegistryUnderTest, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host: longshore.host, port: longshore.port }, () => socket.write(text));
    socket.setEncoding('latin1').on('data', (part: string) => (answer += part));
    socket.on('error', () => undefined); // the server may cut while we send
    socket.once('close', () => resolve(answer));
  });
}
