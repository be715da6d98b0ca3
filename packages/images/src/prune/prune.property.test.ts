/** Random clusters: nothing reachable is ever deleted, and all unreachable old content is. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PruneRules } from './prune-rules.js';
import type { FakeCluster } from './testing/fake-cluster.js';
import { digestNamed, image, pod, stream, type ImageParts, type ItemParts } from './testing/objects.js';
import { outcomeOf, planOf, type World } from './testing/planning.js';
import { contentOf, prune, RULES, start } from './testing/pruning.js';

const IMAGES = Array.from({ length: 10 }, (_, index) => `i${index}`);
const LAYERS = ['x', 'y', 'z', 'w'];
const REPOSITORIES = ['ns/app', 'ns/other', 'far/app', 'gone/app'];
const YOUNG = 30;

interface Made {
  name: string;
  parts: ImageParts & { minutes: number; repository: string; managed: boolean; layers: string[] };
}

/** A small cluster, by the names of its images. Ages in minutes. */
interface Cluster {
  images: Made[];
  streams: { path: string; minutes: number; tags: Record<string, Required<ItemParts>[]> }[];
  usedImages: string[];
  usedTags: { stream: string; tag: string }[];
  keepRevisions: number;
  all: boolean;
}

const ages = fc.constantFrom(24 * 60, 24 * 60, 24 * 60, YOUNG);

/** Lists hold earlier images, as digests cannot go round in a circle. */
const madeImage = (index: number): fc.Arbitrary<Made> => {
  const earlier = IMAGES.slice(0, index);
  const some =
    earlier.length === 0 ? fc.constant<string[]>([]) : fc.subarray(earlier, { maxLength: Math.min(3, index) });
  return fc
    .record({
      layers: fc.subarray(LAYERS),
      children: fc.option(some, { nil: undefined }),
      subject:
        earlier.length === 0 ? fc.constant(undefined) : fc.option(fc.constantFrom(...earlier), { nil: undefined }),
      minutes: ages,
      repository: fc.constantFrom(...REPOSITORIES),
      managed: fc.boolean(),
    })
    .map(({ children, subject, ...parts }) => ({
      name: IMAGES[index] as string,
      parts: {
        ...parts,
        ...(children !== undefined && children.length > 0 && { children, layers: [] }),
        ...(subject !== undefined && { subject }),
      },
    }));
};

const items = fc.array(
  fc.record({
    image: fc.constantFrom(...IMAGES, 'missing', ''),
    minutes: ages,
    repository: fc.constantFrom(...REPOSITORIES),
  }),
  { minLength: 1, maxLength: 4 },
);
const signatureTag = (name: string) => `${digestNamed(name).replace(':', '-')}.sig`;
const tagNames = fc.constantFrom('v1', 'v2', signatureTag('i0'), signatureTag('i1'), signatureTag('unknown'));

/** Clusters in which everything refers to everything, old and young. */
const clusters: fc.Arbitrary<Cluster> = fc.record({
  images: fc
    .tuple(...IMAGES.map((_, index) => fc.option(madeImage(index), { freq: 5, nil: undefined })))
    .map((all) => all.filter((made) => made !== undefined)),
  streams: fc.uniqueArray(
    fc.record({
      path: fc.constantFrom('ns/app', 'ns/other', 'far/app'),
      minutes: ages,
      tags: fc.dictionary(tagNames, items, { maxKeys: 3 }),
    }),
    { selector: ({ path }) => path },
  ),
  usedImages: fc.subarray(IMAGES, { maxLength: 2 }),
  usedTags: fc.array(fc.record({ stream: fc.constantFrom(...REPOSITORIES), tag: tagNames }), { maxLength: 2 }),
  keepRevisions: fc.nat({ max: 2 }),
  all: fc.boolean(),
});

/** The objects of a cluster. */
function worldOf({ images, streams, usedImages, usedTags }: Cluster): World {
  return {
    images: images.map(({ name, parts }, index) => image(name, { version: String(index + 1), ...parts })),
    streams: streams.map(({ path, minutes, tags }) => stream(path, tags, { minutes })),
    uses: [{ digests: usedImages.map(digestNamed), tags: usedTags }],
  };
}

/** The rules, word for word and slowly. */
class Oracle {
  readonly live = new Set<string>();
  private readonly byName: Map<string, Made>;

