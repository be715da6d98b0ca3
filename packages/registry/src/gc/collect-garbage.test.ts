import {
  digestOf,
  fallbackReferrersTag,
  MediaType,
  referencedBlobs,
  type Descriptor,
  type Digest,
} from '@longshore/oci';
import { InMemoryDriver, type StorageDriver } from '@longshore/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlobStore } from '../blobs/blob-store.js';
import {
  backlink,
  blobData,
  layerLink,
  leasedBlob,
  leasedLayerLink,
  leasedRevision,
  revisionLink,
  TRASH,
  uploadFolder,
} from '../layout.js';
import { Leases } from '../leases.js';
import { ContentCache } from '../manifests/content-cache.js';
import { ManifestStore } from '../manifests/manifest-store.js';
import { createLogger } from '../observe/index.js';
import { TagStore } from '../tags/tag-store.js';
import { Tombstones } from '../tags/tombstones.js';
import { blobNamed, imageNamed, indexNamed, type ImageParts, type Made } from '../testing/manifests.js';
import { play } from '../testing/interleavings.js';
import { snapshotOf } from '../testing/snapshot.js';
import { collectGarbage, type GcOptions } from './collect-garbage.js';

const REPOSITORY = 'team/app';
const LEASE_MS = 3_600_000;
const START = 1_700_000_000_000;
const LOG = createLogger({ level: 'error', formatter: 'json', fields: {} });

/** A storage, and what a registry and a collector do with it. */
class World {
  time = START;
  private ticks = 0;
  /** Its clock goes on a little with each look, as the sweep of deleted manifests waits for that. */
  readonly driver = new InMemoryDriver({ now: () => this.time + this.ticks++ / 1000 });
  readonly warnings: unknown[] = [];
  maxBytes = 2 ** 20;

  parts(on: StorageDriver = this.driver, pause = async () => undefined as void) {
    const now = () => this.time;
    const leases = new Leases(on, LEASE_MS, now, pause);
    const manifests = new ManifestStore(
      on,
      leases,
      new ContentCache({ maxBytes: 2 ** 22, entryBytes: 2 ** 20 }),
      this.maxBytes,
    );
    const tags = new TagStore(on, { now });
    const log = { ...LOG, warn: (fields: unknown) => void this.warnings.push(fields) };
    return { driver: on, leases, manifests, tags, tombstones: new Tombstones(on, tags), log };
  }

  async blob(repository: string | undefined, content: string): Promise<void> {
    const digest = digestOf(Buffer.from(content));
    await this.driver.put(blobData(digest), Buffer.from(content));
    if (repository) await this.driver.put(layerLink(repository, digest), Buffer.from(digest));
  }

  /** Pushes an image with the layers of the given contents. */
  async image(name: string, layers: string[] = [], parts: ImageParts = {}, repository = REPOSITORY): Promise<Made> {
    const made = imageNamed(name, {
      ...parts,
      layers: [...layers.map((layer) => blobNamed(layer)), ...(parts.layers ?? [])],
    });
    for (const content of [`config of ${name}`, ...layers]) await this.blob(repository, content);
    return this.manifest(made, repository);
  }

  async index(name: string, children: readonly Made[], subject?: Descriptor): Promise<Made> {
    return this.manifest(
      indexNamed(
        name,
        children.map(({ descriptor }) => descriptor),
        subject,
      ),
    );
  }

  async manifest(made: Made, repository = REPOSITORY): Promise<Made> {
    await this.parts().manifests.put(repository, made.manifest, made.digest);
    return made;
  }

  /** Stores a text as a manifest, as a server does that checks less. */
  async text(text: string): Promise<{ digest: Digest }> {
    const digest = digestOf(Buffer.from(text));
    await this.driver.put(blobData(digest), Buffer.from(text));
    await this.driver.put(revisionLink(REPOSITORY, digest), Buffer.from(digest));
    return { digest };
  }

  tag(tag: string, { digest }: { digest: Digest }, repository = REPOSITORY): Promise<void> {
    return this.parts().tags.put(repository, tag, digest);
  }

  /** Everything is old enough to be collected. */
  age(): void {
    this.time += 2 * LEASE_MS;
  }

  collect(options: Partial<GcOptions> = {}) {
    return collectGarbage(this.parts(), { dryRun: false, deleteUntagged: true, now: () => this.time, ...options });
  }

