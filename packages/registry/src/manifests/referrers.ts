import { fallbackReferrersTag, referrerArtifactType } from '@longshore/oci';
import type { Descriptor, Digest } from '@longshore/oci';
import { flatDigest } from '../layout.js';
import { Breather } from '../storage-access.js';
import type { TagStore } from '../tags/tag-store.js';
import type { ManifestStore } from './manifest-store.js';

/** The referrers of a subject, and what clients of older registries listed under the fallback tag (reference 1.8). */
export class Referrers {
  private readonly backfilling = new Map<string, Promise<void>>();

  /** `mayWrite`: false on a read-only registry, which then knows only the backlinks that are there. */
  constructor(
    private readonly manifests: ManifestStore,
    private readonly tags: TagStore,
    private readonly mayWrite: boolean,
  ) {}

  /** The descriptors in the order of their digests, each once, after the digest `last`. */
  async *list(repository: string, subject: Digest, last?: Digest): AsyncGenerator<Descriptor> {
    if (this.mayWrite) await this.backfill(repository);
    const { backlinks } = this.manifests;
    const after = last && flatDigest(last);
    const fallback = await this.fallback(repository, subject, after);
    const breather = new Breather(); // a filter may pass over any number of them
    let next = fallback.next();
    for await (const source of backlinks.sources(repository, 'referrers', subject, after)) {
      await breather.breathe();
      if (!(await this.manifests.has(repository, source))) continue;
      const descriptor = await backlinks.referrer(repository, subject, source);
      if (!descriptor) continue;
      for (; !next.done && flatDigest(next.value.digest) <= flatDigest(source); next = fallback.next()) {
        if (next.value.digest !== source) yield* this.present(repository, next.value);
      }
      yield descriptor;
    }
    for (; !next.done; next = fallback.next()) {
      await breather.breathe();
      yield* this.present(repository, next.value);
    }
  }

  /** Manifests stored by a server without backlinks get theirs when a repository is first asked for referrers. */
  private backfill(repository: string): Promise<void> {
    const running = this.backfilling.get(repository);
    if (running) return running;
    const work = this.backfillOnce(repository).finally(() => this.backfilling.delete(repository));
    this.backfilling.set(repository, work);
    return work;
  }

  private async backfillOnce(repository: string): Promise<void> {
    const { backlinks } = this.manifests;
    if (await backlinks.complete(repository)) return;
    const breather = new Breather();
    let count = 0;
    for await (const digest of this.manifests.list(repository)) {
      count++;
      await breather.breathe();
      const manifest = await this.manifests.parsed(repository, digest);
      if (manifest) await backlinks.repair(repository, manifest, digest);
    }
    if (count > 0) await backlinks.markComplete(repository);
  }

  /** What the fallback tag lists after `after`, in the order of the digests, each once. */
  private async fallback(repository: string, subject: Digest, after = '') {
    const digest = await this.tags.resolve(repository, fallbackReferrersTag(subject));
    const index = digest && (await this.manifests.parsed(repository, digest));
    const entries = new Map(index?.manifests.map((entry) => [flatDigest(entry.digest), entry]));
    const names = [...entries.keys()].filter((name) => name > after).sort();
    return names.flatMap((name) => entries.get(name) ?? []).values();
  }

  /** The entry, if what it lists is still there. Old clients left out the artifact type that the manifest itself says. */
  private async *present(repository: string, entry: Descriptor): AsyncGenerator<Descriptor> {
    if (!(await this.manifests.has(repository, entry.digest))) return;
    const manifest = entry.artifactType ? undefined : await this.manifests.parsed(repository, entry.digest);
    const artifactType = manifest && referrerArtifactType(manifest);
    yield artifactType === undefined ? entry : { ...entry, artifactType };
  }
}
