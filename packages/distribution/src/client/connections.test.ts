import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Digest } from '@longshore/oci';
import {
  createCertificateAuthority,
  createImage,
  issueServerCertificate,
  StubRegistry,
  temporaryFolder,
  type CertificateFiles,
  type StubRegistryOptions,
} from '@longshore/testkit';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { publicAddressesOnly } from '../http/address-policy.js';
import { RemoteError } from '../remote-error.js';
import type { RegistryClientOptions } from './options.js';
import { RegistryClient } from './registry-client.js';

const image = createImage({ seed: 'connections', size: 2000 });
const [config] = image.blobs;
const { signal } = new AbortController();
const endings: (() => Promise<unknown>)[] = [];
let tls: CertificateFiles;
let authority: string;
let authorityFile: string;

beforeAll(async () => {
  const dir = temporaryFolder('distribution-tls');
  const ca = await createCertificateAuthority(dir);
  tls = await issueServerCertificate(ca, { dir });
  authorityFile = ca.certificate;
  authority = await readFile(authorityFile, 'utf8');
});

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function startStub(options: StubRegistryOptions = {}): Promise<StubRegistry> {
  const stub = await StubRegistry.start(options);
  endings.push(() => stub.close());
  stub.publish('team/app', image, '1.0');
  return stub;
}

function clientOf(options: RegistryClientOptions): RegistryClient {
  const client = new RegistryClient({ attempts: 1, ...options });
  endings.push(() => client.close());
  return client;
}

const digestAt = async (host: string, options: RegistryClientOptions) => {
  const manifest = await clientOf(options).repository({ host, name: 'team/app' }).manifest('1.0', { signal });
  return manifest.digest;
};

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'success',
    (error: unknown) => (error instanceof RemoteError ? error.code : error),
  );

