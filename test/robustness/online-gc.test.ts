import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Digest } from '@longshore/oci';
import { createLogger, openMaintenance } from '@longshore/registry';
import { FilesystemDriver } from '@longshore/storage';
import {
  blobOf,
  createImage,
  createIndex,
  createManifest,
  digestOf,
  digestOfPulledBlob,
  errorCodesOf,
  getManifest,
  jsonOf,
  MEDIA_TYPES,
  pushBlob,
  pushManifest,
  pushTree,
  randomBytesOf,
  requestTo,
  type GeneratedBlob,
  type GeneratedManifest,
  type Longshore,
} from '@longshore/testkit';
import { eventually } from './eventually.js';
import { Random, seed } from './random.js';
import { alarmsIn, fsckFindings, parsedConfigOf, Servers } from './servers.js';
import { atSuccessiveSteps, steppingDriver, type BeforeStep } from './stepping-driver.js';

const HOUR = 3_600_000;
const servers = new Servers();
afterAll(() => servers.end());

/** Collects garbage in this process as if the leases of all that has happened so far were over. */
async function collectAtOnce(root: string, before: BeforeStep = async () => undefined) {
  const config = parsedConfigOf(root);
  const driver = steppingDriver(new FilesystemDriver({ rootDirectory: root }), before);
  const maintenance = await openMaintenance(config, createLogger({ level: 'error' }), driver);
  const start = Date.now();
  await eventually('the clock has moved on', () => (Date.now() > start + 1 ? true : undefined));
  try {
    return await maintenance.collectGarbage({ dryRun: false, deleteUntagged: true, now: () => start + HOUR });
  } finally {
    await maintenance.close();
  }
}

const blobPath = (repository: string, digest: string) => `/v2/${repository}/blobs/${digest}`;

async function blobStatus(registry: Longshore, repository: string, digest: string): Promise<number> {
  return (await requestTo(registry, blobPath(repository, digest), { method: 'HEAD' })).status;
}

async function expectPullable(registry: Longshore, repository: string, reference: string, image: GeneratedManifest) {
  const { status, body } = await getManifest(registry, repository, reference);
  expect({ repository, reference, status }).toEqual({ repository, reference, status: 200 });
  expect(body.equals(image.bytes)).toBe(true);
  for (const { descriptor } of image.blobs) {
    expect(await digestOfPulledBlob(registry, repository, descriptor.digest)).toBe(descriptor.digest);
  }
}

/** The digests of all blobs on disk. */
function storedBlobs(root: string): string[] {
  const folder = join(root, 'docker/registry/v2/blobs/sha256');
  const names = readdirSync(folder).flatMap((prefix) => readdirSync(join(folder, prefix)));
  return names.map((hex) => `sha256:${hex}`).sort();
}

const LAYERS = Array.from({ length: 6 }, (_, i) => blobOf(randomBytesOf(`shared ${i}`, 40_000), MEDIA_TYPES.oci.layer));
const REPOSITORIES = ['traffic/a', 'traffic/b', 'traffic/c'] as const;
const TAGS = 4;

/** A client that pushes and deletes in a repository of its own, and knows what must be there. */
class Client {
  readonly tags = new Map<string, GeneratedManifest>();
  #pushes = 0;

  constructor(
    private readonly registry: Longshore,
    readonly repository: string,
    private readonly random: Random,
  ) {}

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      if (this.random.between(1, 3) === 1) await this.#delete();
      else await this.#push();
    }
  }

  async #push(): Promise<void> {
    const config = blobOf(Buffer.from(`{"push":"${this.repository} ${this.#pushes++}"}`), MEDIA_TYPES.oci.config);
    const layers = LAYERS.filter(() => this.random.between(0, 1) === 1);
    const image = createManifest('oci', config, layers);
    for (const blob of image.blobs) await this.#provide(blob);
    const tag = `t${this.random.between(1, TAGS)}`;
    await pushManifest(this.registry, this.repository, image, tag);
    this.tags.set(tag, image);
  }

  /** As clients do: asks, mounts from where it may be, uploads at last. */
  async #provide({ descriptor: { digest }, bytes }: GeneratedBlob): Promise<void> {
    if ((await blobStatus(this.registry, this.repository, digest)) === 200) return;
    const path = `/v2/${this.repository}/blobs/uploads/?mount=${digest}&from=${this.random.pick(REPOSITORIES)}`;
    const { status } = await requestTo(this.registry, path, { method: 'POST' });
    expect([201, 202]).toContain(status);
    if (status === 202) await pushBlob(this.registry, this.repository, bytes, digest);
  }

  /** Deletes a tag, or a manifest with all its tags. */
  async #delete(): Promise<void> {
    const [tag, image] = [...this.tags][this.random.between(0, this.tags.size - 1)] ?? [];
    if (tag === undefined || image === undefined) return;
    const byDigest = this.random.between(0, 1) === 1;
    const reference = byDigest ? image.descriptor.digest : tag;
    const path = `/v2/${this.repository}/manifests/${reference}`;
    expect((await requestTo(this.registry, path, { method: 'DELETE' })).status).toBe(202);
    for (const [name, { descriptor }] of [...this.tags]) {
      const same = byDigest && descriptor.digest === image.descriptor.digest;
      if (same || name === tag) this.tags.delete(name);
    }
  }
}

