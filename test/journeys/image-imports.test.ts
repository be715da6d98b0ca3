/** Images of other registries: real ones with TLS and passwords, with tokens, and behind a proxy that fails (registry.md 3.9, 4). */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createImage,
  freePort,
  getManifest,
  pushTree,
  requestTo,
  requireProgram,
  startCluster,
  startProcess,
  type GeneratedManifest,
  type RunningCluster,
  type RunningProcess,
  type RunningRegistry,
  type Target,
} from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Journey } from './journey.js';

const PULLS = 50;
const IMAGE_API = 'image.openshift.io/v1';
const puller = { name: 'puller', password: randomUUID() };

const journey = new Journey();
let cluster: RunningCluster;
/** Whoever pulls from the cluster's registry. */
let target: Target;
let nginx: RunningProcess;
/** How many requests it has let fail. */
let failures: () => Promise<number>;
const sources: Record<string, Source> = {};

/** A registry beside the cluster, with one image at `team/app:v1`. */
interface Source {
  /** By which the cluster reaches it. */
  address: string;
  /** Which tells what was asked of it. */
  registry: RunningRegistry;
  image: GeneratedManifest;
}

beforeAll(async () => {
  const tls = await journey.tls();
  const auth = { htpasswd: await journey.htpasswd([puller]), rules: [] };
  const secure = await journey.dockerRegistry({ tls: tls.files, auth });
  const rules = [{ repository: '**', users: [puller.name], actions: ['pull', 'push'] }];
  const tokens = await journey.longshore({ auth: { ...auth, rules } });
  const plain = await journey.dockerRegistry();
  sources['with TLS and passwords'] = await fill(secure, secure.address, { ca: tls.ca, user: puller });
  sources['with tokens'] = await fill(tokens, tokens.address, { user: puller });
  sources['behind a proxy that fails every third request'] = await fill(plain, await startProxy(plain.address), {});
  cluster = await startCluster();
  await kubectl(['create', 'namespace', 'shop']);
  const key = secure.address.replace(':', '..');
  const trusted = [`--from-file=${key}=${join(tls.certDir, 'ca.crt')}`, '-n', 'openshift-config'];
  await kubectl(['create', 'configmap', 'registries', ...trusted]);
  await kubectl([
    'patch',
    'images.config.openshift.io',
    'cluster',
    '--type=merge',
    `-p=${JSON.stringify({ spec: imageConfig() })}`,
  ]);
  const role = ['--clusterrole=registry-editor', '--user=ed', '-n', 'shop'];
  await kubectl(['create', 'rolebinding', 'editors', ...role]);
  await kubectl(['wait', '--for=create', 'serviceaccount/default', '-n', 'shop']);
  const password = (await kubectl(['create', 'token', 'default', '-n', 'shop'])).trim();
  target = { url: `http://${cluster.registryAddress}`, user: { name: 'default', password } };
});
afterAll(async () => {
  await cluster?.stop();
  await nginx?.stop();
  await journey.end();
});

const kubectl = async (args: string[], input = '') => (await cluster.kubectl(args, { input })).stdout;

async function fill(registry: RunningRegistry, address: string, login: Omit<Target, 'url'>): Promise<Source> {
  const image = createImage({ seed: registry.address, layers: 3, size: 1_000_000 });
  await pushTree({ url: registry.url, ...login }, 'team/app', image, 'v1');
  return { address, registry, image };
}

/** What an administrator says of the registries: users may import from them, one has an authority of its own, two no TLS. */
function imageConfig() {
  const [secure, ...insecure] = Object.values(sources).map(({ address }) => address);
  return {
    allowedRegistriesForImport: [secure, ...insecure].map((domainName) => ({
      domainName,
      insecure: domainName !== secure,
    })),
    additionalTrustedCA: { name: 'registries' },
    registrySources: { insecureRegistries: insecure },
  };
}

