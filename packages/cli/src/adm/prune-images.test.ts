/** The command against an API server and a registry that are scripted. */
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgram } from '../program.js';

const digestOf = (letter: string) => `sha256:${letter.repeat(64)}`;
const [A, B, CONFIG, LAYER] = ['a', 'b', 'c', 'd'].map(digestOf) as [string, string, string, string];
const OLD = '2020-01-01T00:00:00Z';

let dir: string;
let out: string;
let err: string;
const cleanups: (() => unknown)[] = [];
beforeEach(async () => {
  dir = temporaryFolder('prune');
  [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text))));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((err += String(text))));
});
afterEach(async () => {
  vi.restoreAllMocks();
  process.removeAllListeners('SIGINT');
  process.removeAllListeners('SIGTERM');
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function listen(handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const bodyOf = async (request: IncomingMessage) => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
};

interface Script {
  pods?: string[];
  token?: string;
  /** What a TokenRequest answers. */
  issued?: string;
}

/** Two revisions of `ns/app:v1`; the calls that change something are kept. */
async function start({ pods = [], token = 'secret', issued }: Script = {}) {
  const changes: string[] = [];
  const registry = await listen((request, response) => {
    if (request.method === 'DELETE') changes.push(`registry DELETE ${request.url} ${request.headers.authorization}`);
    response.writeHead(request.method === 'DELETE' ? (request.url?.startsWith('/admin') ? 204 : 202) : 200).end();
  });
  const item = (image: string) => ({
    image,
    created: OLD,
    dockerImageReference: `${registry}/ns/app@${image}`,
    generation: 1,
  });
  const metadata = { resourceVersion: '7', creationTimestamp: OLD };
  const stream = {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { ...metadata, name: 'app', namespace: 'ns' },
    spec: { lookupPolicy: { local: false } },
    status: { dockerImageRepository: `${registry}/ns/app`, tags: [{ tag: 'v1', items: [item(A), item(B)] }] },
  };
  const image = (name: string, more: object) => ({
    metadata: { ...metadata, name, annotations: { 'openshift.io/image.managed': 'true' } },
    dockerImageReference: `${registry}/ns/app@${name}`,
    ...more,
  });
  const layers = [{ name: LAYER, size: 1, mediaType: 'x' }];
  const lists: Record<string, object[]> = {
    imagestreams: [stream],
    images: [image(A, {}), image(B, { dockerImageMetadata: { Id: CONFIG }, dockerImageLayers: layers })],
    pods: pods.map((text) => ({
      metadata: { ...metadata, namespace: 'ns', name: 'web' },
      spec: { containers: [{ image: text }] },
      status: { phase: 'Running' },
    })),
  };
  const api = await listen(async (request, response) => {
    const { method = '', url = '' } = request;
    const [path = '', query = ''] = url.split('?');
    const body = await bodyOf(request);
    if (query.includes('watch=true')) return response.writeHead(200).flushHeaders();
    response.setHeader('content-type', 'application/json');
    if (path.endsWith('/token')) {
      if (issued === undefined) return response.writeHead(404).end('{}');
      changes.push(`api TokenRequest ${path}`);
      return response.writeHead(201).end(JSON.stringify({ status: { token: issued } }));
    }
    if (method !== 'GET') changes.push(`api ${method} ${path}`);
    if (path.endsWith('/imagestreams/app')) return response.end(JSON.stringify(stream));
    if (path.endsWith('/status')) return response.end(body);
    if (method === 'DELETE') return response.end('{}');
    const items = lists[path.slice(path.lastIndexOf('/') + 1)] ?? [];
    response.end(JSON.stringify({ apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '9' }, items }));
  });
  const kubeconfig = join(dir, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: `http://${api}` } }],
    users: [{ name: 'u', user: token === '' ? {} : { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const run = async (...args: string[]) => {
    const all = ['adm', 'prune', 'images', '--kubeconfig', kubeconfig, '--keep-tag-revisions=1', ...args];
    await (await createProgram(all)).parseAsync(all, { from: 'user' });
  };
  return { changes, run, registry };
}

const LINES = [
  'Deleting 1 items from image stream ns/app',
  `Deleting layer link ${CONFIG} in repository ns/app`,
  `Deleting layer link ${LAYER} in repository ns/app`,
  `Deleting manifest link ${B} in repository ns/app`,
  `Deleting blob ${CONFIG}`,
  `Deleting blob ${LAYER}`,
  `Deleting blob ${B}`,
  `Deleting image ${B}`,
  'Summary: deleted 1 image object(s), deleted 1 image stream tag item(s), updated 1 image stream(s), deleted 2 layer link(s), deleted 1 manifest link(s), deleted 3 blob(s)',
  '',
].join('\n');

describe('longshore adm prune images', () => {
  it('says what it would do, and does nothing', async () => {
    const { changes, run } = await start();
    await run();
    expect(out).toBe(LINES);
    expect(err).toBe('Dry run enabled - no modifications will be made. Add --confirm to remove images\n');
    expect(changes).toEqual([]);
  });

  it('does it when that is confirmed, and says the same', async () => {
    const { changes, run } = await start();
    await run('--confirm');
    expect([out, err]).toEqual([LINES, '']);
    expect(changes).toEqual([
      'api PUT /apis/image.openshift.io/v1/namespaces/ns/imagestreams/app/status',
      `registry DELETE /v2/ns/app/blobs/${CONFIG} Bearer secret`,
      `registry DELETE /v2/ns/app/blobs/${LAYER} Bearer secret`,
      `registry DELETE /v2/ns/app/manifests/${B} Bearer secret`,
      ...[CONFIG, LAYER, B].map((digest) => `registry DELETE /admin/blobs/${digest} Bearer secret`),
      `api DELETE /apis/image.openshift.io/v1/images/${encodeURIComponent(B)}`,
    ]);
  });

  it('leaves the registry alone when it is told to', async () => {
    const { changes, run } = await start({ token: '' });
    await run('--confirm', '--prune-registry=false');
    expect(changes.map((change) => change.split(' ', 2).join(' '))).toEqual(['api PUT', 'api DELETE']);
  });

  it('prints JSON for scripts', async () => {
    const { run } = await start();
    await run('--json');
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toHaveLength(9);
    expect(lines[0]).toEqual({ kind: 'items', stream: 'ns/app', count: 1 });
    expect(lines.at(-1)).toMatchObject({ kind: 'summary', dryRun: true, images: 1, blobs: 3, failures: 0 });
  });

  it('tells why entries stay from level 4 on', async () => {
    const { run } = await start();
    await run('--loglevel=4');
    expect(err).toContain('Keeping 1 image stream tag item(s): recent revision\n');
  });

  it('ends on references that cannot be understood, unless they are to be passed over', async () => {
    const { run, changes } = await start({ pods: ['r.io/ns/APP'] });
    await expect(run('--confirm')).rejects.toThrow('failed to build graph - no changes made');
    expect(err).toContain('Failed to build graph!\n');
    expect(err).toContain('  Pod[ns/web]: invalid container image reference "r.io/ns/APP"');
    expect(changes).toEqual([]);
    await run('--ignore-invalid-refs');
    expect(out).toBe(LINES);
    expect(err).toContain('warning: ignored: Pod[ns/web]');
  });

  it('asks for a token of the pruner when it has only a certificate', async () => {
    const { run, changes } = await start({ token: '', issued: 'bound' });
    await run('--confirm');
    expect(changes[0]).toBe(
      'api TokenRequest /api/v1/namespaces/openshift-image-registry/serviceaccounts/pruner/token',
    );
    expect(changes[2]).toBe(`registry DELETE /v2/ns/app/blobs/${CONFIG} Bearer bound`);
  });

  it('says what is missing when there is no token to be had', async () => {
    const { run, changes } = await start({ token: '' });
    await expect(run('--confirm')).rejects.toThrow('you must use a client config with a token');
    expect(changes).toEqual([]);
  });

  it('says so when the registry cannot be reached', async () => {
    const { run } = await start();
    await expect(run('--confirm', '--registry-url=https://127.0.0.1:1')).rejects.toMatchObject({
      code: 'CLI_FAILED',
      exitCode: 1,
      message: expect.stringContaining('the registry cannot be reached') as string,
    });
  });
});
