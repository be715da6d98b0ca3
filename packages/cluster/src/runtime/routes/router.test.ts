/** The router with real clients and backends, on the objects of a real API server. */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import {
  createServer as createHttpServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import { createServer as createHttpsServer, request as httpsRequest, type RequestOptions } from 'node:https';
import { connect, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { connect as connectSecurely } from 'node:tls';
import { runController } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { HostsFile } from '../../hosts-file.js';
import { KindServer } from '../../kinds/testing/kind-server.js';
import type { Route } from '../../kinds/openshift/route.js';
import { ClusterCertificates, type KeyPair } from '../../tls/index.js';
import { Router } from './router.js';

const ROUTES = 'routes.route.openshift.io';
const NAMESPACE = 'shop';

let folder = '';
let certificates: ClusterCertificates;
let kinds: KindServer;
let router: Router;
let port = 0;
const ending = new AbortController();
let running: Promise<void>;
const servers: Server[] = [];

beforeAll(async () => {
  folder = temporaryFolder('router');
  certificates = await ClusterCertificates.open({ dir: join(folder, 'pki'), names: ['localhost'] });
  await writeFile(join(folder, 'hosts'), '');
  const hostsFile = await HostsFile.open({ dataDir: folder, path: join(folder, 'hosts') });
  kinds = await KindServer.start({ defaultRouteHost: ({ metadata }) => `${metadata.name}.apps.test` });
  await kinds.create({ kind: 'Namespace', apiVersion: 'v1', metadata: { name: NAMESPACE } });
  const options = { appsDomain: 'apps.test', certificates, address: '127.0.0.1:0', insecureAddress: '127.0.0.1:0' };
  router = await Router.start(options, { hostsFile, onError });
  port = portOf(router.addresses.secure);
  running = runController(router.controller, {
    objects: kinds.server.objects,
    signal: ending.signal,
    onError,
  });
});
afterEach(async () => {
  for (const { metadata } of (await objects().list(ROUTES)).items) {
    await objects().delete(ROUTES, metadata.namespace ?? '', metadata.name ?? '');
  }
});
afterAll(async () => {
  ending.abort(new Error('the test ends'));
  await running;
  await router.close();
  for (const server of servers) server.close();
  await kinds.stop();
});

const onError = (error: unknown) => console.error(error);
const objects = () => kinds.server.objects;
const portOf = (address: string | undefined) => Number(/:(\d+)$/.exec(address ?? '')?.[1]);
const eventually = (look: () => unknown) => vi.waitFor(look, { timeout: 20_000, interval: 50 });

/** A backend on this machine; `keys`: with TLS. */
async function backend(listener: RequestListener, keys?: KeyPair): Promise<number> {
  const server =
    keys === undefined
      ? createHttpServer(listener)
      : createHttpsServer({ cert: keys.certificate, key: keys.key }, listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const answer =
  (text: string): RequestListener =>
  (request, response) => {
    request.resume();
    response.end(text);
  };

/** A service whose pods listen on these ports. */
async function service(name: string, ports: number[], annotations: Record<string, string> = {}): Promise<void> {
  const metadata = { name, namespace: NAMESPACE };
  const subsets = ports.map((number) => ({ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: number }] }));
  if ((await objects().get('services', NAMESPACE, name)) !== undefined) {
    await objects().change('endpoints', NAMESPACE, name, '', (old) => ({ ...old, subsets }));
    return;
  }
  const spec = { ports: [{ port: 80 }] };
  await kinds.create({ kind: 'Service', apiVersion: 'v1', metadata: { ...metadata, annotations }, spec });
  await kinds.create({ kind: 'Endpoints', apiVersion: 'v1', metadata, subsets });
}

async function route(name: string, to: string, tls?: object, more: object = {}): Promise<void> {
  const metadata = { name, namespace: NAMESPACE };
  const spec = { to: { kind: 'Service', name: to }, ...(tls && { tls }), ...more };
  await kinds.create({ kind: 'Route', apiVersion: 'route.openshift.io/v1', metadata, spec });
  await eventually(async () => expect(await condition(name)).toBeDefined());
}

async function condition(name: string) {
  const found = await objects().get<Route>(ROUTES, NAMESPACE, name);
  return found?.status?.ingress?.[0]?.conditions?.[0];
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Asks the router for a host, as a client that trusts `ca`. */
function ask(host: string, options: RequestOptions & { body?: Readable } = {}): Promise<Answer> {
  const { body, ...rest } = options;
  return new Promise((resolve, reject) => {
    const target = { host: '127.0.0.1', port, servername: host, ca: certificates.authority, agent: false as const };
    const sent = httpsRequest({ ...target, headers: { host }, ...rest }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (text += piece));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    });
    sent.on('error', reject);
    if (body === undefined) sent.end();
    else body.pipe(sent);
  });
}

const echo: RequestListener = (request, response) => {
  let length = 0;
  request.on('data', (piece: Buffer) => (length += piece.length));
  request.on('end', () => response.end(JSON.stringify({ method: request.method, headers: request.headers, length })));
};

describe('edge', () => {
  it('ends TLS with the certificate of the cluster, and tells the backend where a request came from', async () => {
    await service('edge', [await backend(echo)]);
    await route('edge', 'edge', { termination: 'edge' });
    const headers = { host: 'edge.apps.test', 'x-forwarded-for': '6.6.6.6', forwarded: 'host=evil' };
    const { status, body } = await ask('edge.apps.test', { headers });
    expect(status).toBe(200);
    expect((JSON.parse(body) as { headers: object }).headers).toMatchObject({
      host: 'edge.apps.test',
      'x-forwarded-host': 'edge.apps.test',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '127.0.0.1',
      forwarded: 'for=127.0.0.1;host="edge.apps.test";proto=https',
    });
    expect(await readFile(join(folder, 'hosts'), 'utf8')).toContain('127.0.0.1\tedge.apps.test\n');
  });

  it('passes bodies of any length on, with and without a length told before', async () => {
    await service('edge', [await backend(echo)]);
    await route('edge', 'edge', { termination: 'edge' });
    const pieces = () => Readable.from(Array.from({ length: 320 }, () => Buffer.alloc(65_536)));
    const length = 320 * 65_536;
    const chunked = await ask('edge.apps.test', { method: 'PUT', body: pieces() });
    expect(JSON.parse(chunked.body)).toMatchObject({ length, headers: { 'transfer-encoding': 'chunked' } });
    const headers = { host: 'edge.apps.test', 'content-length': length, expect: '100-continue' };
    const sized = await ask('edge.apps.test', { method: 'PATCH', headers, body: pieces() });
    expect(JSON.parse(sized.body)).toMatchObject({ length, headers: { 'content-length': String(length) } });
    const empty = await ask('edge.apps.test', { method: 'POST' });
    expect(JSON.parse(empty.body)).toMatchObject({ method: 'POST', length: 0, headers: { 'content-length': '0' } });
  });

  it('refuses a request for another host than the connection is for', async () => {
    await service('edge', [await backend(echo)]);
    await route('edge', 'edge', { termination: 'edge' });
    await route('other', 'edge', { termination: 'edge' });
    expect((await ask('edge.apps.test', { headers: { host: 'other.apps.test' } })).status).toBe(421);
    expect((await ask('none.apps.test')).status).toBe(503);
  });

  it('lets the client know when an answer breaks off', async () => {
    const breaking = await backend((request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half', () => request.socket.destroy());
    });
    await service('broken', [breaking]);
    await route('broken', 'broken', { termination: 'edge' });
    await expect(ask('broken.apps.test')).rejects.toThrow();
  });

  it('answers 502 when the backend gives none, 503 when there is none', async () => {
    await service('silent', [await backend((request) => request.socket.destroy())]);
    await route('silent', 'silent', { termination: 'edge' });
    expect((await ask('silent.apps.test')).status).toBe(502);
    await service('silent', []);
    await eventually(async () => expect((await ask('silent.apps.test')).status).toBe(503));
  });

  it('gives an answer that comes before the whole request', async () => {
    await service('early', [await backend((_request, response) => response.writeHead(401).end('who are you?'))]);
    await route('early', 'early', { termination: 'edge' });
    const body = Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(65_536)));
    expect(await ask('early.apps.test', { method: 'PUT', body })).toMatchObject({ status: 401, body: 'who are you?' });
  });

  it('breaks off at the backend when the client does', async () => {
    let begin: (request: IncomingMessage) => void;
    const begun = new Promise<IncomingMessage>((resolve) => (begin = resolve));
    await service('upload', [await backend((request) => begin(request.resume()))]);
    await route('upload', 'upload', { termination: 'edge' });
    const leaving = new AbortController();
    const body = new Readable({ read: () => undefined });
    body.push('half');
    const asked = ask('upload.apps.test', { method: 'PUT', body, signal: leaving.signal });
    const request = await begun;
    const broken = new Promise((resolve) => request.on('error', resolve));
    leaving.abort();
    await expect(asked).rejects.toThrow('aborted');
    expect(await broken).toMatchObject({ message: 'aborted' });
  });

  it('goes to another pod when one takes no connection', async () => {
    const [alive, dead] = [await backend(answer('alive')), await backend(answer('dead'))];
    const server = servers.at(-1);
    server?.close();
    await once(server as Server, 'close');
    await service('pods', [dead, alive]);
    await route('pods', 'pods', { termination: 'edge' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('pods.apps.test')));
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['alive']));
  });
});

