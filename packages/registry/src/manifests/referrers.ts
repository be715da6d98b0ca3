import { fallbackReferrersTag, referrerArtifactType } from '@longshore/oci';
import type { Descriptor, Digest, ParsedManifest } from '@longshore/oci';
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
    const after = last && flatDigest(last);
    const listed = (await this.fallback(repository, subject)).filter(({ name }) => !after || name > after);
    for await (const source of this.manifests.backlinks.sources(repository, 'referrers', subject, after)) {
      if (!(await this.manifests.has(repository, source))) continue;
      const descriptor = await this.manifests.backlinks.referrer(repository, subject, source);
      if (!descriptor) continue;
      const name = flatDigest(source);
      while (listed[0] && listed[0].name <= name) {
        const entry = listed.shift();
        if (entry && entry.name !== name) yield entry.descriptor;
      }
      yield descriptor;
    }
    for (const { descriptor } of listed) yield descriptor;
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

  private async fallback(repository: string, subject: Digest) {
    const digest = await this.tags.resolve(repository, fallbackReferrersTag(subject));
    const index = digest && (await this.manifests.parsed(repository, digest));
    if (!index) return [];
    const descriptors = await Promise.all(index.manifests.map((entry) => this.completed(repository, entry)));
    return descriptors
      .map((descriptor) => ({ name: flatDigest(descriptor.digest), descriptor }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Old clients left out the artifact type that the manifest itself says. */
  private async completed(repository: string, entry: Descriptor): Promise<Descriptor> {
    if (entry.artifactType !== undefined) return entry;
    const manifest: ParsedManifest | undefined = await this.manifests.parsed(repository, entry.digest);
    const artifactType = manifest && referrerArtifactType(manifest);
    return artifactType === undefined ? entry : { ...entry, artifactType };
  }
}
