/** Routes of the embedded cluster, with container clients that reach a registry behind them (seed 004, chapter 5). */
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { createAuthority, issueLeaf } from '@longshore/cluster';
import {
  createImage,
  kubeadminPassword,
  requireProgram,
  runProgram,
  startCluster,
  tokenOf,
  writeOciLayout,
  type ContainerTools,
  type RunningCluster,
} from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Journey } from './journey.js';

const NAMESPACE = 'openshift-image-registry';
const DOMAIN = 'apps.longshore.localhost';

const journey = new Journey();
let cluster: RunningCluster;
let tools: ContainerTools;
let proxy: Server;
let authority: Awaited<ReturnType<typeof createAuthority>>;
let certDir = '';
let router = '';

const host = (route: string) => `${route}-${NAMESPACE}.${DOMAIN}`;
const kubectl = async (...args: string[]) => (await cluster.kubectl(['-n', NAMESPACE, ...args])).stdout;
const apply = (...items: object[]) =>
  cluster.kubectl(['apply', '-n', NAMESPACE, '-f', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  });

beforeAll(async () => {
  [cluster, tools] = await Promise.all([startCluster(), journey.tools()]);
  router = cluster.routerAddress;
  proxy = await proxyTo(router);
  certDir = journey.folder();
  await mkdir(certDir, { recursive: true });
  authority = await createAuthority('journey', 1, new Date());
});
afterAll(async () => {
  proxy?.close();
  await journey.end();
  await cluster?.stop();
});

/** Takes clients to the router, whatever host they want: nobody resolves the hosts of routes for them. */
async function proxyTo(address: string): Promise<Server> {
  const [hostname, port] = address.split(':');
  const server = createServer();
  server.on('connect', (_request, client: Socket) => {
    const target = connect({ host: hostname ?? '', port: Number(port) }, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(target).pipe(client);
    });
    for (const socket of [client, target]) {
      socket.on('error', () => undefined);
      socket.on('close', () => [client, target].forEach((one) => one.destroy()));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Certificate and key of a registry, as files. */
async function tlsFiles(names: string[]): Promise<{ certificate: string; key: string }> {
  const dir = journey.folder();
  await mkdir(dir, { recursive: true });
  const pair = await issueLeaf(authority, { commonName: 'store', usage: 'server', names, days: 1, now: new Date() });
  const files = { certificate: join(dir, 'tls.crt'), key: join(dir, 'tls.key') };
  await writeFile(files.certificate, pair.certificate);
  await writeFile(files.key, pair.key);
  return files;
}

/** A service without a selector, in front of a server of this machine. */
function service(name: string, address: string): object[] {
  const [ip = '', port] = address.split(':');
  const metadata = { name };
  const subsets = [{ addresses: [{ ip }], ports: [{ name: 'main', port: Number(port) }] }];
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ name: 'main', port: 5000 }] } },
    { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets },
  ];
}

async function expose(name: string, to: string, tls: object): Promise<void> {
  const spec = { to: { kind: 'Service', name: to }, tls };
  await apply({ apiVersion: 'route.openshift.io/v1', kind: 'Route', metadata: { name }, spec });
  await kubectl(
    'wait',
    `route/${name}`,
    '--for=jsonpath={.status.ingress[0].conditions[0].status}=True',
    '--timeout=20s',
  );
}

/** The endpoints of a service may come behind its route. */
const answers = (route: string) =>
  vi.waitFor(
    async () => {
      const [name, port] = router.split(':');
      const resolve = ['--resolve', `${host(route)}:${port}:${name}`, '--cacert', join(certDir, 'ca.crt')];
      const curl = await requireProgram('curl', 'curl');
      const status = ['-sS', '-o', '/dev/null', '-w', '%{http_code}'];
      const { stdout } = await runProgram(curl, [...status, ...resolve, `https://${host(route)}:${port}/v2/`]);
      expect(['200', '401']).toContain(stdout);
    },
    { timeout: 20_000, interval: 200 },
  );

/** Copies an image of a few megabytes to the registry behind a route and back. */
async function pushAndPull(route: string, ...credentials: string[]): Promise<void> {
  const [before, after] = [journey.folder(), journey.folder()];
  const image = createImage({ seed: route, layers: 3, size: 2 ** 21 });
  await writeOciLayout(before, { image });
  const command = await requireProgram('skopeo', 'skopeo');
  const { port } = proxy.address() as AddressInfo;
  const env = { ...tools.env, HTTPS_PROXY: `http://127.0.0.1:${port}` };
  const copy = (from: string, to: string, side: 'src' | 'dest') => {
    const options = [`--${side}-cert-dir=${certDir}`, ...credentials.map((one) => `--${side}-creds=${one}`)];
    return runProgram(command, ['copy', ...options, from, to], { env });
  };
  const name = `docker://${host(route)}/journey/app:1`;
  await copy(`oci:${before}:image`, name, 'dest');
  await copy(name, `oci:${after}:image`, 'src');
  const index = JSON.parse(await readFile(join(after, 'index.json'), 'utf8')) as { manifests: { digest: string }[] };
  expect(index.manifests[0]?.digest).toBe(image.descriptor.digest);
}

describe('a registry behind a route', () => {
  it('is trusted by the certificate of the router, which a secret holds', async () => {
    const template = '{{index .data "tls.crt"}}';
    const secret = ['secret', '-n', 'openshift-ingress', 'router-certs-default'];
    await vi.waitFor(async () => cluster.kubectl(['get', ...secret]), { timeout: 20_000, interval: 200 });
    const { stdout } = await cluster.kubectl(['get', ...secret, '-o', `go-template=${template}`]);
    await writeFile(join(certDir, 'ca.crt'), Buffer.from(stdout, 'base64').toString() + authority.certificate);
  });

  it('edge: is the registry of the cluster, with its users', async () => {
    await cluster.kubectl(['create', 'namespace', 'journey']);
    await apply(...service('edge', cluster.registryAddress));
    await expose('edge', 'edge', { termination: 'edge' });
    await answers('edge');
    await pushAndPull('edge', `kubeadmin:${await tokenOf(cluster, 'kubeadmin', kubeadminPassword(cluster))}`);
  });

  it('reencrypt and passthrough: speaks TLS itself', async () => {
    const tls = await tlsFiles([`store.${NAMESPACE}.svc`, host('through')]);
    const registry = await journey.longshore({ tls });
    await apply(...service('store', registry.address));
    await expose('again', 'store', { termination: 'reencrypt', destinationCACertificate: authority.certificate });
    await expose('through', 'store', { termination: 'passthrough' });
    for (const route of ['again', 'through']) {
      await answers(route);
      await pushAndPull(route);
    }
  });
});