  has(path: string): boolean {
    return this.driver.statNow(path) !== undefined;
  }

  /** The names, among `candidates`, of what is there: manifests by revision and bytes, blobs by link and bytes. */
  left(manifests: Record<string, { digest: Digest }>, blobs: readonly string[], repository = REPOSITORY): string[] {
    const there = Object.entries(manifests).filter(
      ([, { digest }]) => this.has(revisionLink(repository, digest)) && this.has(blobData(digest)),
    );
    const data = blobs.filter((content) => {
      const digest = digestOf(Buffer.from(content));
      return this.has(layerLink(repository, digest)) && this.has(blobData(digest));
    });
    return [...there.map(([name]) => name), ...data];
  }
}

interface Story {
  tell: string;
  /** Sets up a storage. What has been done before `age` is old. Resolves with the names of manifests. */
  given: (world: World) => Promise<Record<string, { digest: Digest }>>;
  /** Contents of blobs of the repository. */
  blobs?: string[];
  /** Digests of data in storage, whichever repository links to it. */
  data?: Digest[];
  /** Names of the manifests, blobs and data that are there afterwards. */
  stays: string[];
  /** As `stays`, when untagged manifests are kept; the same when absent. */
  staysWithUntagged?: string[];
}

const stories: Story[] = [
  {
    tell: 'a tagged image stays with its blobs, an untagged one goes',
    given: async (world) => {
      const made = {
        tagged: await world.image('tagged', ['one', 'shared']),
        loose: await world.image('loose', ['two', 'shared']),
      };
      await world.tag('v1', made.tagged);
      world.age();
      return made;
    },
    blobs: ['one', 'two', 'shared', 'config of tagged', 'config of loose'],
    stays: ['tagged', 'one', 'shared', 'config of tagged'],
    staysWithUntagged: ['tagged', 'loose', 'one', 'two', 'shared', 'config of tagged', 'config of loose'],
  },
  {
    tell: 'blobs that no manifest needs go',
    given: async (world) => {
      await world.blob(REPOSITORY, 'left over');
      await world.blob(undefined, 'never linked');
      world.age();
      return {};
    },
    blobs: ['left over'],
    stays: [],
  },
  {
    tell: 'what an index lists stays with it, at any depth',
    given: async (world) => {
      const amd64 = await world.image('amd64', ['a']);
      const arm64 = await world.image('arm64', ['b']);
      const inner = await world.index('inner', [amd64, arm64]);
      const outer = await world.index('outer', [inner]);
      const loose = await world.index('loose', [await world.image('other', ['c'])]);
      await world.tag('latest', outer);
      world.age();
      return { amd64, inner, outer, loose };
    },
    blobs: ['a', 'b', 'c'],
    stays: ['amd64', 'inner', 'outer', 'a', 'b'],
    staysWithUntagged: ['amd64', 'inner', 'outer', 'loose', 'a', 'b', 'c'],
  },
  {
    tell: 'an index of which not all was mirrored stays with what was',
    given: async (world) => {
      const mirrored = await world.image('mirrored', ['a']);
      const absent = imageNamed('absent', { config: blobNamed('config of absent'), layers: [] });
      const index = await world.index('index', [absent, mirrored]);
      await world.tag('v1', index);
      world.age();
      return { index, mirrored };
    },
    blobs: ['a', 'config of mirrored'],
    stays: ['index', 'mirrored', 'a', 'config of mirrored'],
  },
  {
    tell: 'a tagged child stays without its index',
    given: async (world) => {
      const child = await world.image('child', ['a']);
      const made = { child, index: await world.index('index', [child, await world.image('sibling', ['b'])]) };
      await world.tag('child', child);
      world.age();
      return made;
    },
    blobs: ['a', 'b'],
    stays: ['child', 'a'],
    staysWithUntagged: ['child', 'index', 'a', 'b'],
  },
  {
    tell: 'what refers to a kept manifest stays, what refers to a dropped one goes',
    given: async (world) => {
      const [kept, dropped] = [await world.image('kept'), await world.image('dropped')];
      const signature = await world.image('signature', ['a'], { subject: kept.descriptor });
      const attestation = await world.image('attestation', ['b'], { subject: signature.descriptor });
      const widow = await world.image('widow', ['c'], { subject: dropped.descriptor });
      const orphan = await world.image('orphan', ['d'], { subject: blobNamed('nowhere') });
      await world.tag('v1', kept);
      world.age();
      return { kept, dropped, signature, attestation, widow, orphan };
    },
    blobs: ['a', 'b', 'c', 'd'],
    stays: ['kept', 'signature', 'attestation', 'a', 'b'],
    staysWithUntagged: ['kept', 'dropped', 'signature', 'attestation', 'widow', 'orphan', 'a', 'b', 'c', 'd'],
  },
  {
    tell: 'a tagged referrer stays without its subject',
    given: async (world) => {
      const subject = await world.image('subject', ['a']);
      const referrer = await world.image('referrer', ['b'], { subject: subject.descriptor });
      await world.tag('signature', referrer);
      world.age();
      return { subject, referrer };
    },
    blobs: ['a', 'b'],
    stays: ['referrer', 'b'],
    staysWithUntagged: ['subject', 'referrer', 'a', 'b'],
  },
  {
    tell: 'what a fallback tag lists stays',
    given: async (world) => {
      const subject = await world.image('subject');
      const signature = await world.image('signature', ['a']);
      const list = await world.index('list', [signature]);
      await world.tag('v1', subject);
      await world.tag(fallbackReferrersTag(subject.digest), list);
      world.age();
      return { subject, signature, list };
    },
    blobs: ['a'],
    stays: ['subject', 'signature', 'list', 'a'],
  },
  {
    tell: 'an index that lists its own subject keeps it, and goes with it',
    given: async (world) => {
      const [subject, other] = [await world.image('subject', ['a']), await world.image('other', ['b'])];
      const circle = await world.index('circle', [subject], subject.descriptor);
      const loose = await world.index('loose', [other], other.descriptor);
      await world.tag('v1', subject);
      world.age();
      return { subject, circle, other, loose };
    },
    blobs: ['a', 'b'],
    stays: ['subject', 'circle', 'a'],
    staysWithUntagged: ['subject', 'circle', 'other', 'loose', 'a', 'b'],
  },
  {
    tell: 'schema 1 keeps what its text names',
    given: async (world) => {
      for (const content of ['a', 'b', 'c']) await world.blob(REPOSITORY, content);
      const fsLayers = ['a', 'b'].map((content) => ({ blobSum: digestOf(Buffer.from(content)) }));
      const schema1 = await world.text(
        JSON.stringify({ schemaVersion: 1, name: 'app', tag: 'old', fsLayers, signatures: [] }),
      );
      await world.tag('old', schema1);
      world.age();
      return { schema1 };
    },
    blobs: ['a', 'b', 'c'],
    stays: ['schema1', 'a', 'b'],
  },
  {
    tell: 'an index that we would not take keeps what its text names',
    given: async (world) => {
      const child = await world.image('child', ['a']);
      const twice = `{"schemaVersion":2,"schemaVersion":2,"manifests":[{"digest":"${child.digest}"}]}`;
      const index = await world.text(twice);
      await world.tag('latest', index);
      world.age();
      return { child, index };
    },
    blobs: ['a'],
    stays: ['child', 'index', 'a'],
  },
  {
    tell: 'what is no manifest at all does no harm',
    given: async (world) => {
      const [broken, tagged] = [await world.text('\x00 no JSON'), await world.image('tagged', ['a'])];
      await world.tag('broken', broken);
      await world.tag('v1', tagged);
      const { digest } = await world.image('lost', ['b']);
      await world.tag('lost', { digest });
      await world.driver.delete(blobData(digest));
      world.age();
      return { broken, tagged };
    },
    blobs: ['a', 'b'],
    stays: ['broken', 'tagged', 'a'],
  },
  {
    tell: 'a repository with a manifest too large to be read keeps everything',
    given: async (world) => {
      const loose = await world.image('loose', ['a']);
      const large = await world.image('large', ['b'], { annotations: { padding: 'x'.repeat(2000) } });
      await world.blob(REPOSITORY, 'c');
      world.maxBytes = 2000;
      world.age();
      return { loose, large };
    },
    blobs: ['a', 'b', 'c'],
    stays: ['loose', 'large', 'a', 'b', 'c'],
  },
  {
    tell: 'layers that stay at their publisher stay here too, once they were pushed',
    given: async (world) => {
      const foreign = { ...blobNamed('foreign'), urls: ['https://example.com/layer'] };
      const image = await world.image('image', [], { layers: [foreign] });
      await world.blob(REPOSITORY, 'foreign');
      await world.tag('v1', image);
      world.age();
      return { image };
    },
    blobs: ['foreign'],
    stays: ['image', 'foreign'],
  },
  {
    tell: 'what was pushed or leased lately stays, with all that it holds',
    given: async (world) => {
      const child = await world.image('child', ['a']);
      const index = await world.index('index', [child]);
      const signature = await world.image('signature', ['b'], { subject: index.descriptor });
      const old = await world.image('old', ['c']);
      await world.blob(REPOSITORY, 'd');
      await world.blob(REPOSITORY, 'e');
      world.age();
      const { leases, manifests } = world.parts();
      await manifests.lease(REPOSITORY, index.digest);
      await leases.take(leasedLayerLink(REPOSITORY, digestOf(Buffer.from('d'))));
      await world.blob(REPOSITORY, 'f');
      return { child, index, signature, old };
    },
    blobs: ['a', 'b', 'c', 'd', 'e', 'f'],
    stays: ['child', 'index', 'signature', 'a', 'b', 'd', 'f'],
    staysWithUntagged: ['child', 'index', 'signature', 'old', 'a', 'b', 'c', 'd', 'f'],
  },
  {
    tell: 'what a collector that died left aside is judged anew',
    given: async (world) => {
      const [tagged, loose] = [await world.image('tagged', ['a', 'b']), await world.image('loose', ['c'])];
      await world.blob(REPOSITORY, 'd');
      await world.tag('v1', tagged);
      world.age();
      const aside = [
        leasedRevision(REPOSITORY, tagged.digest),
        leasedRevision(REPOSITORY, loose.digest),
        leasedBlob(tagged.digest),
        ...['a', 'd'].map((content) => leasedLayerLink(REPOSITORY, digestOf(Buffer.from(content)))),
        ...['b', 'd'].map((content) => leasedBlob(digestOf(Buffer.from(content)))),
      ];
      for (const { folder, condemned } of aside) await world.driver.move(folder, condemned);
      return { tagged, loose };
    },
    blobs: ['a', 'b', 'c', 'd'],
    stays: ['tagged', 'a', 'b'],
    staysWithUntagged: ['tagged', 'loose', 'a', 'b', 'c'],
  },
  {
    tell: 'a blob with two names stays by that which a manifest says, and goes without one',
    given: async (world) => {
      const made = await world.image('image', ['a']);
      await world.tag('v1', made);
      for (const content of ['a', 'b']) {
        const [name, other] = [digestOf(Buffer.from(content)), digestOf(Buffer.from(content), 'sha512')];
        await world.driver.put(blobData(other), Buffer.from(content));
        await world.driver.put(layerLink(REPOSITORY, name), Buffer.from(other));
        await world.driver.delete(blobData(name)).catch(() => undefined);
      }
      world.age();
      return { image: made };
    },
    data: ['a', 'b'].map((content) => digestOf(Buffer.from(content), 'sha512')),
    stays: ['image', digestOf(Buffer.from('a'), 'sha512')],
  },
  {
    tell: 'the tags of a deleted manifest do not keep it',
    given: async (world) => {
      const deleted = await world.image('deleted', ['a']);
      await world.tag('v1', deleted);
      await world.parts().tombstones.bury(REPOSITORY, deleted.digest);
      world.age();
      return { deleted };
    },
    blobs: ['a'],
    stays: [],
  },
];

