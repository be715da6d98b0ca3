import { fallbackReferrersTag, referrerArtifactType } from '@longshore/oci';
import type { Descriptor, Digest, ParsedManifest } from '@longshore/oci';
import { flatDigest } from '../layout.js';
import type { TagStore } from '../tags/tag-store.js';
import type { ManifestStore } from './manifest-store.js';

/** The referrers of a subject, and what clients of older registries listed under the fallback tag (reference 1.8). */
export class Referrers {
  constructor(
    private readonly manifests: ManifestStore,
    private readonly tags: TagStore,
  ) {}

  /** The descriptors in the order of their digests, each once, after the digest `last`. */
  async *list(repository: string, subject: Digest, last?: Digest): AsyncGenerator<Descriptor> {
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
