import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createImage, digestOf, jsonOf, locationOf, pushTree, requestTo } from '@longshore/testkit';
import { startUpload, temporaryFolder, writeHtpasswd, type HttpResponse, type Target } from '@longshore/testkit';
import { describeRegistry, type RegistryUnderTest } from './registry-under-test.js';
import { expectError, get, head, OCTETS, put } from './requests.js';
import { upload, withDigest } from './uploading.js';

/** How long to wait for what another process is about to do. */
const PATIENCE = { timeout: 20_000, interval: 10 };
const MISSING = digestOf(Buffer.from('missing'));
const METRICS = '/extensions/v2/metrics';

const METRIC_TYPES = {
  imageregistry_build_info: 'gauge',
  imageregistry_request_duration_seconds: 'summary',
  imageregistry_request_duration_histogram_seconds: 'histogram',
  imageregistry_http_in_flight_requests: 'gauge',
  imageregistry_http_requests_total: 'counter',
  imageregistry_http_request_duration_seconds: 'summary',
  imageregistry_http_request_duration_histogram_seconds: 'histogram',
  imageregistry_http_request_size_bytes: 'summary',
  imageregistry_http_request_size_histogram_bytes: 'histogram',
  imageregistry_http_response_size_bytes: 'summary',
  imageregistry_http_response_size_histogram_bytes: 'histogram',
  imageregistry_http_time_to_write_header_seconds: 'histogram',
  imageregistry_storage_duration_seconds: 'summary',
  imageregistry_storage_duration_histogram_seconds: 'histogram',
  imageregistry_storage_errors_total: 'counter',
  imageregistry_digest_cache_requests_total: 'counter',
  imageregistry_digest_cache_scoped_requests_total: 'counter',
  registry_storage_action_seconds: 'histogram',
  registry_storage_cache_total: 'counter',
  process_cpu_seconds_total: 'counter',
  process_resident_memory_bytes: 'gauge',
  process_open_fds: 'gauge',
  process_start_time_seconds: 'gauge',
  nodejs_eventloop_lag_seconds: 'gauge',
};

/** Prometheus' text format: `name{labels} value`; numbers are read as Go does, whatever the letters of NaN. */
const SAMPLE = /^([a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})?) (-?[\d.e+-]+|Nan|[+-]Inf)$/;

/** Reads the metrics: values by `name{labels}`. Every line must be of the format, every series there once. */
async function scrape(registry: Target): Promise<Map<string, number>> {
  const { status, headers, body } = await get(registry, METRICS);
  expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  const values = new Map<string, number>();
  for (const line of body.toString().split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, series = '', value] = SAMPLE.exec(line) ?? [];
    expect(series, line).not.toBe('');
    expect(values.has(series), line).toBe(false);
    values.set(series, Number(value));
  }
  return values;
}

const OWN_HEADERS: Record<string, string[]> = {
  'X-Content-Type-Options': ['nosniff'],
  'Strict-Transport-Security': ['max-age=300'],
  'X-Several': ['one', 'two'],
};

const EVERYTHING = {
  http: { headers: OWN_HEADERS },
  health: { storagedriver: { enabled: true, interval: '100ms', threshold: 2 } },
  openshift: { version: '1.0', metrics: { enabled: true } },
};

describeRegistry('operations', EVERYTHING, (registry) => {
  describe('metrics', () => metrics(registry));
  describe('configured headers', () => configuredHeaders(registry));
  describe('the log as text', () => textLog(registry));
  describe('health', () => health(registry));
});

