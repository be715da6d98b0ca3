import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { StubRegistry } from '@longshore/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RegistryClient } from '../client/registry-client.js';
import { publicAddressesOnly } from './address-policy.js';
import { proxyFor, proxyFromEnvironment } from './proxy.js';

describe('proxyFromEnvironment', () => {
  it.each([
    [{}, {}],
    [
      { HTTPS_PROXY: 'http://p:1', http_proxy: 'p:2', no_proxy: 'a' },
      { httpsProxy: 'http://p:1', httpProxy: 'p:2', noProxy: 'a' },
    ],
    [{ HTTP_PROXY: 'http://upper:1', http_proxy: 'http://lower:1' }, { httpProxy: 'http://upper:1' }],
    [{ HTTP_PROXY: '', http_proxy: 'http://lower:1' }, { httpProxy: 'http://lower:1' }],
  ])('%j: %j', (env, expected) => expect(proxyFromEnvironment(env)).toEqual(expected));

  it.each(['socks5://p:1080', 'http://', '::'])('refuses %j without quoting a password', (proxy) => {
    expect(() => proxyFromEnvironment({ HTTPS_PROXY: proxy })).toThrow(/^(the|a) proxy/);
  });
});

describe('proxyFor', () => {
  const proxied = (url: string, noProxy = '') =>
    proxyFor(new URL(url), { httpProxy: 'http://h:1', httpsProxy: 's:2', noProxy })?.href;

  it.each([
    ['http://quay.io/', 'http://h:1/'],
    ['https://quay.io/', 'http://s:2/'],
    ['https://localhost/', undefined],
    ['https://127.0.0.9:5000/', undefined],
    ['https://[::1]/', undefined],
  ])('%s: %s', (url, expected) => expect(proxied(url)).toBe(expected));

  it.each([
    ['*', 'https://quay.io/', true],
    ['quay.io', 'https://quay.io/', true],
    ['quay.io', 'https://cdn.quay.io/', true],
    ['QUAY.io', 'https://quay.io/', true],
    ['quay.io', 'https://notquay.io/', false],
    ['.quay.io', 'https://quay.io/', false],
    ['.quay.io', 'https://cdn.quay.io/', true],
    ['*.quay.io', 'https://cdn.quay.io/', true],
    ['*.quay.io', 'https://quay.io/', false],
    ['quay.io:8443', 'https://quay.io/', false],
    ['quay.io:443', 'https://quay.io/', true],
    ['quay.io:8443', 'https://quay.io:8443/', true],
    ['10.0.0.0/8', 'https://10.1.2.3/', true],
    ['10.0.0.0/8', 'https://11.1.2.3/', false],
    ['10.0.0.0/99', 'https://10.1.2.3/', false],
    ['10.1.2.3', 'https://10.1.2.3:5000/', true],
    ['10.1.2.3:5000', 'https://10.1.2.3:5001/', false],
    ['fd00::/8', 'https://[fd00::1]/', true],
    ['fd00::1', 'https://[fd00:0::1]/', true],
    ['[fd00::1]:5000', 'https://[fd00::1]:5000/', true],
    [' a , , quay.io ', 'https://quay.io/', true],
    [':443', 'https://quay.io/', false],
  ])('no_proxy %j, %s goes straight: %j', (noProxy, url, straight) => {
    expect(proxied(url, noProxy) === undefined).toBe(straight);
  });

  it('never fails for what stands in no_proxy', () => {
    const entry = fc.string({ unit: fc.constantFrom('a', '.', '*', ':', '/', ',', '[', ']', '1', ' '), maxLength: 20 });
    fc.assert(fc.property(entry, (noProxy) => void proxied('https://a.1.a:11/', noProxy)));
  });
});

describe('a client behind a proxy', () => {
  /** Answers CONNECT by a tunnel to the registry, and plain requests with a status; remembers both. */
  async function withProxy(run: (proxy: string, seen: string[]) => Promise<void>): Promise<void> {
    const seen: string[] = [];
    const sockets = new Set<Socket>();
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      response.writeHead(200, { 'docker-distribution-api-version': 'registry/2.0' }).end('{}');
    });
    server.on('connect', (request: IncomingMessage, socket: Socket) => {
      seen.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`);
      const port = Number(request.url?.split(':').at(-1));
      // Whatever this machine has there is not meant.
      if (port === 443) return void socket.destroy();
      const upstream = connect(port, '127.0.0.1');
      for (const one of [socket, upstream]) sockets.add(one.on('error', () => socket.destroy()));
      upstream.once('connect', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      socket.pipe(upstream).pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await run(`127.0.0.1:${(server.address() as AddressInfo).port}`, seen);
    } finally {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  it('tunnels https, and sends http as it is', async () => {
    const stub = await StubRegistry.start();
    const host = `registry.example.com:${stub.port}`;
    await withProxy(async (proxy, seen) => {
      const client = new RegistryClient({
        insecure: () => true,
        proxy: { httpsProxy: `http://ann:pass@${proxy}`, httpProxy: `http://${proxy}` },
        addresses: publicAddressesOnly(),
      });
      await client.ping(host, { signal: AbortSignal.timeout(20_000) });
      await client.close();
      const authorization = `Basic ${Buffer.from('ann:pass').toString('base64')}`;
      // The stub speaks no TLS, so that the tunnel leads to a failure, and http follows.
      expect(seen).toEqual([`CONNECT ${host} ${authorization}`, `GET http://${host}/v2/`]);
    });
    expect(stub.requests).toEqual([]);
    await stub.close();
  });

  it('reaches docker.io by the host of its API', async () => {
    await withProxy(async (proxy, seen) => {
      const client = new RegistryClient({
        insecure: () => true,
        attempts: 1,
        proxy: { httpsProxy: proxy, httpProxy: proxy },
      });
      const signal = AbortSignal.timeout(20_000);
      const manifest = client.repository({ host: 'docker.io', name: 'busybox' }).manifest('latest', { signal });
      await expect(manifest).rejects.toMatchObject({ code: 'INVALID' });
      await client.close();
      expect(seen).toEqual([
        'CONNECT registry-1.docker.io:443 ',
        'GET http://registry-1.docker.io/v2/',
        'GET http://registry-1.docker.io/v2/library/busybox/manifests/latest',
      ]);
    });
  });

  it('fails when the proxy gives no tunnel', async () => {
    await withProxy(async (proxy, seen) => {
      const client = new RegistryClient({ attempts: 2, proxy: { httpsProxy: proxy } });
      const ping = client.ping('registry.example.com:1', { signal: AbortSignal.timeout(20_000) });
      await expect(ping).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await client.close();
      expect(seen).toHaveLength(2);
    });
  });

  it('asks the address policy for addresses', async () => {
    await withProxy(async (proxy, seen) => {
      const client = new RegistryClient({ proxy: { httpsProxy: proxy }, addresses: publicAddressesOnly() });
      const ping = client.ping('10.0.0.1', { signal: AbortSignal.timeout(20_000) });
      await expect(ping).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' });
      await client.close();
      expect(seen).toEqual([]);
    });
  });
});