/** An nginx before a registry, which sends every third request to where it fails. */
async function startProxy(address: string): Promise<string> {
  const dir = journey.folder();
  await mkdir(dir);
  const [port, broken] = [await freePort(), await freePort()];
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  await writeFile(
    join(dir, 'nginx.conf'),
    `daemon off; master_process off; pid nginx.pid; error_log stderr notice;
     events { worker_connections 512; }
     http {
       access_log access.log; ${temporary.join(' ')}
       proxy_http_version 1.1; proxy_buffering off; proxy_next_upstream off; proxy_set_header Host $http_host;
       upstream registry { server ${address} weight=2 max_fails=0; server 127.0.0.1:${broken} max_fails=0; }
       server { listen 127.0.0.1:${broken}; return 502; }
       server { listen 127.0.0.1:${port}; location / { proxy_pass http://registry; } }
     }`,
  );
  nginx = await startProcess({
    command: await requireProgram('nginx', 'nginx-light'),
    args: ['-p', dir, '-c', 'nginx.conf', '-e', 'stderr'],
    ready: { port },
  });
  failures = async () => (await readFile(join(dir, 'access.log'), 'utf8')).split(' 502 ').length - 1;
  return `127.0.0.1:${port}`;
}
/** What was read of a registry with an answer of 200: `blobs/sha256:…`, each as often as it was read. */
function downloads({ registry }: Source): string[] {
  const line = /method=GET .*uri="?\/v2\/team\/app\/((?:blobs|manifests)\/sha256:[0-9a-f]{64})\b.*status=200\b/;
  return registry
    .log()
    .split('\n')
    .flatMap((text) => line.exec(text)?.[1] ?? []);
}

interface ImportStatus {
  images: { status: { status: string; reason?: string; message?: string }; image?: { metadata: { name: string } } }[];
}

/** Imports `team/app:v1` as the tag `v1` of a stream, as a user who may write in the project. */
async function importAs(user: string, stream: string, address: string): Promise<ImportStatus['images'][number]> {
  const images = [{ from: { kind: 'DockerImage', name: `${address}/team/app:v1` }, to: { name: 'v1' } }];
  const asked = {
    apiVersion: IMAGE_API,
    kind: 'ImageStreamImport',
    metadata: { name: stream, namespace: 'shop' },
    spec: { import: true, images },
  };
  // A kubectl that checks what it sends asks for all CRDs when a kind can only be created; users may not.
  const answer = await kubectl(
    ['create', '-f', '-', '-o', 'json', '--as', user, '--validate=false'],
    JSON.stringify(asked),
  );
  const [image] = (JSON.parse(answer) as { status: ImportStatus }).status.images;
  return image!;
}

interface Tag {
  conditions?: { type: string; status: string; reason: string; message: string }[];
  items: { image: string; dockerImageReference: string }[] | null;
}
async function tagOf(stream: string): Promise<Tag | undefined> {
  const { status } = JSON.parse(await kubectl(['get', 'is', stream, '-n', 'shop', '-o', 'json'])) as {
    status: { tags?: Tag[] };
  };
  return status.tags?.[0];
}

/** A pull secret of the project. */
async function addSecret(name: string, auths: Record<string, string>): Promise<void> {
  const entries = Object.entries(auths).map(([key, password]) => [key, { username: puller.name, password }]);
  const literal = JSON.stringify({ auths: Object.fromEntries(entries) as object });
  const type = ['--type=kubernetes.io/dockerconfigjson', `--from-literal=.dockerconfigjson=${literal}`];
  await kubectl(['create', 'secret', 'generic', name, ...type, '-n', 'shop']);
}

/** All that a client gets of the image, by the tag `v1` and by its digest. */
async function pull(stream: string, { image }: Source): Promise<void> {
  const repository = `shop/${stream}`;
  for (const reference of ['v1', image.descriptor.digest]) {
    expect((await getManifest(target, repository, reference)).body.equals(image.bytes)).toBe(true);
  }
  for (const { descriptor, bytes } of image.blobs) {
    const blob = await requestTo(target, `/v2/${repository}/blobs/${descriptor.digest}`);
    expect(blob.status).toBe(200);
    expect(blob.body.equals(bytes)).toBe(true);
  }
}