describe('collecting while clients push, mount and delete', () => {
  it(`fails no push, loses no image, and frees what nothing needs (seed ${seed})`, async () => {
    const root = servers.folder();
    const registry = await servers.longshore({ root, lease: '4s' });
    const clients = REPOSITORIES.map((name) => new Client(registry, name, new Random(name)));
    let over = false;
    const traffic = Promise.all(clients.map((client) => client.run(() => over)));
    let deleted = 0;
    for (const end = Date.now() + 8_000; Date.now() < end;) {
      const { stdout } = await registry.collectGarbage('--delete-untagged');
      deleted += stdout.split('\n').filter((line) => line.startsWith('deleted blob')).length;
    }
    over = true;
    await traffic;
    expect(deleted).toBeGreaterThan(0);
    const check = async () => {
      for (const { repository, tags } of clients) {
        for (const [tag, image] of tags) await expectPullable(registry, repository, tag, image);
      }
    };
    await check();
    await collectAtOnce(root);
    await check();
    const images = clients.flatMap(({ tags }) => [...tags.values()]);
    const needed = images.flatMap((image) => [image, ...image.blobs]).map(({ descriptor }) => descriptor.digest);
    expect(storedBlobs(root)).toEqual([...new Set(needed)].sort());
    expect(await fsckFindings(registry)).toEqual([]);
    expect(alarmsIn(registry.log())).toEqual([]);
  }, 90_000);
});

/** More than a collector takes steps with one blob. */
const STEPS = 24;

describe('collecting a blob at the very moment when a push relies on it', () => {
  const root = servers.folder();
  let registry: Longshore;
  beforeAll(async () => {
    registry = await servers.longshore({ root });
  });
  const blobs = (name: string) =>
    Array.from({ length: STEPS }, (_, step) => randomBytesOf(`${name} before step ${step}`, 1000));

  // The collector has been at the repository `a/into` when it comes to `from`: it does not see what is mounted there.
  it('a mount at each step gets a blob that stays, or is told to upload', async () => {
    const contents = blobs('mount');
    for (const content of contents) await pushBlob(registry, 'from', content);
    const answers = new Map<Digest, number>();
    const mount = async (digest: Digest) => {
      const path = `/v2/a/into/blobs/uploads/?mount=${digest}&from=from`;
      answers.set(digest, (await requestTo(registry, path, { method: 'POST' })).status);
    };
    await collectAtOnce(
      root,
      atSuccessiveSteps(
        contents.map((content) => digestOf(content) as Digest),
        mount,
      ),
    );
    expect(new Set(answers.values())).toEqual(new Set([201, 202]));
    expect(answers.size).toBeGreaterThan(6);
    for (const content of contents) {
      const digest = digestOf(content);
      if (answers.get(digest as Digest) === 202) await pushBlob(registry, 'a/into', content);
      else if (!answers.has(digest as Digest)) continue;
      // Asked several times, both workers have a say.
      for (const _ of [1, 2, 3]) expect(await digestOfPulledBlob(registry, 'a/into', digest)).toBe(digest);
    }
  });

  it('a client that asks at each step finds a blob that stays, or uploads it', async () => {
    const contents = blobs('ask');
    for (const content of contents) await pushBlob(registry, 'here', content);
    const answers = new Map<Digest, number>();
    const ask = async (digest: Digest) => {
      answers.set(digest, await blobStatus(registry, 'here', digest));
    };
    await collectAtOnce(
      root,
      atSuccessiveSteps(
        contents.map((content) => digestOf(content) as Digest),
        ask,
      ),
    );
    expect(new Set(answers.values())).toEqual(new Set([200, 404]));
    for (const content of contents) {
      const digest = digestOf(content);
      if (answers.get(digest as Digest) === 404) await pushBlob(registry, 'here', content);
      else if (!answers.has(digest as Digest)) continue;
      for (const _ of [1, 2, 3]) expect(await digestOfPulledBlob(registry, 'here', digest)).toBe(digest);
    }
  });

  it('an upload at each step brings a blob that stays', async () => {
    const contents = blobs('upload');
    for (const content of contents) await pushBlob(registry, 'from', content);
    const byDigest = new Map(contents.map((content) => [digestOf(content) as Digest, content]));
    let uploads = 0;
    const upload = async (digest: Digest) => {
      await pushBlob(registry, 'a/into', byDigest.get(digest) ?? Buffer.alloc(0));
      uploads++;
    };
    await collectAtOnce(root, atSuccessiveSteps([...byDigest.keys()], upload));
    expect(uploads).toBeGreaterThan(6);
    for (const digest of [...byDigest.keys()].slice(0, uploads)) {
      for (const _ of [1, 2, 3]) expect(await digestOfPulledBlob(registry, 'a/into', digest)).toBe(digest);
    }
  });

  it('an image is whole when its manifest is pushed at any step of the collection of its layers', async () => {
    const images = Array.from({ length: STEPS }, (_, step) => createImage({ seed: `image before step ${step}` }));
    for (const { blobs: parts } of images) for (const { bytes } of parts) await pushBlob(registry, 'app', bytes);
    const byLayer = new Map(images.map((image) => [image.blobs[1]?.descriptor.digest as Digest, image]));
    const accepted: GeneratedManifest[] = [];
    const push = async (layer: Digest) => {
      const image = byLayer.get(layer);
      if (!image) return;
      const path = `/v2/app/manifests/${image.descriptor.digest}`;
      const headers = { 'content-type': image.descriptor.mediaType };
      const response = await requestTo(registry, path, { method: 'PUT', headers, body: image.bytes });
      if (response.status === 201) accepted.push(image);
      else expect(errorCodesOf(response)).toEqual(['MANIFEST_BLOB_UNKNOWN']);
    };
    await collectAtOnce(root, atSuccessiveSteps([...byLayer.keys()], push));
    expect(accepted.length).toBeGreaterThan(0);
    for (const image of accepted) await expectPullable(registry, 'app', image.descriptor.digest, image);
    expect(await fsckFindings(registry)).toEqual([]);
  });
});

