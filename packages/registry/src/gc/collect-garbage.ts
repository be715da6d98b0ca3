import type { Digest } from '@longshore/oci';
import type { StorageDriver } from '@longshore/storage';
import { secondName } from '../blobs/blob-store.js';
import {
  blobData,
  CONDEMNED_BLOBS,
  condemnedFolder,
  leasedBlob,
  leasedLayerLink,
  leasedRevision,
  parseFlatDigest,
} from '../layout.js';
import type { Leased, Leases } from '../leases.js';
import type { ManifestStore } from '../manifests/manifest-store.js';
import type { Logger } from '../observe/index.js';
import { repositories } from '../repositories/catalog.js';
import { children, statOrUndefined } from '../storage-access.js';
import type { TagStore } from '../tags/tag-store.js';
import type { Tombstones } from '../tags/tombstones.js';
import { emptyTrash } from '../trash.js';
import { processOwners } from '../uploads/owner.js';
import type { ClusterHoldings } from './cluster-holdings.js';
import { lockCollector } from './collector-lock.js';
import { blobDigests, layerDigests } from './digests-in-storage.js';
import { ManifestGraph } from './reachability.js';
import { StoredManifests, type StoredManifest } from './stored-manifests.js';

export interface GcOptions {
  /** Report, change nothing. */
  dryRun: boolean;
  /** Delete manifests too that no tag, no kept index and no kept subject holds. */
  deleteUntagged: boolean;
  /** What a cluster needs: its image streams hold manifests then, not the tags in storage. */
  holdings?: ClusterHoldings;
  /** Called now and then. */
  onProgress?: (progress: GcProgress) => void;
  signal?: AbortSignal;
  now?: () => number;
}

export interface GcProgress {
  phase: 'mark' | 'sweep';
  /** Repositories marked, or blobs looked at. */
  done: number;
}

/** What was deleted, or would be. */
export interface GcReport {
  repositories: number;
  manifestsKept: number;
  manifestsDeleted: { repository: string; digest: Digest }[];
  linksDeleted: number;
  blobsKept: number;
  blobsDeleted: Digest[];
  bytesFreed: number;
}

/** The parts of a registry that the collector works with. */
export interface GcParts {
  driver: StorageDriver;
  leases: Leases;
  manifests: ManifestStore;
  tags: TagStore;
  tombstones: Tombstones;
  log: Logger;
}

const TRASH_AGE_MS = 3_600_000;

/**
 * Deletes what nothing needs, while the registry serves and takes pushes: leases.ts argues why that is safe. Marks what
 * the manifests of all repositories need, then deletes layer links, manifests (with `deleteUntagged`) and blobs that are
 * not marked and whose lease ended before the marking began. Errors: CollectorBusy.
 */
export async function collectGarbage(parts: GcParts, options: GcOptions): Promise<GcReport> {
  const collection = new Collection(parts, options);
  if (options.dryRun) return collection.run();
  const unlock = await lockCollector(parts.driver, processOwners, options.now ?? Date.now);
  try {
    return await collection.run();
  } finally {
    await unlock();
  }
}

class Collection {
  private readonly live = new Set<Digest>();
  private readonly storedManifests: StoredManifests;
  private readonly now: number;
  private readonly cutoff: number;
  private readonly report: GcReport = {
    repositories: 0,
    manifestsKept: 0,
    manifestsDeleted: [],
    linksDeleted: 0,
    blobsKept: 0,
    blobsDeleted: [],
    bytesFreed: 0,
  };

  constructor(
    private readonly parts: GcParts,
    private readonly options: GcOptions,
  ) {
    this.now = (options.now ?? Date.now)();
    this.cutoff = this.now - parts.leases.leaseMs;
    this.storedManifests = new StoredManifests(parts.manifests, parts.leases);
  }