function metrics(registry: RegistryUnderTest): void {
  beforeAll(async () => {
    await pushTree(registry, 'op/app', createImage({ seed: 'metrics' }), 'v1');
    expect((await get(registry, '/v2/op/app/manifests/v1')).status).toBe(200);
  });

  it('have the names and types that dashboards know', async () => {
    const text = (await get(registry, METRICS)).body.toString();
    const types: unknown = Object.fromEntries(
      [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]),
    );
    expect(types).toMatchObject(METRIC_TYPES);
  });

  it('tell operations, storage calls and bytes', async () => {
    const operations = ['BlobStore.Create', 'BlobWriter.Commit', 'ManifestService.Put', 'ManifestService.Get'];
    await vi.waitFor(async () => {
      const values = await scrape(registry);
      for (const operation of operations) {
        const series = `imageregistry_request_duration_seconds_count{operation="${operation}"}`;
        expect(values.get(series) ?? 0, series).toBeGreaterThan(0);
      }
      const storage = 'imageregistry_storage_duration_seconds_count{operation="StorageDriver.Put"}';
      expect(values.get(storage)).toBeGreaterThan(0);
      expect(values.get('imageregistry_http_request_size_bytes_sum')).toBeGreaterThan(1000);
      expect(values.get('imageregistry_http_in_flight_requests')).toBeGreaterThan(0);
    }, PATIENCE);
  });

  it('are sums over all processes, whichever is asked', async () => {
    const series = 'imageregistry_http_requests_total{code="404",method="head"}';
    for (let i = 0; i < 12; i++) await head(registry, `/v2/op/app/blobs/${MISSING}`);
    await vi.waitFor(async () => expect((await scrape(registry)).get(series)).toBe(12), PATIENCE);
    await registry.everyProcess(async () => expect((await scrape(registry)).get(series)).toBe(12));
  });

  it('tell the build once', async () => {
    const builds = [...(await scrape(registry))].filter(([series]) => series.startsWith('imageregistry_build_info'));
    expect(builds.map(([, value]) => value)).toEqual([1]);
  });
}

function configuredHeaders(registry: RegistryUnderTest): void {
  const paths: [method: string, path: string, status: number][] = [
    ['GET', '/v2/', 200],
    ['GET', '/healthz', 200],
    ['GET', METRICS, 200],
    ['GET', '/nothing', 404],
    ['PUT', '/v2/', 405],
    ['HEAD', `/v2/op/headers/blobs/${MISSING}`, 404],
    ['POST', '/v2/op/headers/blobs/uploads/', 202],
  ];

  it.each(paths)('are in the answer to %s %s (%i)', async (method, path, status) => {
    expectOwnHeaders(await requestTo(registry, path, { method }), status);
  });

  it('are in answers with content, with part of it, and without', async () => {
    const path = `/v2/op/headers/blobs/${await upload(registry, 'op/headers', Buffer.from('headers'))}`;
    expectOwnHeaders(await get(registry, path), 200);
    expectOwnHeaders(await get(registry, path, { range: 'bytes=0-1' }), 206);
    expectOwnHeaders(await get(registry, path, { 'if-none-match': '*' }), 304);
    expectOwnHeaders(await put(registry, '/v2/op/headers/manifests/v1', '{', OCTETS), 400);
  });

  function expectOwnHeaders(response: HttpResponse, status: number): void {
    expect(response.status).toBe(status);
    expect(response.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'strict-transport-security': 'max-age=300',
      'x-several': 'one, two',
      'docker-distribution-api-version': 'registry/2.0',
    });
  }
}

function textLog(registry: RegistryUnderTest): void {
  it('is key=value, whatever clients send', async () => {
    const agent = 'forged" level=error msg="text-agent';
    await get(registry, '/v2/?a=%0a%22b%22', { 'user-agent': agent });
    const lines = await linesWith(registry, 'text-agent', 1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^time="\d{4}-\d\d-\d\dT[\d:.]+Z" level=info msg="response completed" /);
    expect(lines[0]).toContain(`http.request.useragent=${JSON.stringify(agent)}`);
  });
}