describe('what belongs together', () => {
  it('an index that is leased keeps the manifests that it lists, however old their own leases are', async () => {
    const root = servers.folder();
    const registry = await servers.longshore({ root });
    const children = ['one', 'two'].map((name) => createImage({ seed: name }));
    const index = createIndex(children);
    await pushTree(registry, 'app', index);
    // A lease that is young enough is not renewed, so children may be older than the index that relies on them.
    const old = (Date.now() - 2 * HOUR) / 1000;
    for (const { descriptor } of [...children, ...children.flatMap(({ blobs }) => blobs)])
      age(root, descriptor.digest, old);
    await registry.collectGarbage('--delete-untagged');
    await expectPullable(registry, 'app', index.descriptor.digest, { ...index, blobs: [] });
    for (const child of children) await expectPullable(registry, 'app', child.descriptor.digest, child);
  });

  it('after a collection in another process, the same push uploads again what is gone', async () => {
    const root = servers.folder();
    const registry = await servers.longshore({ root, lease: '1s' });
    const image = createImage({ seed: 'again', layers: 3 });
    await pushTree(registry, 'app', image, 'latest');
    await expectPullable(registry, 'app', 'latest', image);
    const path = `/v2/app/manifests/${image.descriptor.digest}`;
    expect((await requestTo(registry, path, { method: 'DELETE' })).status).toBe(202);
    await eventually('all blobs are collected', async () => {
      await registry.collectGarbage('--delete-untagged');
      return storedBlobs(root).length === 0 ? true : undefined;
    });
    for (const { descriptor, bytes } of image.blobs) {
      expect(await blobStatus(registry, 'app', descriptor.digest)).toBe(404);
      await pushBlob(registry, 'app', bytes);
    }
    await pushManifest(registry, 'app', image, 'latest');
    for (const _ of [1, 2, 3]) await expectPullable(registry, 'app', 'latest', image);
  });
});

/** Sets back the time of everything that is stored for a digest, and with it its lease. */
function age(root: string, digest: string, seconds: number): void {
  const [, hex = ''] = digest.split(':');
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' });
  for (const path of paths) if (path.includes(hex)) utimesSync(join(root, path), seconds, seconds);
}

describe('a manifest that is pushed and deleted at the same time', () => {
  it('leaves no tag without it', async () => {
    const registry = await servers.longshore();
    const image = createImage({ seed: 'contended' });
    await pushTree(registry, 'app', image);
    const path = `/v2/app/manifests/${image.descriptor.digest}`;
    const random = new Random('contended');
    for (let round = 0; round < 100; round++) {
      const push = pushManifest(registry, 'app', image, `t${round % 9}`);
      await delay(random.between(0, 8));
      await Promise.all([push, requestTo(registry, path, { method: 'DELETE' })]);
      await eventually(
        'every tag has its manifest',
        async () => {
          const { tags } = jsonOf(await requestTo(registry, '/v2/app/tags/list')) as { tags: string[] };
          const answers = await Promise.all(tags.map((tag) => getManifest(registry, 'app', tag)));
          return answers.every(({ status }) => status === 200) ? true : undefined;
        },
        5000,
      );
      await pushManifest(registry, 'app', image);
    }
    expect(await fsckFindings(registry)).toEqual([]);
  });
});
