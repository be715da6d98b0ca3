import type { Digest, ParsedManifest } from '@longshore/oci';
import type { StorageDriver } from '@longshore/storage';
import {
  BLOBS,
  CONDEMNED_BLOBS,
  condemnedFolder,
  digestFromNames,
  layersFolder,
  leasedBlob,
  leasedLayerLink,
  leasedRevision,
  parseFlatDigest,
} from '../layout.js';
import type { Leased, Leases } from '../leases.js';
import type { ManifestStore } from '../manifests/manifest-store.js';
import type { Logger } from '../observe/index.js';
import { repositories } from '../repositories/catalog.js';
import { children } from '../storage-access.js';
import type { TagStore } from '../tags/tag-store.js';
import type { Tombstones } from '../tags/tombstones.js';
import { emptyTrash } from '../trash.js';
import { reachable, type ManifestNode } from './reachability.js';

export interface GcOptions {
  /** Report, change nothing. */
  dryRun: boolean;
  /** Delete manifests too that no tag, no kept index and no kept subject holds. */
  deleteUntagged: boolean;
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
 * not marked and whose lease ended before the marking began.
 */
export async function collectGarbage(parts: GcParts, options: GcOptions): Promise<GcReport> {
  return new Collection(parts, options).run();
}

class Collection {
  private readonly live = new Set<Digest>();
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
  }

  async run(): Promise<GcReport> {
    if (!this.options.dryRun) await this.restoreCondemnedBlobs();
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
    const { tombstones } = this.parts;
    if (!this.options.dryRun) {
      await this.restoreCondemned(repository);
      await tombstones.sweep(repository);
    }
    const needed = new Set<Digest>();
    for (const { digest, manifest } of await this.keptManifests(repository)) {
      this.live.add(digest);
      for (const blob of await this.needs(digest, manifest)) needed.add(blob);
      if (manifest && !this.options.dryRun) await this.parts.manifests.backlinks.repair(repository, manifest, digest);
    }
    for (const digest of needed) this.live.add(digest);
    await this.sweepLinks(repository, needed);
  }

  /** The manifests that stay; the others are deleted on the way. */
  private async keptManifests(repository: string): Promise<StoredManifest[]> {
    const stored = new Map<Digest, StoredManifest>();
    for await (const digest of this.parts.manifests.list(repository)) {
      stored.set(digest, { digest, manifest: await this.parts.manifests.parsed(repository, digest) });
    }
    const kept = this.options.deleteUntagged ? await this.sweepUntagged(repository, stored) : new Set(stored.keys());
    this.report.manifestsKept += kept.size;
    return [...stored.values()].filter(({ digest }) => kept.has(digest));
  }

  private async sweepUntagged(repository: string, stored: Map<Digest, StoredManifest>): Promise<Set<Digest>> {
    const nodes = [...stored.values()].map(nodeOf);
    const roots = await this.taggedDigests(repository);
    roots.push(...(await this.leasedDigests(repository, stored.keys(), reachable(nodes, roots))));
    const reached = reachable(nodes, roots);
    for (const { digest, manifest } of stored.values()) {
      if (reached.has(digest)) continue;
      if (!(await this.collect(leasedRevision(repository, digest)))) {
        roots.push(digest);
        continue;
      }
      this.report.manifestsDeleted.push({ repository, digest });
      if (manifest && !this.options.dryRun) await this.parts.manifests.backlinks.remove(repository, manifest, digest);
    }
    return reachable(nodes, roots);
  }

  /**
   * Of the manifests that no tag holds, those with a lease. They must be known before the first is deleted: what a leased
   * index lists stays with it, and its own lease may be older, because a young one is not renewed.
   */
  private async leasedDigests(repository: string, digests: Iterable<Digest>, tagged: ReadonlySet<Digest>) {
    const leased: Digest[] = [];
    for (const digest of digests) {
      if (!tagged.has(digest) && !(await this.isStale(leasedRevision(repository, digest)))) leased.push(digest);
    }
    return leased;
  }

  private async taggedDigests(repository: string): Promise<Digest[]> {
    const digests: Digest[] = [];
    for (const tag of (await this.parts.tags.list(repository)) ?? []) {
      const digest = await this.parts.tags.resolve(repository, tag);
      if (digest) digests.push(digest);
    }
    return digests;
  }

