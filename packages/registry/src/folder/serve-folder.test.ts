import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileRepository, OciLayout } from '@longshore/distribution';
import { MediaType, parseDigest } from '@longshore/oci';
import { createImage, requireProgram, runProgram, temporaryFolder } from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../observe/logger.js';
import { serveFolder, type ServedFolder } from './serve-folder.js';

const formats = ['v2', 'oci'] as const;
const dirs = { v2: temporaryFolder('serve-folder'), oci: temporaryFolder('serve-layout') };
const image = createImage({ seed: 'served', size: 3_000_000 });
const layer = image.blobs.reduce((one, other) => (one.bytes.length > other.bytes.length ? one : other));
const size = layer.bytes.length;
const zeros = '0'.repeat(64);
const served = new Map<string, ServedFolder>();

/** Writes an image as mirroring to files does. */
async function mirror(target: FileRepository | OciLayout, tags: readonly string[]): Promise<void> {
  for (const { bytes, descriptor } of image.blobs) {
    const sink = await target.writeBlob({ digest: parseDigest(descriptor.digest), size: bytes.length });
    await sink.write(bytes);
    await sink.finish();
  }
  const { bytes, descriptor } = image;
  const manifest = { bytes, mediaType: MediaType.ociManifest, digest: parseDigest(descriptor.digest) };
  const signal = new AbortController().signal;
  for (const tag of tags) await target.putManifest(manifest, { tag, isChild: false, signal });
}

beforeAll(async () => {
  const layout = new OciLayout(dirs.oci);
  const [repository, at] = [(name: string) => new FileRepository(dirs.v2, name), (name: string) => layout.at(name)];
  for (const open of [repository, at]) {
    await mirror(open('team/app'), ['v2', 'v3', 'v1']);
    await mirror(open('db'), ['v1']);
  }
  await mirror(layout, ['nameless']);
  await mkdir(join(dirs.v2, 'v2/team/evil/manifests'), { recursive: true });
  await mkdir(join(dirs.v2, 'v2/team/evil/blobs'));
  await writeFile(join(dirs.v2, 'secret'), 'secret');
  await writeFile(join(dirs.oci, 'secret'), 'secret');
  await symlink('../../../../secret', join(dirs.v2, 'v2/team/evil/manifests/v1'));
  await symlink('../../../../secret', join(dirs.v2, `v2/team/evil/blobs/sha256:${zeros}`));
  await symlink('../../secret', join(dirs.oci, `blobs/sha256/${zeros}`));
  for (const format of formats) {
    const log = createLogger({ level: 'error' });
    served.set(format, await serveFolder({ dir: dirs[format], format, http: { addr: '127.0.0.1:0' }, log }));
  }
});
afterAll(() => Promise.all([...served.values()].map((one) => one.stop())));

const blobPath = `/v2/team/app/blobs/${layer.descriptor.digest}`;

describe.each(formats)('a served folder of the format %s', (format) => {
  const address = () => served.get(format)?.address ?? '';
  const ask = (path: string, init: RequestInit = {}) => fetch(`http://${address()}${path}`, init);

  it('is a registry', async () => {
    const response = await ask('/v2/');
    expect(await response.json()).toEqual({});
    expect(response.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
  });

  it.each(['v1', image.descriptor.digest])('gives the manifest %s', async (reference) => {
    const response = await ask(`/v2/team/app/manifests/${reference}`);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(image.bytes);
    expect(response.headers.get('content-type')).toBe(MediaType.ociManifest);
    expect(response.headers.get('docker-content-digest')).toBe(image.descriptor.digest);
    const again = await ask(`/v2/team/app/manifests/${reference}`, {
      headers: { 'If-None-Match': response.headers.get('etag') ?? '' },
    });
    expect(again.status).toBe(304);
  });

  it.each<[string | undefined, number, [number, number]]>([
    [undefined, 200, [0, size]],
    ['bytes=2000000-', 206, [2_000_000, size]],
    ['bytes=5-9', 206, [5, 10]],
    ['bytes=-7', 206, [size - 7, size]],
  ])('gives a blob: %s', async (range, status, [start, end]) => {
    const response = await ask(blobPath, range === undefined ? {} : { headers: { Range: range } });
    expect(response.status).toBe(status);
    expect(Buffer.from(await response.arrayBuffer()).equals(layer.bytes.subarray(start, end))).toBe(true);
  });

  it('tells of a blob', async () => {
    const response = await ask(blobPath, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, String(size)]);
  });

  it('lists tags and repositories in pages', async () => {
    const first = await ask('/v2/team/app/tags/list?n=2');
    expect(await first.json()).toEqual({ name: 'team/app', tags: ['v1', 'v2'] });
    const [, next = ''] = /^<(.+)>; rel="next"$/.exec(first.headers.get('link') ?? '') ?? [];
    const second = await ask(next);
    expect(await second.json()).toEqual({ name: 'team/app', tags: ['v3'] });
    expect(second.headers.get('link')).toBeNull();
    expect(await (await ask('/v2/_catalog')).json()).toEqual({
      repositories: ['db', 'team/app', ...(format === 'v2' ? ['team/evil'] : [])],
    });
  });

  it.each([
    ['/v2/team/app/manifests/none', 404, 'MANIFEST_UNKNOWN'],
    ['/v2/team/none/manifests/v1', 404, 'MANIFEST_UNKNOWN'],
    [`/v2/team/app/manifests/sha256:${'1'.repeat(64)}`, 404, 'MANIFEST_UNKNOWN'],
    ['/v2/team/app/manifests/sha256:0', 400, 'DIGEST_INVALID'],
    [`/v2/team/app/blobs/sha256:${'1'.repeat(64)}`, 404, 'BLOB_UNKNOWN'],
    ['/v2/team/none/tags/list', 404, 'NAME_UNKNOWN'],
    [`/v2/team/app/referrers/${image.descriptor.digest}`, 404, 'UNSUPPORTED'],
    ['/v2/team/..%2f..%2fsecret/manifests/v1', 400, 'NAME_INVALID'],
    ['/v2/team/evil/manifests/v1', 404, 'MANIFEST_UNKNOWN'],
    [`/v2/team/evil/blobs/sha256:${zeros}`, 404, 'BLOB_UNKNOWN'],
    ['/secret', 404, 'UNSUPPORTED'],
  ])('does not give %s', async (path, status, code) => {
    const response = await ask(path);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ errors: [{ code }] });
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('takes no %s', async (method) => {
    const response = await ask('/v2/team/app/manifests/v1', { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('is read by skopeo', async () => {
    const skopeo = await requireProgram('skopeo', 'skopeo');
    const target = `dir:${temporaryFolder('served-copy')}`;
    await runProgram(skopeo, ['copy', '--src-tls-verify=false', `docker://${address()}/team/app:v1`, target]);
    const { stdout } = await runProgram(skopeo, ['inspect', '--raw', target]);
    expect(stdout).toBe(image.bytes.toString());
  });
});
