import { childManifests, referrerDescriptor, type Descriptor, type Digest, type ParsedManifest } from '@longshore/oci';
import type { StorageDriver } from '@longshore/storage';
import { backlink, backlinkFolder, backlinksMarker, parseFlatDigest, type BacklinkKind } from '../layout.js';
import { children, deleteIfPresent, getOrUndefined, statOrUndefined } from '../storage-access.js';

/** A backlink holds a referrer's descriptor, which is at most as large as the manifest that it was copied from. */
const MAX_BACKLINK_BYTES = 8 * 2 ** 20;

/**
 * From a manifest back to those that point at it: referrers by `subject`, indexes by `manifests`. Written before the
 * manifest that points, deleted after it: a backlink without its manifest is passed over. The collector writes again what
 * is missing: content of other servers, or an `indexes` link (which only refuses deletions) lost in a power cut.
 */
export class Backlinks {
  constructor(private readonly driver: StorageDriver) {}

  /** Writes the backlinks of a manifest. */
  async add(repository: string, manifest: ParsedManifest, digest: Digest): Promise<void> {
    if (manifest.subject) {
      const path = backlink(repository, 'referrers', manifest.subject.digest, digest);
      await this.driver.put(path, Buffer.from(JSON.stringify(referrerDescriptor(manifest, digest))));
    }
    for (const child of childManifests(manifest)) {
      const path = backlink(repository, 'indexes', child.digest, digest);
      await this.driver.put(path, Buffer.from(digest), { durable: false });
    }
  }

  /** Writes those backlinks of a manifest that are missing. */
  async repair(repository: string, manifest: ParsedManifest, digest: Digest): Promise<void> {
    const targets = [
      ...(manifest.subject ? [backlink(repository, 'referrers', manifest.subject.digest, digest)] : []),
      ...childManifests(manifest).map((child) => backlink(repository, 'indexes', child.digest, digest)),
    ];
    for (const path of targets) {
      if (!(await statOrUndefined(this.driver, path))) return this.add(repository, manifest, digest);
    }
  }

  /** True when all manifests that were there before Longshore have their backlinks. */
  async complete(repository: string): Promise<boolean> {
    return (await statOrUndefined(this.driver, backlinksMarker(repository))) !== undefined;
  }

  async markComplete(repository: string): Promise<void> {
    await this.driver.put(backlinksMarker(repository), new Uint8Array());
  }

  /** Deletes the backlinks of a manifest. */
  async remove(repository: string, manifest: ParsedManifest, digest: Digest): Promise<void> {
    if (manifest.subject) await this.drop(repository, 'referrers', manifest.subject.digest, digest);
    for (const child of childManifests(manifest)) await this.drop(repository, 'indexes', child.digest, digest);
  }

  /** The manifests that point at `target`, in the order of their digests, after `last`. */
  async *sources(repository: string, kind: BacklinkKind, target: Digest, last?: string): AsyncGenerator<Digest> {
    for await (const name of children(this.driver, backlinkFolder(repository, kind, target), last)) {
      const source = parseFlatDigest(name);
      if (source) yield source;
    }
  }

  /** The descriptor of a referrer as the referrers list shows it. */
  async referrer(repository: string, target: Digest, source: Digest): Promise<Descriptor | undefined> {
    const path = backlink(repository, 'referrers', target, source);
    const bytes = await getOrUndefined(this.driver, path, MAX_BACKLINK_BYTES);
    return bytes && (JSON.parse(bytes.toString()) as Descriptor);
  }

  private async drop(repository: string, kind: BacklinkKind, target: Digest, source: Digest): Promise<void> {
    await deleteIfPresent(this.driver, backlink(repository, kind, target, source));
  }
}