  async run(): Promise<GcReport> {
    for await (const repository of repositories(this.parts.driver)) {
      this.options.signal?.throwIfAborted();
      await this.markRepository(repository);
      this.options.onProgress?.({ phase: 'mark', done: ++this.report.repositories });
    }
    await this.sweepBlobs();
    if (!this.options.dryRun) await emptyTrash(this.parts.driver, this.now - TRASH_AGE_MS);
    return this.report;
  }

  private async markRepository(repository: string): Promise<void> {
    if (!this.options.dryRun) await this.parts.tombstones.sweep(repository);
    const stored = await this.readManifests(repository);
    const unread = stored.filter((manifest) => manifest.unread);
    for (const { digest } of unread) {
      this.parts.log.warn({ 'vars.name': repository, digest }, 'a manifest is too large to be read: nothing goes here');
    }
    const sweep = this.options.deleteUntagged && unread.length === 0;
    const kept = sweep ? await this.sweepManifests(repository, stored) : stored;
    this.report.manifestsKept += kept.length;
    const needed = new Set(kept.flatMap(({ blobs }) => blobs));
    for (const digest of needed) this.live.add(digest);
    for (const { digest } of kept) this.live.add(digest);
    await this.sweepLinks(repository, unread.length > 0 ? undefined : needed);
  }

  /** All manifests of a repository: what they hold, without their bytes. */
  private async readManifests(repository: string): Promise<StoredManifest[]> {
    const { manifests } = this.parts;
    const stored: StoredManifest[] = [];
    for await (const digest of this.revisions(repository)) {
      this.options.signal?.throwIfAborted();
      const manifest = await manifests.parsed(repository, digest);
      if (manifest && !this.options.dryRun) await manifests.backlinks.repair(repository, manifest, digest);
      stored.push(await this.storedManifests.describe(digest, manifest));
    }
    return stored;
  }

  /** Deletes the manifests that nothing holds. Resolves with the others. */
  private async sweepManifests(repository: string, stored: StoredManifest[]): Promise<StoredManifest[]> {
    const graph = new ManifestGraph(stored);
    const tagged = await this.taggedDigests(repository);
    const leased = await this.leasedDigests(repository, stored, graph.reachable(tagged));
    const kept = graph.reachable([...tagged, ...leased]);
    const deleted = new Map<Digest, number>();
    for (const digest of graph.holdersFirst()) {
      if (kept.has(digest)) continue;
      if (await this.deleteManifest(repository, digest)) deleted.set(digest, this.now);
      // Leased since we looked. Nothing that it holds has been deleted, because holders come first.
      else for (const held of graph.reachable([digest])) kept.add(held);
    }
    // In a cluster, tags in storage hold nothing: the streams say which there are.
    const mayBeTagged = this.options.holdings !== undefined && !this.options.dryRun && deleted.size > 0;
    if (mayBeTagged) await this.parts.tags.deleteOlder(repository, deleted);
    return stored.filter(({ digest }) => kept.has(digest));
  }

  private async deleteManifest(repository: string, digest: Digest): Promise<boolean> {
    const { manifests } = this.parts;
    const manifest = this.options.dryRun ? undefined : await manifests.parsed(repository, digest);
    if (!(await this.collect(leasedRevision(repository, digest)))) return false;
    if (manifest) await manifests.forget(repository, manifest, digest);
    this.report.manifestsDeleted.push({ repository, digest });
    return true;
  }

  /**
   * Of the manifests that no tag holds, those with a lease. They must be known before the first is deleted: what a leased
   * index lists stays with it, and its own lease may be older, because a young one is not renewed.
   */
  private async leasedDigests(repository: string, stored: StoredManifest[], tagged: ReadonlySet<Digest>) {
    const leased: Digest[] = [];
    for (const { digest } of stored) {
      if (!tagged.has(digest) && !(await this.isStale(leasedRevision(repository, digest)))) leased.push(digest);
    }
    return leased;
  }