  constructor(private readonly cluster: Cluster) {
    this.byName = new Map(cluster.images.map((made) => [made.name, made]));
    for (let size = -1; size !== this.live.size;) {
      size = this.live.size;
      this.widen();
    }
  }

  private widen(): void {
    const { images, all } = this.cluster;
    const keep = (name: string) => this.live.add(name);
    for (const { stream, tag, index, item } of this.items())
      if (this.isKept(stream, tag, item, index)) keep(item.image);
    for (const { name, parts } of images) {
      if (this.isUsed(name) || parts.minutes <= YOUNG || (!all && !parts.managed)) keep(name);
      if (this.live.has(name)) for (const child of parts.children ?? []) keep(child);
      if (parts.subject !== undefined && this.live.has(parts.subject)) keep(name);
    }
  }

  *items() {
    for (const stream of this.cluster.streams) {
      for (const [tag, history] of Object.entries(stream.tags)) {
        for (const [index, item] of history.entries()) yield { stream, tag, index, item };
      }
    }
  }

  isKept(stream: Cluster['streams'][number], tag: string, item: ItemParts, index: number): boolean {
    const { usedTags, keepRevisions } = this.cluster;
    if (stream.minutes <= YOUNG || (item.minutes ?? 0) <= YOUNG || this.isUsed(item.image)) return true;
    if (index === 0 && usedTags.some((used) => used.stream === stream.path && used.tag === tag)) return true;
    if ((item.image !== '' && !this.byName.has(item.image)) || index >= keepRevisions) return false;
    const subject = IMAGES.find((name) => signatureTag(name) === tag && this.byName.has(name));
    return subject === undefined || this.live.has(subject);
  }

  /** Named by a pod, or a list that holds such an image. */
  private isUsed(name: string): boolean {
    if (this.cluster.usedImages.includes(name)) return true;
    return (this.byName.get(name)?.parts.children ?? []).some((child) => this.isUsed(child));
  }

  /** The digests that an image is made of. */
  contentOf(name: string): string[] {
    const parts = this.byName.get(name)?.parts;
    if (parts === undefined) return name === '' ? [] : [digestNamed(name)];
    const blobs = parts.children === undefined ? [`${name}-config`, ...parts.layers] : parts.children;
    return [name, ...blobs].map(digestNamed);
  }

  /** What is pulled from a repository must be all there. */
  servedBy(repository: string): Set<string> {
    const names = new Set<string>();
    for (const { stream, tag, index, item } of this.items()) {
      const isHere = stream.path === repository || item.repository === repository;
      if (isHere && this.isKept(stream, tag, item, index)) names.add(item.image);
    }
    for (const { name, parts } of this.cluster.images) {
      if (parts.managed && parts.repository === repository && this.live.has(name)) names.add(name);
    }
    return this.withCompanions(names);
  }

  /** With children and referrers, of any depth. */
  withCompanions(names: Set<string>): Set<string> {
    const all = new Set(names);
    for (let size = -1; size !== all.size;) {
      size = all.size;
      for (const name of [...all]) for (const child of this.byName.get(name)?.parts.children ?? []) all.add(child);
      for (const { name, parts } of this.cluster.images) {
        if (parts.subject !== undefined && all.has(parts.subject)) all.add(name);
      }
    }
    return all;
  }
}