describe.each([true, false])('with untagged manifests deleted: %s', (deleteUntagged) => {
  it.each(stories)('$tell', async ({ given, blobs = [], data = [], stays, staysWithUntagged = stays }) => {
    const world = new World();
    const manifests = await given(world);
    const before = await snapshotOf(world.driver);
    const foretold = await world.collect({ dryRun: true, deleteUntagged });
    expect(await snapshotOf(world.driver)).toEqual(before);
    const report = await world.collect({ deleteUntagged });
    const left = [...world.left(manifests, blobs), ...data.filter((digest) => world.has(blobData(digest)))];
    expect(left).toEqual(deleteUntagged ? stays : staysWithUntagged);
    expect(sorted(report)).toEqual(sorted(foretold));
    // Once is enough.
    const again = await world.collect({ deleteUntagged });
    expect(again).toMatchObject({ manifestsDeleted: [], linksDeleted: 0, blobsDeleted: [], bytesFreed: 0 });
  });
});

const sorted = (report: Awaited<ReturnType<World['collect']>>) => ({
  ...report,
  manifestsDeleted: report.manifestsDeleted.map(({ digest }) => digest).sort(),
  blobsDeleted: [...report.blobsDeleted].sort(),
});

describe('a collection', () => {
  it('reports what it did', async () => {
    const world = new World();
    const loose = await world.image('loose', ['12345']);
    await world.tag('v1', await world.image('kept', ['a']));
    world.age();
    const progress: unknown[] = [];
    const report = await world.collect({ onProgress: (step) => progress.push(step) });
    const gone = [loose.digest, ...['12345', 'config of loose'].map((content) => digestOf(Buffer.from(content)))];
    expect(sorted(report)).toEqual({
      repositories: 1,
      manifestsKept: 1,
      manifestsDeleted: [loose.digest],
      linksDeleted: 2,
      blobsKept: 3,
      blobsDeleted: gone.sort(),
      bytesFreed: 5 + 'config of loose'.length + loose.manifest.raw.length,
    });
    expect(progress).toEqual([
      { phase: 'mark', done: 1 },
      { phase: 'sweep', done: 6 },
    ]);
  });

  it('keeps a blob for one repository, and takes the link from another', async () => {
    const world = new World();
    await world.tag('v1', await world.image('one', ['shared'], {}, 'team/one'), 'team/one');
    await world.image('two', ['shared'], {}, 'team/two');
    world.age();
    await world.collect();
    expect(world.left({}, ['shared'], 'team/one')).toEqual(['shared']);
    expect(world.left({}, ['shared'], 'team/two')).toEqual([]);
  });

  it('leaves uploads alone', async () => {
    const world = new World();
    await world.image('any');
    await world.driver.put(`${uploadFolder(REPOSITORY, 'id')}/data`, Buffer.from('part'));
    await world.driver.put(`${uploadFolder('new/one', 'id')}/data`, Buffer.from('part'));
    world.age();
    await world.collect();
    for (const name of [REPOSITORY, 'new/one']) expect(world.has(`${uploadFolder(name, 'id')}/data`)).toBe(true);
  });

  it('writes the backlinks of content from elsewhere, and takes those of what it deletes', async () => {
    const world = new World();
    const subject = await world.image('subject');
    await world.tag('v1', subject);
    const planted = imageNamed('planted', { subject: subject.descriptor });
    await world.text(Buffer.from(planted.manifest.raw).toString());
    const other = await world.image('other');
    const referrer = await world.image('referrer', [], { subject: other.descriptor });
    const path = backlink(REPOSITORY, 'referrers', other.digest, referrer.digest);
    expect(world.has(path)).toBe(true);
    world.age();
    await world.collect();
    expect(world.has(backlink(REPOSITORY, 'referrers', subject.digest, planted.digest))).toBe(true);
    expect(world.has(path)).toBe(false);
  });

  it('sweeps the tags of deleted manifests, and empties the trash', async () => {
    const world = new World();
    const deleted = await world.image('deleted');
    await world.tag('old', deleted);
    await world.parts().tombstones.bury(REPOSITORY, deleted.digest);
    await world.driver.put(`${TRASH}/${world.time}-old/file`, Buffer.from('x'));
    world.age();
    await world.driver.put(`${TRASH}/${world.time}-new/file`, Buffer.from('x'));
    await world.collect();
    expect(await world.parts().tags.list(REPOSITORY)).toEqual([]);
    expect((await world.driver.list(TRASH)).names).toEqual([`${world.time}-new`]);
  });

  it('takes the tags of what the streams of a cluster have forgotten along', async () => {
    const world = new World();
    const [kept, forgotten] = [await world.image('kept'), await world.image('forgotten')];
    await world.tag('v2', kept);
    for (const tag of ['v1', 'latest']) await world.tag(tag, forgotten);
    world.age();
    const holdings = { manifests: new Map([[REPOSITORY, new Set([kept.digest])]]), content: new Set<Digest>() };
    await world.collect({ holdings, dryRun: true });
    expect(await world.parts().tags.list(REPOSITORY)).toEqual(['latest', 'v1', 'v2']);
    await world.collect({ holdings });
    expect(await world.parts().tags.list(REPOSITORY)).toEqual(['v2']);
    expect(world.left({ kept, forgotten }, [])).toEqual(['kept']);
  });

  it('tells of a manifest that it cannot read', async () => {
    const world = new World();
    const { digest } = await world.image('large');
    world.maxBytes = 10;
    await world.collect();
    expect(world.warnings).toEqual([{ 'vars.name': REPOSITORY, digest }]);
  });

  it('ends when it is told to, and lets the next begin', async () => {
    const world = new World();
    const loose = await world.image('loose');
    world.age();
    const signal = AbortSignal.abort(new Error('interrupted'));
    await expect(world.collect({ signal })).rejects.toThrow('interrupted');
    expect(world.left({ loose }, [])).toEqual(['loose']);
    await world.collect();
    expect(world.left({ loose }, [])).toEqual([]);
  });

  it('runs once at a time, while dry ones may go beside it', async () => {
    const world = new World();
    await world.image('any');
    let second: Promise<unknown> | undefined;
    const onProgress = () => {
      second ??= world.collect().catch((error: unknown) => error);
    };
    await world.collect({ onProgress });
    expect(await second).toMatchObject({ code: 'COLLECTOR_BUSY' });
    await expect(world.collect({ dryRun: true, onProgress: () => undefined })).resolves.toBeDefined();
  });
});