describe('an image of a registry', () => {
  const at = (which: string) => sources[which]!;
  const protectedOnes = ['with TLS and passwords', 'with tokens'];

  it.each(protectedOnes)('%s is not imported without credentials, and the tag says why', async (which) => {
    const { address } = at(which);
    const stream = {
      apiVersion: IMAGE_API,
      kind: 'ImageStream',
      metadata: { name: nameOf(which), namespace: 'shop' },
      spec: { tags: [{ name: 'v1', from: { kind: 'DockerImage', name: `${address}/team/app:v1` } }] },
    };
    await kubectl(['create', '-f', '-', '--as', 'ed'], JSON.stringify(stream));
    const message = `you may not have access to the container image "${address}/team/app:v1" and did not have credentials to the repository`;
    await expect
      .poll(async () => (await tagOf(nameOf(which)))?.conditions, { timeout: 20_000 })
      .toMatchObject([{ type: 'ImportSuccess', status: 'False', reason: 'Unauthorized', message }]);
    expect((await getManifest(target, `shop/${nameOf(which)}`, 'v1')).status).toBe(404);
  });

  it('is not imported with a wrong password, which is told apart', async () => {
    const hosts = protectedOnes.map((which) => at(which).address);
    // The more specific key is tried first.
    await addSecret('wrong', Object.fromEntries(hosts.map((host) => [`${host}/team/app`, 'wrong'])));
    for (const which of protectedOnes) {
      const { address } = at(which);
      expect((await importAs('ed', nameOf(which), address)).status).toMatchObject({
        reason: 'Unauthorized',
        message: `incorrect username or password for image "${address}/team/app:v1"`,
      });
    }
    await addSecret('right', Object.fromEntries(hosts.map((host) => [host, puller.password])));
  });

  it.each([...protectedOnes, 'behind a proxy that fails every third request'])(
    `%s is imported, and downloaded once for ${PULLS} pulls at a time`,
    async (which) => {
      const source = at(which);
      const { digest } = source.image.descriptor;
      const imported = await importAs('ed', nameOf(which), source.address);
      expect(imported).toMatchObject({ status: { status: 'Success' }, image: { metadata: { name: digest } } });
      const tag = await tagOf(nameOf(which));
      expect(tag?.items).toMatchObject([
        { image: digest, dockerImageReference: `${source.address}/team/app@${digest}` },
      ]);
      expect(tag?.conditions ?? []).toEqual([]);
      const blobs = source.image.blobs.map(({ descriptor }) => `blobs/${descriptor.digest}`);
      // The import has read manifest and configuration, which the log tells a moment later.
      await expect.poll(() => downloads(source)).toContain(blobs[0]);
      const before = downloads(source).length;
      await Promise.all(Array.from({ length: PULLS }, () => pull(nameOf(which), source)));
      const once = [...blobs, `manifests/${digest}`].sort();
      await expect.poll(() => downloads(source).slice(before).sort()).toEqual(once);
    },
  );

  it('came past a proxy that has let requests fail', async () => expect(await failures()).toBeGreaterThan(2));

  it('is served when its registry is gone', async () => {
    for (const { registry } of Object.values(sources)) await registry.stop();
    await cluster.restart();
    for (const [which, source] of Object.entries(sources)) await pull(nameOf(which), source);
  });

  it('is not imported from where the administrator has not said so', async () => {
    await expect(importAs('ed', 'elsewhere', '127.0.0.1:1')).rejects.toThrow(
      'spec.images[0].from.name: Forbidden: registry "127.0.0.1:1" not allowed by allowlist',
    );
  });
});

/** The stream that stands for a registry. */
const nameOf = (which: string) => which.replaceAll(' ', '-').toLowerCase();