function health(registry: RegistryUnderTest): void {
  const statusOf = async (path: string) => (await get(registry, path)).status;

  it.each(['/', '/healthz', '/livez', '/readyz'])('is told by %s', async (path) => {
    for (const response of [await get(registry, path), await head(registry, path)]) {
      expect([response.status, response.body.length, response.headers['cache-control']]).toEqual([200, 0, 'no-cache']);
    }
  });

  it('is bad when the storage is broken, and good when it is mended', async () => {
    const digest = await upload(registry, 'op/health', Buffer.from('health'));
    await rename(registry.root, `${registry.root}.away`);
    await symlink(registry.root, registry.root); // Whoever looks there gets ELOOP.
    await vi.waitFor(async () => {
      await registry.everyProcess(async () => expect(await statusOf('/readyz')).toBe(503));
    }, PATIENCE);
    const ready = await get(registry, '/readyz');
    expect(expectError(ready, 503, 'UNAVAILABLE')).toEqual(expect.stringMatching(/./));
    expect(ready.headers['cache-control']).toBe('no-cache');
    for (const alive of ['/', '/healthz', '/livez']) expect(await statusOf(alive)).toBe(200);

    await rm(registry.root);
    await rename(`${registry.root}.away`, registry.root);
    await vi.waitFor(async () => {
      await registry.everyProcess(async () => expect(await statusOf('/readyz')).toBe(200));
    }, PATIENCE);
    expect(await statusOf(`/v2/op/health/blobs/${digest}`)).toBe(200);
  });

  it('is not all: a request that the storage fails is answered 503, and the log tells why', async () => {
    await upload(registry, 'op/sound', Buffer.from('sound'));
    await writeFile(join(registry.root, 'docker/registry/v2/repositories/op/broken'), 'where a folder belongs');
    const failed = await requestTo(registry, '/v2/op/broken/blobs/uploads/', { method: 'POST' });
    expectError(failed, 503, 'UNAVAILABLE');
    expect(failed.body.toString()).not.toContain(registry.root);
    const [why, access] = await linesWith(registry, String(failed.headers['x-request-id']), 2);
    expect(why).toMatch(/level=error msg="request failed" .*error=/);
    expect(access).toMatch(/level=error msg="response completed with error" .*http\.response\.status=503 /);
  });
}

const SECRET = { openshift: { version: '1.0', metrics: { enabled: true, secret: 'top secret of metrics' } } };

