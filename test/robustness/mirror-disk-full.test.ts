import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createImage,
  pushTree,
  runLongshore,
  SmallDisk,
  startDockerRegistry,
  temporaryFolder,
  UpstreamProxy,
  type DockerRegistry,
} from '@longshore/testkit';

const MIB = 2 ** 20;
const image = createImage({ seed: 'full', layers: 4, size: 4 * MIB });
const home = temporaryFolder('home');
const folder = temporaryFolder('disk');
let disk: SmallDisk;
let source: DockerRegistry;
let proxy: UpstreamProxy;

beforeAll(async () => {
  disk = await SmallDisk.mount(folder, '24m');
  source = await startDockerRegistry({ root: temporaryFolder('source') });
  await pushTree(source, 'team/app', image, 'v1');
  proxy = await UpstreamProxy.start(source.url);
}, 60_000);
afterAll(async () => {
  await disk?.unmount();
  await proxy?.stop();
  await source?.stop();
});

const longshore = (...args: string[]) =>
  runLongshore(['image', ...args], { cwd: folder, env: { PATH: process.env['PATH'], HOME: home }, mayFail: true });
const mirror = (to: string) =>
  longshore('mirror', '--insecure', '--max-per-registry=1', '--dir=media', `${proxy.host}/team/app:v1`, to);

it('tells that a disk will be full before anything is copied', async () => {
  disk.leave(8 * MIB);
  const { status, stderr } = await mirror('file://app:v1');
  expect(status).toBe(6);
  expect(stderr).toMatch(/has .+ left, and .+ are to come; make room, or use another disk/);
  expect(proxy.count('GET', image.blobs[1]?.descriptor.digest ?? '')).toBe(0);
});

it.each([
  ['file://app:v1', 'media/v2/app/manifests/v1'],
  ['dir:folder', 'folder/manifest.json'],
  ['oci-archive:a.tar:v1', 'a.tar'],
])('goes on where it was when a disk has become full meanwhile: %s', async (place, last) => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  const asked: string[] = [];
  // Something else takes the space when two have come.
  proxy.fault = ({ method, url = '' }) => {
    if (method !== 'GET' || !url.includes('/blobs/')) return false;
    asked.push(url);
    if (asked.length === 3) disk.leave(MIB);
    return false;
  };
  const { status, stderr } = await mirror(place);
  expect(stderr).toMatch(/no space is left/);
  expect(status).toBe(6);
  expect(existsSync(join(folder, last))).toBe(false);

  disk.free();
  proxy.fault = () => false;
  proxy.requests.length = 0;
  expect(await mirror(place)).toMatchObject({ status: 0 });
  for (const url of asked.slice(0, 2)) expect(proxy.count('GET', url)).toBe(0);
  const { stdout } = await longshore('info', '--dir=media', '-o', 'json', place);
  expect(JSON.parse(stdout)).toMatchObject({ digest: image.descriptor.digest });
});
