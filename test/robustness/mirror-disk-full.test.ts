import { existsSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createImage,
  pushTree,
  runProgram,
  startDockerRegistry,
  temporaryFolder,
  UpstreamProxy,
  type RunningRegistry,
} from '@longshore/testkit';

const MAIN = join(import.meta.dirname, '../../packages/cli/bin/longshore.js');
const MIB = 2 ** 20;
const image = createImage({ seed: 'full', layers: 4, size: 4 * MIB });
const home = temporaryFolder('mirror-full-home');
const disk = temporaryFolder('mirror-full-disk');
const filler = join(disk, 'filler');
let source: RunningRegistry;
let proxy: UpstreamProxy;

beforeAll(async () => {
  await runProgram('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'longshore-test', disk]).catch((cause: unknown) => {
    throw new Error('this test mounts a small file system of its own: run it as root', { cause });
  });
  source = await startDockerRegistry({ root: temporaryFolder('mirror-full-source') });
  await pushTree(source, 'team/app', image, 'v1');
  proxy = await UpstreamProxy.start(source.url);
}, 60_000);
afterAll(async () => {
  await runProgram('umount', [disk], { mayFail: true });
  await proxy?.stop();
  await source?.stop();
});

/** Takes all space but so many MiB. */
function leave(mebibytes: number): void {
  rmSync(filler, { force: true });
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(filler, Buffer.alloc(Math.max(bavail * bsize - mebibytes * MIB, 0)));
}

const mirror = () =>
  runProgram(
    process.execPath,
    [
      MAIN,
      'image',
      'mirror',
      '--insecure',
      '--max-per-registry=1',
      '--dir=media',
      `${proxy.host}/team/app:v1`,
      'file://app:v1',
    ],
    { cwd: disk, env: { PATH: process.env['PATH'], HOME: home }, mayFail: true },
  );

it('tells that a disk will be full before anything is copied', async () => {
  leave(8);
  const { status, stderr } = await mirror();
  expect(status).toBe(6);
  expect(stderr).toMatch(/has .+ left, and .+ are to come; make room, or use another disk/);
  expect(proxy.count('GET', image.blobs[1]?.descriptor.digest ?? '')).toBe(0);
});

it('goes on where it was when a disk has become full meanwhile', async () => {
  rmSync(filler, { force: true });
  const blobs = join(disk, 'media/v2/app/blobs');
  let isFilled = false;
  // Something else takes the space when half has come.
  proxy.fault = ({ url = '' }) => {
    if (!isFilled && url.includes('/blobs/') && existsSync(blobs) && readdirSync(blobs).length >= 2) {
      isFilled = true;
      leave(1);
    }
    return false;
  };
  const { status, stderr } = await mirror();
  expect(isFilled).toBe(true);
  expect(stderr).toMatch(/no space is left/);
  expect(status).toBe(6);
  expect(existsSync(join(disk, 'media/v2/app/manifests/v1'))).toBe(false);
  const whole = readdirSync(blobs).filter((name) => !name.includes('.'));
  expect(whole.length).toBeGreaterThan(0);

  rmSync(filler);
  proxy.requests.length = 0;
  expect(await mirror()).toMatchObject({ status: 0 });
  for (const digest of whole) expect(proxy.count('GET', digest)).toBe(0);
  expect(readdirSync(blobs).sort()).toEqual([image, ...image.blobs].map(({ descriptor }) => descriptor.digest).sort());
});
