/** The hard prune, on a storage in a folder and against an API server that is scripted. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createProgram } from '../program.js';

let dir: string;
let out: string;
const cleanups: (() => unknown)[] = [];
beforeEach(async () => {
  dir = temporaryFolder('hard-prune');
  out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text))));
});
afterEach(async () => {
  vi.restoreAllMocks();
  process.removeAllListeners('SIGINT');
  process.removeAllListeners('SIGTERM');
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const hexOf = (text: string) => createHash('sha256').update(text).digest('hex');
const digestOf = (text: string) => `sha256:${hexOf(text)}`;
const root = () => join(dir, 'storage/docker/registry/v2');
const dataOf = (text: string) => join(root(), `blobs/sha256/${hexOf(text).slice(0, 2)}/${hexOf(text)}/data`);

async function put(path: string, text: string, old = true): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  if (old) await utimes(path, new Date(0), new Date(0));
}

/** An image in a repository, as a push of long ago left it. Returns its manifest. */
async function push(repository: string, name: string): Promise<string> {
  const blob = (text: string) => ({ mediaType: 'application/octet-stream', digest: digestOf(text), size: text.length });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: blob(`config of ${name}`),
    layers: [blob(`layer of ${name}`)],
  });
  for (const text of [`config of ${name}`, `layer of ${name}`]) {
    await put(dataOf(text), text);
    await put(join(root(), `repositories/${repository}/_layers/sha256/${hexOf(text)}/link`), digestOf(text));
  }
  await put(dataOf(manifest), manifest);
  const revision = join(root(), `repositories/${repository}/_manifests/revisions/sha256/${hexOf(manifest)}/link`);
  await put(revision, digestOf(manifest));
  return manifest;
}

/** Serves a cluster whose stream `ns/app` holds these manifests, and writes the registry's configuration. */
async function configure(manifests: string[]): Promise<string> {
  const items = manifests.map((text) => ({
    image: digestOf(text),
    dockerImageReference: `registry:5000/ns/app@${digestOf(text)}`,
    created: '2020-01-01T00:00:00Z',
    generation: 1,
  }));
  const stream = { metadata: { namespace: 'ns', name: 'app' }, status: { tags: [{ tag: 'v1', items }] } };
  const server = createServer((request, response) => {
    const list = request.url?.includes('imagestreams') && manifests.length > 0 ? [stream] : [];
    response.end(JSON.stringify({ apiVersion: 'v1', kind: 'List', metadata: {}, items: list }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } }],
    contexts: [{ name: 'x', context: { cluster: 'c' } }],
    'current-context': 'x',
  };
  await writeFile(join(dir, 'kubeconfig'), JSON.stringify(kubeconfig));
  const config = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(dir, 'storage') } },
    auth: { openshift: { realm: 'openshift' } },
    openshift: { kubeconfig: join(dir, 'kubeconfig') },
  };
  await writeFile(join(dir, 'config.yml'), JSON.stringify(config));
  return join(dir, 'config.yml');
}

async function run(...args: string[]): Promise<string> {
  out = '';
  const all = ['registry', 'prune', ...args];
  await (await createProgram(all)).parseAsync(all, { from: 'user' });
  return out;
}

const isThere = (text: string) =>
  readFile(dataOf(text)).then(
    () => true,
    () => false,
  );

it('checks, deletes what the cluster does not know, and keeps what it does (registry.md 11.5)', async () => {
  const kept = await push('ns/app', 'kept');
  const forgotten = await push('gone/app', 'forgotten');
  for (const text of ['1234', '5678', '9012']) await put(dataOf(text), text);
  await put(dataOf('being pushed'), 'being pushed', false);
  const config = await configure([kept]);
  const bytes = ['1234', '5678', '9012', forgotten, 'config of forgotten', 'layer of forgotten'].join('').length;

  const check = `Would delete 6 blobs\nWould free up ${bytes} B of disk space\nUse -prune=delete to actually delete the data\n`;
  expect(await run('--config', config)).toBe(check);
  expect(await run('--config', config, '-prune=check')).toBe(check);
  expect(await isThere('1234')).toBe(true);

  expect(await run('--config', config, '-prune=delete')).toBe(`Deleted 6 blobs\nFreed up ${bytes} B of disk space\n`);
  expect(await Promise.all(['1234', '5678', '9012', forgotten, 'layer of forgotten'].map(isThere))).not.toContain(true);
  expect(await Promise.all([kept, 'config of kept', 'layer of kept', 'being pushed'].map(isThere))).not.toContain(
    false,
  );
  expect(await run('--config', config)).toMatch(/^Would delete 0 blobs\n/);
  expect(JSON.parse(await run('--config', config, '--json'))).toMatchObject({ blobsDeleted: [], linksDeleted: 0 });
});

it('deletes nothing for a cluster that knows no images', async () => {
  await put(dataOf('1234'), '1234');
  const config = await configure([]);
  await expect(run('--config', config, '-prune=delete')).rejects.toThrow('the cluster knows no images');
  expect(await isThere('1234')).toBe(true);
});

it.each([
  ['prune', 'belongs to no cluster', {}],
  ['gc', 'image streams hold manifests without tags', { auth: { openshift: { realm: 'openshift' } } }],
])('is not mistaken for the other collection: %s', async (command, message, more) => {
  const config = { version: 0.1, storage: { filesystem: { rootdirectory: join(dir, 'storage') } }, ...more };
  await writeFile(join(dir, 'other.yml'), JSON.stringify(config));
  const all = ['registry', command, '--config', join(dir, 'other.yml'), ...(command === 'gc' ? ['-m'] : [])];
  const run = (await createProgram(all)).parseAsync(all, { from: 'user' });
  await expect(run).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(message) as string });
});

it('says so when there is no cluster to ask', async () => {
  const config = await configure([]);
  await rm(join(dir, 'kubeconfig'));
  await expect(run('--config', config)).rejects.toMatchObject({ code: 'CLI_FAILED', exitCode: 2 });
});
