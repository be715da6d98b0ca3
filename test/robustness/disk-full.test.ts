import { mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createImage,
  digestOf,
  digestOfPulledBlob,
  getManifest,
  jsonOf,
  locationOf,
  pushBlob,
  pushImage,
  pushManifest,
  pushTree,
  randomBytesOf,
  requestTo,
  SmallDisk,
  startUpload,
  type GeneratedManifest,
  type HttpResponse,
  type Longshore,
} from '@longshore/testkit';
import { alarmsIn, fsckFindings, Servers } from './servers.js';

const MIB = 2 ** 20;
const PAGE = 4096;
const OCTETS = { 'content-type': 'application/octet-stream' };

const servers = new Servers();
const folder = servers.folder();
const root = join(folder, 'root');
let disk: SmallDisk;
let registry: Longshore;
let kept: GeneratedManifest;

beforeAll(async () => {
  mkdirSync(folder);
  disk = await SmallDisk.mount(folder, '24m');
  registry = await servers.longshore({ root });
  kept = await pushImage(registry, 'kept', 'latest', { seed: 'kept', layers: 2, size: MIB });
});
afterAll(async () => {
  await servers.end();
  await disk?.unmount();
});

function expectFull(response: HttpResponse): void {
  const { errors } = jsonOf(response) as { errors: { code: string; message: string }[] };
  expect({ status: response.status, errors }).toMatchObject({
    status: 507,
    errors: [{ code: 'UNAVAILABLE', message: 'the storage is full' }],
  });
}

/** The files of uploads that are neither finished nor gone. */
function filesOfUploads(): string[] {
  const files = readdirSync(join(root, 'docker/registry/v2/repositories'), { recursive: true, encoding: 'utf8' });
  return files.filter((path) => path.includes('/_uploads/') && basename(path).startsWith('data'));
}

async function expectPullable(repository: string, image: GeneratedManifest): Promise<void> {
  expect((await getManifest(registry, repository, 'latest')).body.equals(image.bytes)).toBe(true);
  for (const { descriptor } of image.blobs) {
    expect(await digestOfPulledBlob(registry, repository, descriptor.digest)).toBe(descriptor.digest);
  }
}

const large = randomBytesOf('large', 8 * MIB);
const largeDigest = digestOf(large);
const put = (path: string, body: Buffer, method = 'PUT') =>
  requestTo(registry, path, { method, headers: OCTETS, body });
const blobStatus = async (repository: string, digest: string) =>
  (await requestTo(registry, `/v2/${repository}/blobs/${digest}`, { method: 'HEAD' })).status;

it('a blob for which there is no room is refused and leaves nothing behind', async () => {
  disk.leave(4 * MIB);
  const free = disk.freeBytes();
  const session = await startUpload(registry, 'new');
  expectFull(await put(`${session}&digest=${largeDigest}`, large));
  expect((await requestTo(registry, session)).status).toBe(404);
  expectFull(await put(`/v2/new/blobs/uploads/?digest=${largeDigest}`, large, 'POST'));
  expect(await blobStatus('new', largeDigest)).toBe(404);
  expect(filesOfUploads()).toEqual([]);
  expect(disk.freeBytes()).toBeGreaterThan(free - 16 * PAGE);
});

it('a chunk for which there is no room ends the upload and frees what it held', async () => {
  disk.leave(6 * MIB);
  const free = disk.freeBytes();
  const session = await startUpload(registry, 'new');
  const first = await put(session, large.subarray(0, 4 * MIB), 'PATCH');
  expect(first.status).toBe(202);
  expectFull(await put(locationOf(first), large.subarray(4 * MIB), 'PATCH'));
  expect((await requestTo(registry, session)).status).toBe(404);
  expect(filesOfUploads()).toEqual([]);
  expect(disk.freeBytes()).toBeGreaterThan(free - 16 * PAGE);
});

it('without room even for a link, data that was uploaded before is freed', async () => {
  disk.leave(6 * MIB);
  const session = await startUpload(registry, 'linkless');
  const bytes = randomBytesOf('linkless', 4 * MIB);
  const sent = await put(session, bytes, 'PATCH');
  expect(sent.status).toBe(202);
  disk.leave(0);
  expectFull(await put(`${locationOf(sent)}&digest=${digestOf(bytes)}`, Buffer.alloc(0)));
  expect(await blobStatus('linkless', digestOf(bytes))).toBe(404);
  expect(disk.freeBytes()).toBeGreaterThanOrEqual(4 * MIB - 16 * PAGE);
});

it('a manifest for which there is no room is refused and not there', async () => {
  disk.leave(MIB);
  const image = createImage({ seed: 'full', size: 1000 });
  for (const { bytes } of image.blobs) await pushBlob(registry, 'new', bytes);
  disk.leave(0);
  const path = '/v2/new/manifests/latest';
  const headers = { 'content-type': image.descriptor.mediaType };
  expectFull(await requestTo(registry, path, { method: 'PUT', headers, body: image.bytes }));
  expect((await getManifest(registry, 'new', 'latest')).status).toBe(404);
  expect((await getManifest(registry, 'new', image.descriptor.digest)).status).toBe(404);
  disk.leave(MIB);
  await pushManifest(registry, 'new', image, 'latest');
  await expectPullable('new', image);
});

it('on a full disk an upload cannot begin, and all else works', async () => {
  disk.leave(0);
  expectFull(await requestTo(registry, '/v2/new/blobs/uploads/', { method: 'POST' }));
  await expectPullable('kept', kept);
  for (const { descriptor } of kept.blobs) expect(await blobStatus('kept', descriptor.digest)).toBe(200);
  const tag = await requestTo(registry, '/v2/kept/tags/list');
  expect(jsonOf(tag)).toEqual({ name: 'kept', tags: ['latest'] });
});

it('with free space the same pushes succeed, and the storage is sound', async () => {
  disk.free();
  await pushBlob(registry, 'new', large);
  expect(await digestOfPulledBlob(registry, 'new', largeDigest)).toBe(largeDigest);
  const image = createImage({ seed: 'after', layers: 2 });
  await pushTree(registry, 'after', image, 'latest');
  await expectPullable('after', image);
  await expectPullable('kept', kept);
  expect(filesOfUploads()).toEqual([]);
  expect(readdirSync(join(root, 'docker/registry/v2/longshore/tmp'))).toEqual([]);
  expect(await fsckFindings(registry)).toEqual([]);
  // Each refusal is an error for the operator; nothing else is.
  expect(alarmsIn(registry.log()).filter((line) => !/no space left|storage is full/i.test(line))).toEqual([]);
});