  /** Of a manifest that we can't read as one (schema 1, say), each digest in its text counts as needed. */
  private async needs(digest: Digest, manifest: ParsedManifest | undefined): Promise<Digest[]> {
    if (manifest) return [manifest.config, ...manifest.layers].flatMap((blob) => (blob ? [blob.digest] : []));
    const content = await this.parts.manifests.content(digest);
    const text = content?.bytes.toString('latin1') ?? '';
    return (text.match(/\bsha256:[0-9a-f]{64}\b|\bsha512:[0-9a-f]{128}\b/g) ?? []) as Digest[];
  }

  private async sweepLinks(repository: string, needed: ReadonlySet<Digest>): Promise<void> {
    for await (const digest of digestsBelow(this.parts.driver, layersFolder(repository))) {
      if (needed.has(digest)) continue;
      if (await this.collect(leasedLayerLink(repository, digest))) this.report.linksDeleted++;
      else this.live.add(digest);
    }
  }

  private async sweepBlobs(): Promise<void> {
    let done = 0;
    for await (const digest of blobDigests(this.parts.driver)) {
      this.options.signal?.throwIfAborted();
      if (++done % 1000 === 0) this.options.onProgress?.({ phase: 'sweep', done });
      const size = this.live.has(digest) ? undefined : (await this.parts.leases.look(leasedBlob(digest)))?.size;
      if (size === undefined || !(await this.collect(leasedBlob(digest)))) {
        this.report.blobsKept++;
        continue;
      }
      this.report.blobsDeleted.push(digest);
      this.report.bytesFreed += size;
    }
    this.options.onProgress?.({ phase: 'sweep', done });
  }

  /** Deletes, or with dryRun says whether it would. */
  private async collect(leased: Leased): Promise<boolean> {
    return this.options.dryRun ? this.isStale(leased) : this.parts.leases.collect(leased, this.cutoff);
  }

  private async isStale(leased: Leased): Promise<boolean> {
    const info = await this.parts.leases.look(leased);
    return info !== undefined && info.modified <= this.cutoff;
  }

  private async restoreCondemnedBlobs(): Promise<void> {
    for await (const name of children(this.parts.driver, CONDEMNED_BLOBS)) {
      const digest = parseFlatDigest(name);
      if (digest) await this.parts.leases.restore(leasedBlob(digest));
    }
  }

  private async restoreCondemned(repository: string): Promise<void> {
    const { driver, leases } = this.parts;
    for await (const name of children(driver, `${condemnedFolder(repository)}/layers`)) {
      const digest = parseFlatDigest(name);
      if (digest) await leases.restore(leasedLayerLink(repository, digest));
    }
    for await (const name of children(driver, `${condemnedFolder(repository)}/revisions`)) {
      const digest = parseFlatDigest(name);
      if (digest) await leases.restore(leasedRevision(repository, digest));
    }
  }
}

interface StoredManifest {
  digest: Digest;
  /** Undefined when the stored bytes are no manifest that we parse. */
  manifest: ParsedManifest | undefined;
}

function nodeOf({ digest, manifest }: StoredManifest): ManifestNode {
  const listed = manifest?.manifests.map((child) => child.digest) ?? [];
  return { digest, children: listed, ...(manifest?.subject && { subject: manifest.subject.digest }) };
}

/** The digests of all blobs in storage. */
export async function* blobDigests(driver: StorageDriver): AsyncGenerator<Digest> {
  for (const algorithm of ['sha256', 'sha512']) {
    for await (const prefix of children(driver, `${BLOBS}/${algorithm}`)) {
      for await (const hex of children(driver, `${BLOBS}/${algorithm}/${prefix}`)) {
        const digest = digestFromNames(algorithm, hex);
        if (digest) yield digest;
      }
    }
  }
}

/** The digests whose folders lie below `folder` as `<algorithm>/<hex>`. */
async function* digestsBelow(driver: StorageDriver, folder: string): AsyncGenerator<Digest> {
  for (const algorithm of ['sha256', 'sha512']) {
    for await (const hex of children(driver, `${folder}/${algorithm}`)) {
      const digest = digestFromNames(algorithm, hex);
      if (digest) yield digest;
    }
  }
}
