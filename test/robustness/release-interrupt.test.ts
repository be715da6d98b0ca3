/** A release that is being mirrored when somebody presses Ctrl-C, or when the machine goes down (mirror.md 9.3, 14 and 32). */
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { releaseFiles, releaseLayer } from '@longshore/mirror/release';
import {
  blobOf,
  createManifest,
  digestOf,
  getManifest,
  MEDIA_TYPES,
  pushTree,
  randomBytesOf,
  temporaryFolder,
} from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentOf } from './folder-content.js';
import { MirrorSite, type MirrorRun } from './mirror-site.js';

const IMAGES = 10;
const AT_A_TIME = 2;
const CREATED = '2026-01-01T00:00:00Z';

let site: MirrorSite;
let release: ReturnType<typeof imageOf>;
const digests = new Map<string, string>();

const layer = (name: string, size: number) => blobOf(randomBytesOf(name, size), MEDIA_TYPES.docker.layer);
const base = layer('base', 1_000_000);
function imageOf(name: string, layers: ReturnType<typeof layer>[]) {
  const config = { architecture: 'amd64', os: 'linux', created: CREATED, config: { Labels: { name } } };
  return createManifest('docker', blobOf(Buffer.from(JSON.stringify(config)), MEDIA_TYPES.docker.config), layers);
}

/** Each request to the source goes through the proxy, whose address the release names. */
beforeAll(async () => {
  site = await MirrorSite.start();
  for (let index = 0; index < IMAGES; index++) {
    const image = imageOf(`image-${index}`, [base, layer(`a${index}`, 400_000), layer(`b${index}`, 50_000)]);
    await pushTree(site.source, 'ocp/images', image);
    digests.set(`image-${index}`, image.descriptor.digest);
  }
  const modified = new Date(CREATED);
  const components = [...digests].map(([name, digest]) => ({
    name,
    pullSpec: `${site.proxy.host}/ocp/images@${digest}`,
    annotations: {},
  }));
  const said = { version: '4.99.0', created: CREATED, previous: [], next: [], metadata: {}, modified };
  const { bytes } = await releaseLayer(releaseFiles({ ...said, components, manifests: new Map() }), modified);
  expect(gunzipSync(bytes).toString('latin1')).toContain(site.proxy.host);
  release = imageOf('release', [base, blobOf(bytes, MEDIA_TYPES.docker.layer)]);
  await pushTree(site.source, 'ocp/release', release, '4.99.0');
}, 120_000);
afterAll(() => site?.stop());

/** Mirrors, and sends a signal when so many blobs have been asked for. */
function mirror(dir: string, to: string, stop?: { signal: NodeJS.Signals; after: number }): Promise<MirrorRun> {
  const options = ['--insecure', '--signature-policy=warn', `--max-per-registry=${AT_A_TIME}`];
  const args = ['adm', 'release', 'mirror', ...options, `--from=${site.proxy.host}/ocp/release:4.99.0`, to];
  return site.run(dir, args, ({ blobs }, isBlob, end) => {
    if (!isBlob || stop === undefined || blobs.length < stop.after) return false;
    end(stop.signal);
    // Without an answer it cannot be done before the signal comes.
    return true;
  });
}

/** Reading what is in the release is part of each run. */
const ownBlobs = () => new Set(release.blobs.map(({ descriptor }) => descriptor.digest));

/** Mirrors in two runs, the first of which is stopped halfway. */
async function twice(signal: NodeJS.Signals, to: string): Promise<{ dir: string; first: MirrorRun }> {
  const dir = temporaryFolder('release-interrupt');
  const first = await mirror(dir, to, { signal, after: (IMAGES * 3) / 2 });
  const second = await mirror(dir, to);
  expect({ status: second.status }, second.output).toEqual({ status: 0 });
  const known = new Set(first.fetched);
  const again = second.fetched.filter((digest) => known.has(digest) && !ownBlobs().has(digest));
  expect(again.length, 'blobs that were fetched again').toBeLessThanOrEqual(AT_A_TIME);
  expect(second.fetched.length, 'blobs that were left').toBeGreaterThan(IMAGES / 2);
  return { dir, first };
}

const SIGNALS = ['SIGINT', 'SIGKILL'] as const;

describe('a release that is mirrored while somebody stops it', () => {
  const undisturbed = temporaryFolder('release-interrupt');
  beforeAll(async () => {
    const { status, fetched } = await mirror(undisturbed, '--to-dir=M');
    expect([status, fetched.length]).toEqual([0, new Set(fetched).size]);
  });

  it.each(SIGNALS)('by %s is the same in a folder after the next run', { timeout: 120_000 }, async (signal) => {
    const { dir, first } = await twice(signal, '--to-dir=M');
    expect(first.status).toBe(signal === 'SIGINT' ? 130 : null);
    expect(contentOf(join(dir, 'M'))).toEqual(contentOf(join(undisturbed, 'M')));
  });

  it.each(SIGNALS)('by %s is the same in a registry after the next run', { timeout: 120_000 }, async (signal) => {
    const repository = `stopped/${signal.toLowerCase()}`;
    const { first } = await twice(signal, `--to=${site.target.address}/${repository}`);
    expect(first.status).toBe(signal === 'SIGINT' ? 130 : null);
    const expected = [
      ['4.99.0-x86_64', release.descriptor.digest],
      ...[...digests].map(([name, digest]) => [`4.99.0-x86_64-${name}`, digest]),
    ];
    const found = expected.map(async ([tag = '']) => {
      const { body } = await getManifest(site.target, repository, tag);
      return [tag, digestOf(body)];
    });
    expect(await Promise.all(found)).toEqual(expected);
  });
});