describeRegistry(
  'metrics behind a secret',
  SECRET,
  (registry) => {
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

    it.each([basic('anybody:top secret of metrics'), basic(':top secret of metrics')])(
      'are shown for %s',
      async (header) => {
        expect((await get(registry, METRICS, { authorization: header })).status).toBe(200);
      },
    );

    it.each([undefined, basic('anybody:wrong'), basic('top secret of metrics:'), 'Bearer wrong', 'nonsense'])(
      'are not shown for %s',
      async (authorization) => {
        const response = await get(registry, METRICS, authorization === undefined ? {} : { authorization });
        expect(expectError(response, 401, 'UNAUTHORIZED')).toEqual(expect.stringMatching(/secret/));
        expect(response.headers['www-authenticate']).toMatch(/^Basic realm="/);
      },
    );
  },
  [1],
);

const USER = { name: 'operator', password: 'pass:word of the operator' };
const htpasswd = join(temporaryFolder('conformance-operator'), 'htpasswd');
beforeAll(() => writeHtpasswd(htpasswd, [USER]));

const JSON_LOG = {
  auth: { htpasswd: { realm: 'operations', path: htpasswd } },
  log: { formatter: 'json', fields: { service: 'conformance' } },
};

describeRegistry('the access log', JSON_LOG, (registry) => {
  const user = USER;
  const send = (path: string, agent: string, method = 'GET') =>
    requestTo(registry, path, { method, user, headers: { 'user-agent': agent } });

  it('has one line for each request, with the request id of the error', async () => {
    const answers: [agent: string, method: string, path: string, response: HttpResponse][] = [];
    for (const [method, path] of [
      ['GET', '/v2/'],
      ['GET', '/nothing'],
      ['GET', '/v2/op/log/tags/list'],
      ['GET', '/v2/Op/tags/list'],
      ['HEAD', `/v2/op/log/blobs/${MISSING}`],
      ['POST', '/v2/op/log/blobs/uploads/'],
      ['PATCH', '/v2/op/log/blobs/uploads/3f1c2a52-0c1d-4a3e-9a55-6f0a4f3b2c11'],
      ['DELETE', '/v2/'],
      ['GET', '/healthz'],
    ] as const) {
      const agent = `agent-${answers.length}.`;
      answers.push([agent, method, path, await send(path, agent, method)]);
    }
    const ids = new Set<unknown>();
    for (const [agent, method, path, response] of answers) {
      const [line] = (await linesWith(registry, agent, 1)).map((text) => JSON.parse(text) as Record<string, unknown>);
      expect(line).toMatchObject({
        level: 'info',
        msg: 'response completed',
        service: 'conformance',
        'http.request.method': method,
        'http.request.uri': path,
        'http.request.useragent': agent,
        'http.request.host': registry.longshore.address,
        'http.request.remoteaddr': expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
        'http.response.status': response.status,
        'http.response.written': response.body.length,
        'http.response.duration': expect.stringMatching(/^[\d.]+m?s$/) as string,
      });
      const id = line?.['http.request.id'];
      if (response.status >= 400) expect(id).toBe(response.headers['x-request-id']);
      ids.add(id);
    }
    expect(ids.size).toBe(answers.length);
    for (const [agent] of answers) expect(await linesWith(registry, agent, 1)).toHaveLength(1);
  });

  it('names user, repository and what was asked for, and why it was refused', async () => {
    await send(`/v2/op/log/manifests/none`, 'names.');
    const [line = ''] = await linesWith(registry, 'names.', 1);
    expect(JSON.parse(line)).toMatchObject({
      'auth.user': USER.name,
      'vars.name': 'op/log',
      'vars.reference': 'none',
      'err.code': 'manifest unknown',
      'err.message': 'manifest unknown',
      'err.detail': 'unknown tag=none',
    });
  });

  it('holds no passwords, tokens and upload states', async () => {
    const target = { url: registry.url, user };
    const session = await startUpload(target, 'op/secrets');
    const status = await requestTo(target, session);
    const next = locationOf(status);
    const done = await requestTo(target, withDigest(next, digestOf(Buffer.from('x'))), { method: 'PUT', body: 'x' });
    expect(done.status).toBe(201);
    const { token } = jsonOf(await requestTo(target, '/openshift/token?account=operator')) as { token: string };
    await get(registry, '/v2/', { authorization: `Bearer ${token}` });
    await get(registry, `/v2/?access_token=${token}&password=${encodeURIComponent(USER.password)}`);
    await requestTo(registry, '/v2/', { user: { name: 'operator', password: 'a mistyped password' } });
    await send('/v2/', 'last.');
    await linesWith(registry, 'last.', 1);
    const log = registry.longshore.log();
    const secrets = [session, next].map((path) => new URL(path, registry.url).searchParams.get('_state') ?? 'none');
    const encoded = Buffer.from(`${USER.name}:${USER.password}`).toString('base64');
    const mistyped = Buffer.from('operator:a mistyped password').toString('base64');
    for (const secret of [...secrets, token, USER.password, encodeURIComponent(USER.password), encoded, mistyped]) {
      expect(log).not.toContain(secret);
    }
    expect(log).not.toContain('mistyped');
    expect(log).toContain('_state=***');
  });
});

describeRegistry(
  'without an access log',
  { log: { accesslog: { disabled: true } } },
  (registry) => {
    it('requests leave no line', async () => {
      expect((await get(registry, '/v2/', { 'user-agent': 'silent' })).status).toBe(200);
      await registry.stop();
      const log = registry.longshore.log();
      expect(log).toContain('shutting down image registry server');
      expect(log).toContain('server shutdown, bye.');
      expect(log).not.toContain('silent');
      expect(log).not.toContain('response completed');
    });
  },
  [1],
);

/** Waits until the log has as many lines with the text, and returns all that it has. */
function linesWith(registry: RegistryUnderTest, text: string, count: number): Promise<string[]> {
  return registry.longshore.process.waitForOutput((output) => {
    const lines = output.split('\n').slice(0, -1);
    const found = lines.filter((line) => line.includes(text));
    return found.length >= count ? found : undefined;
  });
}