describe('trust', () => {
  it('is given by an authority of the host', async () => {
    const stub = await startStub({ tls });
    const trust = (host: string) => (host === stub.host ? [authority] : []);
    expect(await digestAt(stub.host, { trust })).toBe(image.descriptor.digest);
  });

  it("stands beside Node's extra authorities", async () => {
    const stub = await startStub({ tls });
    const other = await createCertificateAuthority(temporaryFolder('distribution-other'));
    const trust = [await readFile(other.certificate, 'utf8')];
    vi.stubEnv('NODE_EXTRA_CA_CERTS', authorityFile);
    endings.push(async () => vi.unstubAllEnvs());
    expect(await digestAt(stub.host, { trust: () => trust })).toBe(image.descriptor.digest);
  });

  it('is refused without it, with the remedy', async () => {
    const stub = await startStub({ tls });
    const pull = digestAt(stub.host, {});
    await expect(pull).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(pull).rejects.toThrow(/certificate of 127.0.0.1:\d+ cannot be trusted .*trust the authority/);
    expect(stub.requests).toEqual([]);
  });

  it('follows what the function says now', async () => {
    const stub = await startStub({ tls });
    let trusted: string[] = [];
    const client = clientOf({ trust: () => trusted });
    expect(await codeOf(client.ping(stub.host, { signal }))).toBe('UNAVAILABLE');
    trusted = [authority];
    expect(await codeOf(client.ping(stub.host, { signal }))).toBe('success');
    trusted = [];
    expect(await codeOf(client.ping(stub.host, { signal }))).toBe('UNAVAILABLE');
  });

  it('is not needed for an insecure registry', async () => {
    const stub = await startStub({ tls });
    expect(await digestAt(stub.host, { insecure: (host) => host === stub.host })).toBe(image.descriptor.digest);
  });

  it('is for the names in the certificate only', async () => {
    const stub = await startStub({ tls });
    const pull = digestAt(`registry.example.com:${stub.port}`, {
      trust: () => [authority],
      lookup: (_host, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    await expect(pull).rejects.toThrow(/certificate of registry.example.com:\d+ cannot be trusted/);
  });

  it('fails for certificates that are none', async () => {
    const stub = await startStub({ tls });
    const broken = '-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n';
    expect(await codeOf(digestAt(stub.host, { trust: () => [broken] }))).toBe('UNAVAILABLE');
  });
});

describe('plain http', () => {
  it('is spoken with insecure registries only', async () => {
    const stub = await startStub();
    expect(await codeOf(digestAt(stub.host, {}))).toBe('HTTP_ONLY');
    expect(await digestAt(stub.host, { insecure: () => true })).toBe(image.descriptor.digest);
  });
});

describe('an insecure registry', () => {
  it('may change between http and TLS', async () => {
    const client = clientOf({ insecure: () => true, attempts: 2 });
    const port = await closedPort();
    const repository = client.repository({ host: `127.0.0.1:${port}`, name: 'team/app' });
    for (const options of [{ port }, { port, tls }, { port }]) {
      const stub = await startStub(options);
      expect(
        await repository.manifest('1.0', { signal }).catch(() => repository.manifest('1.0', { signal })),
      ).toMatchObject({
        digest: image.descriptor.digest,
      });
      await stub.close();
    }
  });
});

describe('what cannot be reached', () => {
  it.each([
    ['a port that nobody listens on', async () => `127.0.0.1:${await closedPort()}`],
    ['a name that does not exist', () => 'registry.invalid'],
  ])('%s is unavailable', async (_, host) => {
    expect(await codeOf(digestAt(await host(), {}))).toBe('UNAVAILABLE');
  });

  it('is named once', async () => {
    const host = `127.0.0.1:${await closedPort()}`;
    const pull = clientOf({ insecure: () => true }).ping(host, { signal });
    await expect(pull).rejects.toThrow(new RegExp(`^${host} cannot be reached \\(`));
  });

  it('is given up when the signal says so', async () => {
    const stub = await startStub({ intercept: () => true });
    const leaving = new AbortController();
    const pull = clientOf({ insecure: () => true }).ping(stub.host, { signal: leaving.signal });
    leaving.abort(new Error('no more'));
    await expect(pull).rejects.toThrow('no more');
  });

  it('that never answers is given up after the idle time', async () => {
    const stub = await startStub({ intercept: () => true });
    const pull = clientOf({ insecure: () => true, idleTimeoutMs: 50 }).ping(stub.host, { signal });
    await expect(pull).rejects.toThrow(/does not answer in time/);
  });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('the address policy', () => {
  const insecure = () => true;

  it('refuses an address in the host', async () => {
    const stub = await startStub();
    expect(await codeOf(digestAt(stub.host, { insecure, addresses: publicAddressesOnly() }))).toBe('ADDRESS_REFUSED');
    expect(await codeOf(digestAt(`localhost:${stub.port}`, { insecure, addresses: publicAddressesOnly() }))).toBe(
      'ADDRESS_REFUSED',
    );
    expect(stub.requests).toEqual([]);
  });

  it('lets exceptions through', async () => {
    const stub = await startStub();
    const addresses = publicAddressesOnly({ allow: [stub.host] });
    expect(await digestAt(stub.host, { insecure, addresses })).toBe(image.descriptor.digest);
  });

  it('cannot be passed by a name that changes its address', async () => {
    const stub = await startStub();
    // Nobody listens at the first one, which is allowed.
    const answers = ['127.0.0.2', '127.0.0.1'];
    const client = clientOf({
      insecure,
      addresses: ({ address }) => address === '127.0.0.2',
      lookup: (_host, _options, callback) => callback(null, [{ address: answers[0] ?? '', family: 4 }]),
    });
    const host = `rebinding.example.com:${stub.port}`;
    expect(await codeOf(client.ping(host, { signal }))).toBe('UNAVAILABLE');
    answers.shift();
    expect(await codeOf(client.ping(host, { signal }))).toBe('ADDRESS_REFUSED');
    expect(stub.requests).toEqual([]);
  });

  it('picks the allowed ones among several addresses', async () => {
    const stub = await startStub();
    const client = clientOf({
      insecure,
      addresses: ({ address }) => address === '127.0.0.1',
      lookup: (_host, _options, callback) => {
        const addresses = ['127.0.0.3', '127.0.0.1'].map((address) => ({ address, family: 4 }));
        callback(null, addresses);
      },
    });
    await client.ping(`registry.example.com:${stub.port}`, { signal });
    expect(stub.requests).toHaveLength(1);
  });

  it('holds for token endpoints', async () => {
    const tokens = await startStub();
    const stub = await startStub({ tokens: { realm: `http://localhost:${tokens.port}/token` } });
    const addresses = publicAddressesOnly({ allow: [stub.host] });
    expect(await codeOf(digestAt(stub.host, { insecure, addresses }))).toBe('ADDRESS_REFUSED');
    expect(tokens.requests).toEqual([]);
  });

  it('holds for redirects', async () => {
    const inner = await startStub();
    const stub = await startStub({ intercept: redirectingBlobs(() => `http://localhost:${inner.port}/secret`) });
    const addresses = publicAddressesOnly({ allow: [stub.host] });
    const repository = clientOf({ insecure, addresses }).repository({ host: stub.host, name: 'team/app' });
    expect(await codeOf(repository.blob(config!.descriptor.digest as Digest, { signal }))).toBe('ADDRESS_REFUSED');
    expect(inner.requests).toEqual([]);
  });
});

function redirectingBlobs(location: () => string): NonNullable<StubRegistryOptions['intercept']> {
  return ({ path }, response) => {
    if (!path.includes('/blobs/')) return false;
    response.writeHead(307, { location: location() }).end();
    return true;
  };
}

describe('redirects', () => {
  it('to another host carry no credentials and no headers of ours', async () => {
    const store = await startStub({
      intercept: (_, response) => {
        response.writeHead(200, { 'content-length': config!.bytes.byteLength }).end(config!.bytes);
        return true;
      },
    });
    const stub = await startStub({ tokens: {} });
    const redirect = redirectingBlobs(() => `http://localhost:${store.port}/blob?signature=hush`);
    stub.intercept = (seen, response, count) =>
      seen.headers.authorization !== undefined && redirect(seen, response, count);
    const client = clientOf({ insecure: () => true, headers: { 'X-Registry-Request-URL': 'ours' } });
    const { body } = await client
      .repository({ host: stub.host, name: 'team/app' })
      .blob(config!.descriptor.digest as Digest, { signal });
    expect((await buffer(body)).equals(config!.bytes)).toBe(true);
    const [seen] = store.requests;
    expect(seen?.headers.authorization).toBeUndefined();
    expect(seen?.headers['x-registry-request-url']).toBeUndefined();
    const blob = stub.requests.find(({ path, headers }) => path.includes('/blobs/') && headers.authorization);
    expect(blob?.headers['x-registry-request-url']).toBe('ours');
  });

  it('that refuse their own signature are a failure of the registry, without the signature', async () => {
    const store = await startStub({ intercept: (_, response) => (response.writeHead(403).end(), true) });
    const stub = await startStub({
      intercept: redirectingBlobs(() => `http://localhost:${store.port}/b?signature=hush`),
    });
    const repository = clientOf({ insecure: () => true, attempts: 2 }).repository({
      host: stub.host,
      name: 'team/app',
    });
    const open = repository.blob(config!.descriptor.digest as Digest, { signal });
    await expect(open).rejects.toMatchObject({ code: 'UNAVAILABLE', status: 403 });
    await expect(open).rejects.not.toThrow(/hush/);
    expect(store.requests).toHaveLength(2);
  });

  it.each([
    ['round in circles', (stub: StubRegistry) => `${stub.url}/v2/team/app/blobs/x`],
    ['to another protocol', () => 'file:///etc/passwd'],
    ['with credentials', () => 'http://a:hush@localhost/'],
  ])('%s are refused', async (_, location) => {
    const stub = await startStub();
    stub.intercept = redirectingBlobs(() => location(stub));
    const repository = clientOf({ insecure: () => true }).repository({ host: stub.host, name: 'team/app' });
    const open = repository.blob(config!.descriptor.digest as Digest, { signal });
    await expect(open).rejects.toMatchObject({ code: 'INVALID' });
    await expect(open).rejects.not.toThrow(/hush/);
    expect(stub.asked('GET').length).toBeLessThanOrEqual(6);
  });

  it('from https to http are refused', async () => {
    const store = await startStub();
    const stub = await startStub({ tls, intercept: redirectingBlobs(() => `http://localhost:${store.port}/b`) });
    const repository = clientOf({ trust: () => [authority] }).repository({ host: stub.host, name: 'team/app' });
    expect(await codeOf(repository.blob(config!.descriptor.digest as Digest, { signal }))).toBe('INVALID');
    expect(store.requests).toEqual([]);
  });
});

describe('a token endpoint over http', () => {
  it('gets no credentials from a secure registry', async () => {
    const tokens = await startStub();
    const stub = await startStub({ tls, tokens: { realm: `http://localhost:${tokens.port}/token` } });
    const credentials = () => [{ username: 'ann', password: 'hush' }];
    expect(await codeOf(digestAt(stub.host, { trust: () => [authority], credentials }))).toBe('INVALID');
    expect(tokens.requests).toEqual([]);
  });
});

describe('a connection', () => {
  const digest = config!.descriptor.digest as Digest;

  it('serves one question after the other, also for headers only', async () => {
    const ports: unknown[] = [];
    const stub = await startStub({ intercept: (_, { socket }) => (ports.push(socket?.remotePort), false) });
    const repository = clientOf({ insecure: () => true }).repository({ host: stub.host, name: 'team/app' });
    for (let turn = 0; turn < 3; turn += 1) {
      await repository.statManifest('1.0', { signal });
      await repository.statBlob(digest, { signal });
      await repository.manifest('1.0', { signal });
    }
    expect(ports.length).toBeGreaterThanOrEqual(9);
    // The second one begins while the first one still ends its answer.
    expect(new Set(ports).size).toBeLessThanOrEqual(2);
  });

  it('on which a body follows where none belongs is not used for the next answer', async () => {
    const lie = 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx';
    const stub = await startStub({
      intercept: ({ method, path }, { socket }) => {
        if (method !== 'HEAD' || !path.includes('/blobs/')) return false;
        socket?.write(`HTTP/1.1 200 OK\r\ncontent-length: ${config!.bytes.byteLength}\r\n\r\n${lie}`);
        return true;
      },
    });
    const repository = clientOf({ insecure: () => true, attempts: 2 }).repository({
      host: stub.host,
      name: 'team/app',
    });
    expect(await repository.statBlob(digest, { signal })).toEqual({ size: config!.bytes.byteLength });
    expect((await repository.manifest('1.0', { signal })).digest).toBe(image.descriptor.digest);
  });
});

describe('observations', () => {
  it('tell of each request', async () => {
    const stub = await startStub({ tokens: {} });
    const seen: unknown[] = [];
    const onRequest: RegistryClientOptions['onRequest'] = ({ seconds, ...rest }) => {
      expect(seconds).toBeGreaterThan(0);
      seen.push(rest);
    };
    await digestAt(stub.host, { insecure: () => true, onRequest });
    const registry = stub.host;
    expect(seen).toEqual([
      { registry, operation: 'ping', code: 'HTTP_ONLY' },
      { registry, operation: 'ping', code: 401 },
      { registry, operation: 'token', code: 200 },
      { registry, operation: 'manifest', code: 200 },
    ]);
  });
});