  private async taggedDigests(repository: string): Promise<Digest[]> {
    const { holdings } = this.options;
    if (holdings !== undefined) return [...(holdings.manifests.get(repository) ?? [])];
    const digests: Digest[] = [];
    for (const tag of (await this.parts.tags.list(repository)) ?? []) {
      const digest = await this.parts.tags.resolve(repository, tag);
      if (digest) digests.push(digest);
    }
    return digests;
  }

  /** `needed`: undefined for all. */
  private async sweepLinks(repository: string, needed: ReadonlySet<Digest> | undefined): Promise<void> {
    for await (const digest of this.layerLinks(repository)) {
      const stays = needed === undefined || needed.has(digest) || this.isHeld(digest);
      if (!stays && (await this.collect(leasedLayerLink(repository, digest)))) {
        this.report.linksDeleted++;
        continue;
      }
      this.live.add(this.storedManifests.one(digest));
      await this.keepContent(repository, digest);
    }
  }

  /** A link that stays may be a second name of its blob: then it keeps the data under the first. */
  private async keepContent(repository: string, digest: Digest): Promise<void> {
    if (await statOrUndefined(this.parts.driver, blobData(digest))) return;
    const content = await secondName(this.parts.driver, repository, digest);
    if (content) this.live.add(this.storedManifests.one(content));
  }

  private async sweepBlobs(): Promise<void> {
    let done = 0;
    for await (const digest of this.blobs()) {
      this.options.signal?.throwIfAborted();
      if (++done % 1000 === 0) this.options.onProgress?.({ phase: 'sweep', done });
      const isNeeded = this.live.has(digest) || this.isHeld(digest);
      const size = isNeeded ? undefined : (await this.parts.leases.look(leasedBlob(digest)))?.size;
      if (size === undefined || !(await this.collect(leasedBlob(digest)))) {
        this.report.blobsKept++;
        continue;
      }
      this.report.blobsDeleted.push(digest);
      this.report.bytesFreed += size;
    }
    this.options.onProgress?.({ phase: 'sweep', done });
  }

  /** Whether an image of the cluster needs the content. */
  private isHeld(digest: Digest): boolean {
    return this.options.holdings?.content.has(digest) === true;
  }

  /** Deletes, or with dryRun says whether it would. */
  private async collect(leased: Leased): Promise<boolean> {
    return this.options.dryRun ? this.isStale(leased) : this.parts.leases.collect(leased, this.cutoff);
  }

  private async isStale(leased: Leased): Promise<boolean> {
    const info = await this.parts.leases.look(leased);
    return info !== undefined && info.modified <= this.cutoff;
  }

  private revisions(repository: string): AsyncGenerator<Digest> {
    const condemned = `${condemnedFolder(repository)}/revisions`;
    return this.withCondemned(this.parts.manifests.list(repository), condemned, (digest) =>
      leasedRevision(repository, digest),
    );
  }

  private layerLinks(repository: string): AsyncGenerator<Digest> {
    const present = layerDigests(this.parts.driver, repository);
    const condemned = `${condemnedFolder(repository)}/layers`;
    return this.withCondemned(present, condemned, (digest) => leasedLayerLink(repository, digest));
  }

  private blobs(): AsyncGenerator<Digest> {
    return this.withCondemned(blobDigests(this.parts.driver), CONDEMNED_BLOBS, leasedBlob);
  }

  /** What is present, and what a collector that died has left aside: with dryRun it is still there. */
  private async *withCondemned(present: AsyncIterable<Digest>, folder: string, leasedOf: (digest: Digest) => Leased) {
    const { driver, leases } = this.parts;
    const aside: Digest[] = [];
    for await (const name of children(driver, folder)) {
      const digest = parseFlatDigest(name);
      if (digest && this.options.dryRun) aside.push(digest);
      else if (digest) await leases.restore(leasedOf(digest));
    }
    yield* present;
    for (const digest of aside) if (!(await isPresent(driver, leasedOf(digest)))) yield digest;
  }
}

async function isPresent(driver: StorageDriver, { folder, file }: Leased): Promise<boolean> {
  return (await statOrUndefined(driver, `${folder}/${file}`)) !== undefined;
}