describe('reencrypt', () => {
  const REENCRYPT = { termination: 'reencrypt' };

  it('speaks TLS to a service whose certificate the cluster issued', async () => {
    const keys = await certificates.issueServingCertificate('x', ['internal.shop.svc']);
    await service('internal', [await backend(echo, keys)]);
    await route('internal', 'internal', REENCRYPT);
    expect((await ask('internal.apps.test')).status).toBe(200);
  });

  it('believes no certificate for another service', async () => {
    const keys = await certificates.issueServingCertificate('x', ['other.shop.svc']);
    await service('pretender', [await backend(echo, keys)]);
    await route('pretender', 'pretender', REENCRYPT);
    const { status, body } = await ask('pretender.apps.test');
    expect([status, body]).toEqual([503, expect.stringContaining('is not trusted')]);
  });

  it('trusts the authority in the secret of the serving certificate, and that of the route', async () => {
    const other = await ClusterCertificates.open({ dir: join(folder, 'other'), names: ['localhost'] });
    const keys = await other.issueServingCertificate('x', ['signed.shop.svc']);
    await service('signed', [await backend(answer('signed'), keys)], {
      'service.beta.openshift.io/serving-cert-secret-name': 'signed-tls',
    });
    await route('signed', 'signed', REENCRYPT);
    await route('named', 'signed', { ...REENCRYPT, destinationCACertificate: other.authority });
    expect((await ask('named.apps.test')).body).toBe('signed');
    expect((await ask('signed.apps.test')).status).toBe(503);
    const data = { 'tls.crt': keys.certificate, 'tls.key': keys.key, 'ca.crt': other.authority };
    const metadata = { name: 'signed-tls', namespace: NAMESPACE };
    await kinds.create({ kind: 'Secret', apiVersion: 'v1', metadata, type: 'kubernetes.io/tls', stringData: data });
    await eventually(async () => expect((await ask('signed.apps.test')).body).toBe('signed'));
  });
});

