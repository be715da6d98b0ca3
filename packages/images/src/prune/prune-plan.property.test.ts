/** Random clusters: nothing reachable is ever deleted, and all unreachable old content is. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  clusters,
  IMAGES,
  REPOSITORIES,
  signatureTag,
  worldOf,
  YOUNG,
  type Cluster,
  type Made,
} from './testing/clusters.js';
import { digestNamed, type ItemParts } from './testing/objects.js';
import { outcomeOf, planOf } from './testing/planning.js';

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
    if (!this.byName.has(item.image) || index >= keepRevisions) return false;
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
    if (parts === undefined) return [digestNamed(name)];
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
    .map(({ stream, tag, item }) => `${stream.path}:${tag}@${digestNamed(item.image)}`);
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
