import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { createCertificateAuthority, issueServerCertificate, temporaryFolder } from '@longshore/testkit';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withResolvers } from '../informers/with-resolvers.js';
import type { Connection } from '../kubeconfig/connection.js';
import { ManualClock } from '../testing/manual-clock.js';
import { readText } from './body-reader.js';
import { HttpTransport, type HttpTransportOptions } from './http-transport.js';
import { KubeClient } from './kube-client.js';
import { CredentialError, UnreachableError } from './transport.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let folder: string;
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(() => {
  folder = temporaryFolder('http-transport');
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

async function serve(handler: Handler): Promise<URL> {
  return new URL(`http://127.0.0.1:${await listen(createServer(handler))}`);
}

function connect(connection: Partial<Connection> & { server: URL }, options: HttpTransportOptions = {}) {
  const transport = new HttpTransport({ credential: {}, namespace: 'default', ...connection }, options);
  cleanups.push(() => transport.close());
  return transport;
}

const get = async (transport: HttpTransport, path = '/version') => {
  const { status, body } = await transport.request({ method: 'GET', path });
  return `${status} ${await readText(body, 1000)}`;
};

describe('HttpTransport', () => {
  it('sends method, path, query, headers and body, below the path of the server', async () => {
    const server = await serve((request, response) => {
      void readText(request, 100).then((body) => {
        const { method, url, headers } = request;
        response.end(
          JSON.stringify([method, url, headers['user-agent'], headers['impersonate-group'], headers['x-a'], body]),
        );
      });
    });
    const headers = { 'impersonate-user': ['u'], 'impersonate-group': ['a', 'b'] };
    const transport = connect({ server: new URL(`${server.href}base/`), headers }, { userAgent: 'test' });
    const query = new URLSearchParams({ a: 'b c' });
    const request = { method: 'POST', path: '/api', query, headers: { 'x-a': '1' }, body: '{}' } as const;
    const { status, body } = await transport.request(request);
    expect(status).toBe(200);
    expect(JSON.parse(await readText(body, 1000))).toEqual(['POST', '/base/api?a=b+c', 'test', 'a, b', '1', '{}']);
  });

  it('streams a body', async () => {
    const server = await serve((request, response) => {
      void readText(request, 100).then((body) => response.end(body));
    });
    async function* chunks() {
      yield Buffer.from('a');
      yield Buffer.from('b');
    }
    const { body } = await connect({ server }).request({ method: 'PUT', path: '/', body: chunks() });
    expect(await readText(body, 100)).toBe('ab');
  });

  it('follows no redirect, and passes on what the server says', async () => {
    const server = await serve((_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end('x'));
    expect(await get(connect({ server }))).toBe('302 x');
  });

  it('says that a server cannot be reached', async () => {
    const closed = createServer();
    const port = await listen(closed);
    await new Promise((resolve) => closed.close(resolve));
    const transport = connect({ server: new URL(`http://127.0.0.1:${port}`) });
    await expect(get(transport)).rejects.toThrow(UnreachableError);
    await expect(get(transport)).rejects.toThrow(/^127\.0\.0\.1:\d+ cannot be reached: .*ECONNREFUSED/);
  });

  it('ends a watch with its signal', async () => {
    const left = withResolvers<void>();
    const server = await serve((_, response) => {
      response.on('close', () => left.resolve());
      response.write('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n');
    });
    const client = new KubeClient(connect({ server }));
    const abort = new AbortController();
    const seen: string[] = [];
    const watching = (async () => {
      const type = { group: '', version: 'v1', resource: 'pods' };
      for await (const { object } of client.watch(type, { signal: abort.signal })) {
        seen.push(object.metadata.name ?? '');
        abort.abort(new Error('enough'));
      }
    })();
    await expect(watching).rejects.toThrow();
    await left.promise;
    expect(seen).toEqual(['a']);
  });

  it('says that a watch broke off', async () => {
    const server = await serve((_, response) => {
      response.write('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n', () => response.destroy());
    });
    const client = new KubeClient(connect({ server }));
    const watching = (async () => {
      for await (const _ of client.watch({ group: '', version: 'v1', resource: 'pods' }));
    })();
    await expect(watching).rejects.toThrow(UnreachableError);
  });
});

describe('answers that are repeated', () => {
  it('leave no connection behind', async () => {
    let count = 0;
    const sockets = new Set<unknown>();
    const server = await serve((request, response) => {
      sockets.add(request.socket);
      if (++count > 20) response.end('{}');
      else response.writeHead(429, { 'retry-after': '0' }).end('x'.repeat(1000));
    });
    const client = new KubeClient(connect({ server }, { connections: 2 }), {
      retry: { attempts: 30, baseMs: 0, maxMs: 0 },
    });
    expect(await client.getPath('/')).toEqual({});
    expect(sockets.size).toBeLessThanOrEqual(2);
  });
});

describe('credentials', () => {
  const echo: Handler = (request, response) => response.end(request.headers.authorization ?? 'none');

  it('sends a token, or none', async () => {
    const server = await serve(echo);
    expect(await get(connect({ server }))).toBe('200 none');
    expect(await get(connect({ server, credential: { token: { data: Buffer.from('abc') } } }))).toBe('200 Bearer abc');
  });

  it('reads a token file again after a minute, and at once when it is refused', async () => {
    const file = join(folder, 'token');
    const server = await serve((request, response) => {
      const sent = request.headers.authorization;
      if (sent === 'Bearer refused') response.statusCode = 401;
      response.end(sent);
    });
    await writeFile(file, 'one\n');
    const clock = new ManualClock();
    const transport = connect({ server, credential: { token: { file } } }, { clock });
    expect(await get(transport)).toBe('200 Bearer one');
    await writeFile(file, 'refused');
    expect(await get(transport)).toBe('200 Bearer one');
    await clock.advance(60_000);
    expect(await get(transport)).toBe('401 Bearer refused');
    await writeFile(file, 'three');
    expect(await get(transport)).toBe('200 Bearer three');
  });

  it('names a file that is missing', async () => {
    const server = await serve(echo);
    const transport = connect({ server, credential: { token: { file: join(folder, 'none') } } });
    await expect(get(transport)).rejects.toThrow(CredentialError);
    await expect(get(transport)).rejects.toThrow(/none cannot be read: ENOENT/);
  });

  describe('by a program', () => {
    const plugin = async (script: string) => {
      const path = join(folder, 'plugin.mjs');
      await writeFile(path, script);
      return { exec: { command: process.execPath, args: [path], env: { COUNTER: join(folder, 'counter') } } };
    };
    const counting = `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
      const path = process.env.COUNTER;
      const count = existsSync(path) ? Number(readFileSync(path, 'utf8')) + 1 : 1;
      writeFileSync(path, String(count));
      const { apiVersion, kind } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
      const status = { token: 'token-' + count, expirationTimestamp: '2026-01-01T01:00:00Z' };
      console.log(JSON.stringify({ apiVersion, kind, status }));`;

    it('runs it once until the token expires or is refused', async () => {
      await rm(join(folder, 'counter'), { force: true });
      const server = await serve((request, response) => {
        if (request.headers.authorization === 'Bearer token-2') response.statusCode = 401;
        echo(request, response);
      });
      const clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z'));
      const transport = connect({ server, credential: await plugin(counting) }, { clock });
      expect(await Promise.all([get(transport), get(transport)])).toEqual(['200 Bearer token-1', '200 Bearer token-1']);
      await clock.advance(3_590_000);
      expect(await get(transport)).toBe('200 Bearer token-3');
    });

    it.each([
      ['console.log("secret-token")', /printed no JSON$/],
      ['console.log("{}")', /printed no ExecCredential/],
      [
        'console.log(JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", status: {} }))',
        /neither a token nor a client certificate/,
      ],
      ['console.error("log in first"); process.exit(3)', /failed: log in first$/],
    ])('tells why it gave nothing: %s', async (script, message) => {
      const transport = connect({ server: new URL('http://127.0.0.1:1'), credential: await plugin(script) });
      await expect(get(transport)).rejects.toThrow(CredentialError);
      await expect(get(transport)).rejects.toThrow(message);
    });

    it('tells how to get a program that is missing', async () => {
      const exec = { command: join(folder, 'no-such-program'), args: [], env: {}, installHint: 'dnf install it' };
      const transport = connect({ server: new URL('http://127.0.0.1:1'), credential: { exec } });
      await expect(get(transport)).rejects.toThrow(/was not found: dnf install it$/);
    });
  });
});

describe('TLS', () => {
  it('checks the server, shows a client certificate, and obeys tls-server-name and insecure-skip-tls-verify', async () => {
    const ca = await createCertificateAuthority(join(folder, 'ca'));
    const files = await issueServerCertificate(ca, { dir: join(folder, 'server') });
    const [cert, key, authority] = await Promise.all(
      [files.certificate, files.key, ca.certificate].map((file) => readFile(file)),
    );
    const options = { cert, key, ca: authority, requestCert: true, rejectUnauthorized: false };
    const server = createTlsServer(options, (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      response.end(subject?.CN ?? 'nobody');
    });
    const url = new URL(`https://127.0.0.1:${await listen(server)}`);
    const certificateAuthority = { file: ca.certificate };
    expect(await get(connect({ server: url, certificateAuthority }))).toBe('200 nobody');
    const credential = { certificate: { data: cert as Buffer }, key: { file: files.key } };
    expect(await get(connect({ server: url, certificateAuthority, credential }))).toBe('200 Longshore test server');
    await expect(get(connect({ server: url }))).rejects.toThrow(/cannot be reached: .*certificate/);
    expect(await get(connect({ server: url, insecureSkipTlsVerify: true }))).toBe('200 nobody');
    const named = connect({ server: url, certificateAuthority, tlsServerName: 'other.example' });
    await expect(get(named)).rejects.toThrow(/other\.example/);
  });
});

describe('proxy-url', () => {
  it('asks the proxy to connect', async () => {
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    const proxyUrl = new URL(`http://127.0.0.1:${await listen(proxy)}`);
    const transport = connect({ server: new URL('https://api.example:6443'), proxyUrl });
    await expect(get(transport)).rejects.toThrow(UnreachableError);
    expect(asked).toEqual(['api.example:6443']);
  });
});