function check(cluster: Cluster): void {
  const oracle = new Oracle(cluster);
  const rules = { history: { keepRevisions: cluster.keepRevisions }, all: cluster.all };
  const plan = planOf(worldOf(cluster), rules);
  const outcome = outcomeOf(plan);

  const expectedItems = [...oracle.items()]
    .filter(({ stream, tag, index, item }) => !oracle.isKept(stream, tag, item, index))
    .map(({ stream, tag, item }) => `${stream.path}:${tag}@${item.image === '' ? '' : digestNamed(item.image)}`);
  expect(outcome.items.sort()).toEqual(expectedItems.sort());

  const dead = cluster.images.filter(({ name }) => !oracle.live.has(name)).map(({ name }) => name);
  expect(outcome.images.sort()).toEqual(dead.map(digestNamed).sort());

  const needed = new Set([...oracle.live].flatMap((name) => oracle.contentOf(name)));
  const blobs = new Set(dead.flatMap((name) => oracle.contentOf(name)));
  // A list's children are images of their own: those that are none go with nobody.
  const known = (digest: string) =>
    !IMAGES.some((name) => digestNamed(name) === digest && !cluster.images.some((made) => made.name === name));
  expect(outcome.blobs.sort()).toEqual([...blobs].filter((digest) => !needed.has(digest) && known(digest)).sort());

  const links = [...outcome.layerLinks, ...outcome.manifestLinks].map((link) => link.split(' ') as [string, string]);
  expect(new Set(links.map((link) => link.join(' '))).size).toBe(links.length);
  for (const repository of REPOSITORIES) {
    const deleted = new Set(links.filter(([at]) => at === repository).map(([, digest]) => digest));
    const served = new Set([...oracle.servedBy(repository)].flatMap((name) => oracle.contentOf(name)));
    expect([...deleted].filter((digest) => served.has(digest))).toEqual([]);
    const going = new Set<string>();
    for (const { stream, tag, index, item } of oracle.items()) {
      if (stream.path === repository && !oracle.isKept(stream, tag, item, index)) going.add(item.image);
    }
    for (const { name, parts } of cluster.images) {
      if (parts.managed && parts.repository === repository && dead.includes(name)) going.add(name);
    }
    const content = [...oracle.withCompanions(going)].flatMap((name) => oracle.contentOf(name));
    expect(content.filter((digest) => !served.has(digest) && !deleted.has(digest))).toEqual([]);
  }
}

it('keeps what is reachable and deletes what is not', { timeout: 120_000 }, () => {
  fc.assert(fc.property(clusters, check), { numRuns: 1500 });
});

it(
  'can break off anywhere: what streams name is whole, and the next run does the rest',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(clusters, fc.nat({ max: 40 }), fc.integer({ min: 1, max: 3 }), async (made, steps, workers) => {
        const rules = rulesOf(made);
        const world = start(worldOf(made));
        const whole = start(worldOf(made));
        for (const { cluster } of [world, whole]) cluster.others.set('pods', podsOf(made));
        await prune(whole.cluster, whole.registry, { rules });

        const abort = new AbortController();
        let left = steps;
        const onStep = () => {
          if (left-- === 0) abort.abort(new Error('killed'));
        };
        const missing = missingOf(world);
        await prune(world.cluster, world.registry, { rules, workers, onStep, signal: abort.signal }).catch(
          () => undefined,
        );
        expect(missingOf(world).filter((each) => !missing.includes(each))).toEqual([]);
        await prune(world.cluster, world.registry, { rules });
        expect(missingOf(world).filter((each) => !missing.includes(each))).toEqual([]);
        expect([...world.cluster.images.keys()].sort()).toEqual([...whole.cluster.images.keys()].sort());
        expect([...world.registry.blobs].sort()).toEqual([...whole.registry.blobs].sort());
        expect(tagsOf(world.cluster)).toEqual(tagsOf(whole.cluster));
      }),
      { numRuns: 300 },
    );
  },
);

const rulesOf = ({ keepRevisions, all }: Cluster): PruneRules => ({ ...RULES, history: { keepRevisions }, all });

function podsOf({ usedImages, usedTags }: Cluster) {
  const byDigest = usedImages.map((name) => `any.host/any/name@${digestNamed(name)}`);
  return [pod([...byDigest, ...usedTags.map(({ stream, tag }) => `any.host/${stream}:${tag}`)])];
}

function tagsOf(cluster: FakeCluster) {
  return [...cluster.streams.values()].map(({ metadata, status }) => ({ name: metadata.name, tags: status.tags }));
}

/** What histories name and is not there. */
function missingOf({ cluster, registry }: ReturnType<typeof start>): string[] {
  const missing: string[] = [];
  for (const [path, { status }] of cluster.streams) {
    for (const item of (status.tags ?? []).flatMap(({ items }) => items ?? [])) {
      if (!cluster.images.has(item.image)) missing.push(`image ${item.image}`);
      for (const part of contentOf(cluster, item.image)) {
        if (!registry.blobs.has(part)) missing.push(`blob ${part}`);
        if (!registry.links.has(`${path} ${part}`)) missing.push(`link ${path} ${part}`);
      }
    }
  }
  return missing;
}
