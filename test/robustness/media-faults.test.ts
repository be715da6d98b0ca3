import { existsSync, mkdirSync, readdirSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blobOf,
  createManifest,
  launchProcess,
  LONGSHORE,
  MEDIA_TYPES,
  randomBytesOf,
  runLongshore,
  SmallDisk,
  temporaryFolder,
  writeOciLayout,
} from '@longshore/testkit';
import { contentOf } from './folder-content.js';
import { Random, seed } from './random.js';

/** How often packing and unpacking are killed. */
const KILLS = { pack: 7, unpack: 5 };

/** Images with a layer in common, and one of their own; one is larger than a part. */
const layer = (name: string, size: number) => blobOf(randomBytesOf(name, size), MEDIA_TYPES.oci.layer);
const common = layer('common', 2_000_000);
const images = Object.fromEntries(
  Array.from({ length: 8 }, (_, index) => {
    const config = blobOf(Buffer.from(JSON.stringify({ os: 'linux', index })), MEDIA_TYPES.oci.config);
    return [
      `v${index}`,
      createManifest('oci', config, [common, layer(`own${index}`, index === 0 ? 3_000_000 : 500_000)]),
    ];
  }),
);
const home = temporaryFolder('media-faults-home');
const env = { PATH: process.env['PATH'], HOME: home };
/** Repositories with links. */
const media = join(home, 'media');
const archive = join(home, 'archive');
const longshore = (...args: string[]) => runLongshore(args, { env, cwd: home, mayFail: true });
const pack = (folder: string) => ['media', 'pack', '--part-size=1Mi', media, folder];
const unpack = (folder: string) => ['media', 'unpack', archive, folder];

beforeAll(async () => {
  const layout = join(home, 'layout');
  mkdirSync(layout);
  await writeOciLayout(layout, images);
  const mirrored = await longshore('image', 'mirror', '--dir=media', `oci:${layout}`, 'file://org/app');
  expect(mirrored.status).toBe(0);
  expect((await longshore(...pack(archive))).status).toBe(0);
}, 60_000);

/** Runs a command; kills it so long after it began to write to a folder. Tells how long it wrote, and how it ended. */
async function run(args: string[], folder: string, killAfter?: number): Promise<{ status: number | null; ms: number }> {
  mkdirSync(folder, { recursive: true });
  const running = await launchProcess({ command: process.execPath, args: [LONGSHORE, ...args], env, cwd: home });
  let begun: number | undefined;
  const watcher = watch(folder, () => {
    if (begun === undefined && killAfter !== undefined) void delay(killAfter).then(() => running.signal('SIGKILL'));
    begun ??= performance.now();
  });
  const { status } = await running.ended;
  watcher.close();
  return { status, ms: performance.now() - (begun ?? performance.now()) };
}

/** Begins in new folders and kills, until it was done so often; lets each end. What is there then must be the same each time. */
async function torment(kind: string, kills: number, argsFor: (folder: string) => string[]): Promise<void> {
  const random = new Random(`media ${kind}`);
  const undisturbed = temporaryFolder(`media-${kind}`);
  const { status, ms } = await run(argsFor(undisturbed), undisturbed);
  expect(status).toBe(0);
  const expected = contentOf(undisturbed);
  for (let killed = 0; killed < kills;) {
    const folder = temporaryFolder(`media-${kind}`);
    let isOver = false;
    while (!isOver && killed < kills) {
      isOver = (await run(argsFor(folder), folder, random.between(0, Math.ceil(ms)))).status === 0;
      if (!isOver) killed += 1;
    }
    if (!isOver) expect((await run(argsFor(folder), folder)).status).toBe(0);
    expect(contentOf(folder)).toEqual(expected);
  }
}

describe(`media (seed ${seed}) that are killed at random moments`, () => {
  it('while they are packed end in the same archive', { timeout: 240_000 }, () => torment('pack', KILLS.pack, pack));

  it('while they are unpacked end in the same folder', { timeout: 240_000 }, async () => {
    await torment('unpack', KILLS.unpack, unpack);
  });
});

describe('a disk', () => {
  const folder = temporaryFolder('media-disk');
  let disk: SmallDisk;
  beforeAll(async () => {
    disk = await SmallDisk.mount(folder, '4m');
  });
  afterAll(() => disk?.unmount());

  it('that is too small is told of before anything is packed', async () => {
    const there = join(folder, 'a');
    const { status, stderr } = await longshore(...pack(there));
    expect(status).toBe(6);
    expect(stderr).toMatch(/has .+ left, and .+ are to come; make room, or use another disk/);
    expect(readdirSync(there).filter((name) => name.endsWith('.tar'))).toEqual([]);
    rmSync(there, { recursive: true });
  });

  it.each([
    ['packed', 'media.json', pack],
    ['unpacked', 'v2/org/app/manifests/v7', unpack],
  ])('that becomes full while media are %s is gone on with when there is room', async (_, last, argsFor) => {
    const [small, large] = [join(folder, 'a'), temporaryFolder('media-large')];
    // There is room enough for all bytes, and not for all files.
    await disk.limit('size=64m,nr_inodes=12');
    const full = await longshore(...argsFor(small));
    expect(full.stderr).toMatch(/no space is left/);
    expect(full.status).toBe(6);
    expect(existsSync(join(small, last))).toBe(false);
    await disk.limit('size=64m,nr_inodes=1000');
    for (const place of [small, large]) expect((await longshore(...argsFor(place))).status).toBe(0);
    expect(contentOf(small)).toEqual(contentOf(large));
    rmSync(small, { recursive: true });
  });
});