describe('a push during a collection', () => {
  /** What a client does that skips what the registry has, and uploads what it has not. */
  async function push(
    world: World,
    on: StorageDriver,
    pause: () => Promise<void>,
    image: Made,
    index: Made,
    outer: Made,
  ) {
    const { leases, manifests, tags, tombstones } = world.parts(on, pause);
    const blobs = new BlobStore(on, leases);
    const upload = async (content: string) => {
      const digest = digestOf(Buffer.from(content));
      if ((await blobs.lease(REPOSITORY, digest)) !== undefined) return;
      await on.put(blobData(digest), Buffer.from(content));
      await blobs.link(REPOSITORY, digest);
    };
    const put = async ({ manifest, digest }: Made): Promise<boolean> => {
      for (const blob of referencedBlobs(manifest)) {
        if ((await blobs.lease(REPOSITORY, blob.digest)) === undefined) return false;
      }
      for (const child of manifest.manifests) {
        if ((await manifests.lease(REPOSITORY, child.digest)) === undefined) return false;
      }
      await tombstones.clear(REPOSITORY, digest);
      await manifests.put(REPOSITORY, manifest, digest);
      return true;
    };
    // The client asks for what is nearest to the root, and goes down only where the registry refuses.
    for (let tries = 0; !(await put(outer)); tries++) {
      expect(tries).toBeLessThan(5);
      if (await put(index)) continue;
      await upload('layer');
      await upload('config of image');
      await put(image);
    }
    await tags.put(REPOSITORY, 'latest', outer.digest);
  }

  it('ends with everything that it was told is there, in whatever order the steps come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 1 }), { maxLength: 150 }), async (schedule) => {
        const world = new World();
        const image = await world.image('image', ['layer']);
        const index = await world.index('index', [image]);
        const outer = indexNamed('outer', [index.descriptor]);
        world.age();
        const actors = {
          gc: (on: StorageDriver) =>
            collectGarbage(world.parts(on), { dryRun: false, deleteUntagged: true, now: () => world.time }),
          push: (on: StorageDriver, pause: () => Promise<void>) => push(world, on, pause, image, index, outer),
        };
        const { trace } = await play({ driver: world.driver, actors }, schedule);
        const left = world.left({ image, index, outer }, ['layer', 'config of image']);
        expect(left, trace.join('\n')).toEqual(['image', 'index', 'outer', 'layer', 'config of image']);
        expect(await world.parts().tags.resolve(REPOSITORY, 'latest')).toBe(outer.digest);
      }),
      { numRuns: 60 },
    );
  });
});

it('takes media types of Docker as those of OCI', async () => {
  const world = new World();
  const config = blobNamed('config', MediaType.dockerConfig);
  const layer = blobNamed('layer', MediaType.dockerLayerGzip);
  const text = JSON.stringify({ schemaVersion: 2, mediaType: MediaType.dockerManifest, config, layers: [layer] });
  await world.blob(REPOSITORY, 'config');
  await world.blob(REPOSITORY, 'layer');
  const docker = await world.text(text);
  await world.tag('v1', docker);
  world.age();
  await world.collect();
  expect(world.left({ docker }, ['config', 'layer'])).toEqual(['docker', 'config', 'layer']);
});
