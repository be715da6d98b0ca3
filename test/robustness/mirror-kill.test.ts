import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blobOf,
  createManifest,
  digestOfPulledBlob,
  getManifest,
  MEDIA_TYPES,
  pushTree,
  randomBytesOf,
  temporaryFolder,
} from '@longshore/testkit';
import { contentOf } from './folder-content.js';
import { MirrorSite, type MirrorRun } from './mirror-site.js';
import { Random, seed } from './random.js';

/** How often a mirroring to a folder, to a layout and to a registry is killed, all together 50 times. */
const KILLS = { folder: 20, layout: 15, registry: 15 };
const IMAGES = 10;
const AT_A_TIME = 2;

/** Images with a layer in common, two of their own, and a configuration. */
const layer = (name: string, size: number) => blobOf(randomBytesOf(name, size), MEDIA_TYPES.docker.layer);
const common = layer('common', 2_000_000);
const images = Array.from({ length: IMAGES }, (_, index) => {
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', index }));
  const layers = [common, layer(`a${index}`, 1_000_000), layer(`b${index}`, 50_000)];
  return createManifest('docker', blobOf(config, MEDIA_TYPES.docker.config), layers);
});
const tags = images.map((_, index) => `v${index}`);

let site: MirrorSite;
beforeAll(async () => {
  site = await MirrorSite.start();
  for (const [index, image] of images.entries()) await pushTree(site.source, 'team/app', image, tags[index] ?? '');
}, 120_000);
afterAll(() => site?.stop());

/** Mirrors, and kills the process a moment after so many requests, if it comes to them. */
function mirror(dir: string, to: string, kill?: { after: number; wait: number }): Promise<MirrorRun> {
  const args = ['image', 'mirror', '--insecure', `--max-per-registry=${AT_A_TIME}`, '--dir=M'];
  return site.run(dir, [...args, `${site.proxy.host}/team/app=${to}`], ({ requests }, _, end) => {
    if (requests === kill?.after) void delay(kill.wait).then(() => end('SIGKILL'));
    return false;
  });
}

/**
 * Begins mirrorings to new places and kills them, until it was done so often; lets each end, sooner or later. Returns what was wrong.
 */
async function torment(
  kind: string,
  kills: number,
  place: (round: number) => string,
  check: (dir: string, round: number) => Promise<void>,
) {
  const random = new Random(`mirror ${kind}`);
  let killed = 0;
  for (let round = 0; killed < kills; round++) {
    const dir = temporaryFolder(`mirror-kill-${kind}`);
    const runs: MirrorRun[] = [];
    const isOver = () => runs.at(-1)?.status === 0;
    while (!isOver() && killed < kills) {
      // A whole run makes about 55 requests; what is left to do becomes less.
      const kill = { after: random.between(1, Math.max(60 >> runs.length, 4)), wait: random.between(0, 25) };
      runs.push(await mirror(dir, place(round), kill));
      if (isOver()) break;
      killed += 1;
    }
    if (!isOver()) runs.push(await mirror(dir, place(round)));
    expect(runs.at(-1)?.status).toBe(0);
    for (const [index, { fetched }] of runs.entries()) {
      const later = new Set(runs.slice(index + 1).flatMap((run) => run.fetched));
      const again = [...new Set(fetched)].filter((digest) => later.has(digest));
      expect(again.length, `blobs of run ${index} that were fetched again`).toBeLessThanOrEqual(AT_A_TIME);
    }
    await check(dir, round);
  }
}

describe(`a mirroring that is killed at random moments (seed ${seed})`, () => {
  it.each([
    ['folder', KILLS.folder, 'file://team/app', 'M'],
    ['layout', KILLS.layout, 'oci:layout', 'layout'],
  ])('ends in the same %s', { timeout: 240_000 }, async (kind, kills, place, folder) => {
    const undisturbed = temporaryFolder(`mirror-kill-${kind}`);
    expect((await mirror(undisturbed, place)).status).toBe(0);
    const expected = contentOf(join(undisturbed, folder));
    await torment(
      kind,
      kills,
      () => place,
      async (dir) => {
        expect(contentOf(join(dir, folder))).toEqual(expected);
      },
    );
  });

  it('ends in the same registry', { timeout: 240_000 }, async () => {
    const host = site.target.address;
    await torment(
      'registry',
      KILLS.registry,
      (round) => `${host}/killed/app${round}`,
      async (_, round) => {
        for (const [index, image] of images.entries()) {
          const { body } = await getManifest(site.target, `killed/app${round}`, tags[index] ?? '');
          expect(body.equals(image.bytes)).toBe(true);
          for (const { descriptor } of image.blobs) {
            expect(await digestOfPulledBlob(site.target, `killed/app${round}`, descriptor.digest)).toBe(
              descriptor.digest,
            );
          }
        }
      },
    );
  });
});