describe('passthrough', () => {
  it('gives clients the TLS of the backend itself', async () => {
    const other = await ClusterCertificates.open({ dir: join(folder, 'through'), names: ['localhost'] });
    const keys = await other.issueServingCertificate('x', ['through.apps.test']);
    await service('through', [await backend(echo, keys)]);
    await route('through', 'through', { termination: 'passthrough' });
    const { status, body } = await ask('through.apps.test', { ca: other.authority });
    expect(status).toBe(200);
    expect((JSON.parse(body) as { headers: object }).headers).not.toHaveProperty('x-forwarded-for');
    await expect(ask('through.apps.test')).rejects.toThrow('certificate');
  });
});

describe('without TLS', () => {
  it.each<[string, object | undefined, number, string | undefined]>([
    ['plain', undefined, 200, undefined],
    ['refused', { termination: 'edge' }, 503, undefined],
    ['allowed', { termination: 'edge', insecureEdgeTerminationPolicy: 'Allow' }, 200, undefined],
    ['moved', { termination: 'edge', insecureEdgeTerminationPolicy: 'Redirect' }, 302, 'https://moved.apps.test'],
  ])('a route is %s', async (name, tls, status, location) => {
    await service('plain', [await backend(answer('plain'))]);
    await route(name, 'plain', tls);
    const host = `${name}.apps.test`;
    const sent = httpRequest(`http://${router.addresses.insecure}/a?b=1`, { headers: { host }, agent: false }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(status);
    expect(response.headers.location).toBe(location && `${location}:${port}/a?b=1`);
  });
});

describe('hosts', () => {
  it('belong to the route that had them first, until it goes', async () => {
    await service('hosts', [await backend(answer('hosts'))]);
    const host = { host: 'taken.apps.test' };
    await route('first', 'hosts', { termination: 'edge' }, host);
    await route('second', 'hosts', { termination: 'edge' }, host);
    expect(await condition('first')).toMatchObject({ type: 'Admitted', status: 'True' });
    expect(await condition('second')).toMatchObject({ status: 'False', reason: 'HostAlreadyClaimed' });
    await objects().delete(ROUTES, NAMESPACE, 'first');
    await eventually(async () => expect(await condition('second')).toMatchObject({ status: 'True' }));
    expect((await ask('taken.apps.test')).status).toBe(200);
  });

  it('go with their route, also from the hosts file', async () => {
    await service('hosts', [await backend(answer('hosts'))]);
    await route('gone', 'hosts', { termination: 'edge' });
    await objects().delete(ROUTES, NAMESPACE, 'gone');
    await eventually(async () => expect((await ask('gone.apps.test')).status).toBe(503));
    await eventually(async () => expect(await readFile(join(folder, 'hosts'), 'utf8')).not.toContain('gone'));
  });

  it('outside of the cluster are served, and not told to this machine', async () => {
    await service('hosts', [await backend(answer('hosts'))]);
    await route('outside', 'hosts', { termination: 'edge' }, { host: 'bank.example.com' });
    expect((await ask('bank.example.com', { checkServerIdentity: () => undefined })).body).toBe('hosts');
    expect(await readFile(join(folder, 'hosts'), 'utf8')).not.toContain('bank');
  });

  it('have a status that is written once', async () => {
    await service('hosts', [await backend(answer('hosts'))]);
    await route('quiet', 'hosts', { termination: 'edge' });
    const version = async () => (await objects().get(ROUTES, NAMESPACE, 'quiet'))?.metadata.resourceVersion;
    const before = await version();
    // The next route is looked at with all others.
    await route('next', 'hosts', { termination: 'edge' });
    expect(await version()).toBe(before);
  });
});

describe('certificates', () => {
  const shown = async (host: string) => {
    const socket = connectSecurely({ port, host: '127.0.0.1', servername: host, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return subject.CN;
  };

  it('of a route are shown for its host, and exchanged while it runs', async () => {
    await service('own', [await backend(answer('own'))]);
    const [one, two] = [
      await certificates.issueServingCertificate('one', ['own.apps.test']),
      await certificates.issueServingCertificate('two', ['own.apps.test']),
    ];
    await route('own', 'own', { termination: 'edge', ...one });
    expect(await shown('own.apps.test')).toBe('one');
    expect(await shown('none.apps.test')).toBe('*.apps.test');
    await objects().change<Route>(ROUTES, NAMESPACE, 'own', '', (old) => {
      return { ...old, spec: { ...old.spec, tls: { termination: 'edge', ...two } } };
    });
    await eventually(async () => expect(await shown('own.apps.test')).toBe('two'));
  });

  it('that do not fit their key are refused', async () => {
    const { certificate } = await certificates.issueServingCertificate('one', ['own.apps.test']);
    const { key } = await certificates.issueServingCertificate('two', ['own.apps.test']);
    await route('bad', 'own', { termination: 'edge', certificate, key });
    expect(await condition('bad')).toMatchObject({ status: 'False', reason: 'ExtendedValidationFailed' });
  });

  it('of all other hosts are in a secret, which may be exchanged', async () => {
    const name = 'router-certs-default';
    const secret = () =>
      objects().get<KubeObject & { data: Record<string, string> }>('secrets', 'openshift-ingress', name);
    const before = await secret();
    expect(before?.data).toHaveProperty(['tls.crt']);
    const own = await certificates.issueServingCertificate('mine', ['*.apps.test']);
    const metadata = { name, namespace: 'openshift-ingress' };
    const data = { 'tls.crt': encode(own.certificate), 'tls.key': encode(own.key) };
    await objects().update('secrets', { ...before, metadata, data } as KubeObject);
    await eventually(async () => expect(await shown('none.apps.test')).toBe('mine'));
    // What cannot be used is left to the administrator, and the cluster's shown meanwhile.
    const broken = { 'tls.crt': '', 'tls.key': encode(own.key) };
    await objects().update('secrets', { ...(await secret()), data: broken } as KubeObject);
    await eventually(async () => expect(await shown('none.apps.test')).toBe('*.apps.test'));
    expect((await secret())?.data).toEqual(broken);
    await objects().delete('secrets', 'openshift-ingress', name);
    await eventually(async () => expect((await secret())?.data['tls.crt']).toBeTruthy());
  });
  const encode = (text: string) => Buffer.from(text).toString('base64');
});

describe('a client that speaks no TLS', () => {
  it('is sent away', async () => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: edge.apps.test\r\n\r\n');
    await once(socket, 'close');
    expect(socket.bytesRead).toBe(0);
  });
});
