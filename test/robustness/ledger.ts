import {
  digestOf,
  getManifest,
  requestTo,
  type GeneratedBlob,
  type GeneratedManifest,
  type Target,
} from '@longshore/testkit';
import type { Random } from './random.js';

/** Not there. */
const ABSENT = undefined;
type Presence = 'there' | 'gone' | 'either';

interface BlobEntry {
  repository: string;
  blob: GeneratedBlob['descriptor'];
  /** `either`: the server never told how the push ended. */
  presence: Presence;
}

interface ManifestEntry {
  repository: string;
  manifest: GeneratedManifest;
  presence: Presence;
}

interface TagEntry {
  repository: string;
  tag: string;
  /** The digests to which the tag may point. */
  possible: Set<string | typeof ABSENT>;
}

/**
 * What a registry has acknowledged, and what it may or may not have done because no answer came. Each repository has one
 * writer. `verify` asks the registry about what was noted since the last time.
 */
export class Ledger {
  readonly #blobs = new Map<string, BlobEntry>();
  readonly #manifests = new Map<string, ManifestEntry>();
  readonly #tags = new Map<string, TagEntry>();
  readonly #fresh = new Set<BlobEntry | ManifestEntry | TagEntry>();

  /** A push of a blob begins, or has been acknowledged. */
  blob(repository: string, { descriptor }: Pick<GeneratedBlob, 'descriptor'>, presence: 'there' | 'either'): void {
    const key = `${repository}@${descriptor.digest}`;
    const entry = this.#blobs.get(key) ?? { repository, blob: descriptor, presence };
    if (presence === 'there') entry.presence = presence;
    this.#note(this.#blobs, key, entry);
  }

  /** A push of a manifest under a tag begins, or has been acknowledged. */
  manifest(repository: string, manifest: GeneratedManifest, tag: string, presence: 'there' | 'either'): void {
    const { digest } = manifest.descriptor;
    const key = `${repository}@${digest}`;
    const entry = this.#manifests.get(key) ?? { repository, manifest, presence };
    if (presence === 'there') entry.presence = presence;
    this.#note(this.#manifests, key, entry);
    const { possible } = this.#tag(repository, tag);
    if (presence === 'there') possible.clear();
    possible.add(digest);
  }

  /** A deletion by digest begins (`either`), or has been acknowledged. It takes the tags with it. */
  deletion(repository: string, manifest: GeneratedManifest, presence: 'gone' | 'either'): void {
    const { digest } = manifest.descriptor;
    const key = `${repository}@${digest}`;
    this.#note(this.#manifests, key, { repository, manifest, presence });
    for (const entry of this.#tags.values()) {
      if (entry.repository !== repository || !entry.possible.has(digest)) continue;
      entry.possible.add(ABSENT);
      if (presence === 'gone') entry.possible.delete(digest);
      this.#fresh.add(entry);
    }
  }

  /** A manifest that is there for sure. */
  someManifest(repository: string, random: Random): GeneratedManifest | undefined {
    const there = [...this.#manifests.values()].filter(
      (entry) => entry.repository === repository && entry.presence === 'there',
    );
    return there[random.between(0, there.length - 1)]?.manifest;
  }

  /** A blob of another repository that is there for sure. */
  blobElsewhere(repository: string, random: Random): { from: string; blob: GeneratedBlob['descriptor'] } | undefined {
    const there = [...this.#blobs.values()].filter(
      (entry) => entry.repository !== repository && entry.presence === 'there',
    );
    const entry = there[random.between(0, there.length - 1)];
    return entry && { from: entry.repository, blob: entry.blob };
  }

  /** How many blobs, manifests and tags were acknowledged. */
  get size(): number {
    return this.#blobs.size + this.#manifests.size + this.#tags.size;
  }

  /**
   * Compares the registry with what was noted since the last time. The bytes of at most `reads` blobs are read.
   * Resolves with what is wrong.
   */
  async verify(target: Target, reads: number): Promise<string[]> {
    const entries = [...this.#fresh];
    this.#fresh.clear();
    return compare(target, entries, reads);
  }

  /** Compares the registry with everything, and reads all blobs. Resolves with what is wrong. */
  async verifyAll(target: Target): Promise<string[]> {
    const entries = [...this.#blobs.values(), ...this.#manifests.values(), ...this.#tags.values()];
    return compare(target, entries, Infinity);
  }

  #tag(repository: string, tag: string): TagEntry {
    const key = `${repository}:${tag}`;
    const entry = this.#tags.get(key) ?? { repository, tag, possible: new Set([ABSENT]) };
    this.#note(this.#tags, key, entry);
    return entry;
  }

  #note<T extends BlobEntry | ManifestEntry | TagEntry>(map: Map<string, T>, key: string, entry: T): void {
    const known = map.get(key);
    if (known && known !== entry) this.#fresh.delete(known);
    map.set(key, entry);
    this.#fresh.add(entry);
  }
}

async function compare(target: Target, entries: (BlobEntry | ManifestEntry | TagEntry)[], reads: number) {
  const wrong: string[] = [];
  let left = reads;
  for (const entry of entries) {
    const found =
      'blob' in entry
        ? await blobTrouble(target, entry, left-- > 0)
        : 'manifest' in entry
          ? await manifestTrouble(target, entry)
          : await tagTrouble(target, entry);
    if (found !== undefined) wrong.push(found);
  }
  return wrong;
}

async function blobTrouble(target: Target, { repository, blob, presence }: BlobEntry, read: boolean) {
  const path = `/v2/${repository}/blobs/${blob.digest}`;
  const head = await requestTo(target, path, { method: 'HEAD' });
  if (head.status === 404 && presence !== 'there') return undefined;
  const size = Number(head.headers['content-length']);
  if (head.status !== 200 || size !== blob.size) return `blob ${path} of ${blob.size}: ${head.status}, ${size} bytes`;
  // One that was not acknowledged must be whole all the more.
  if (!read && presence === 'there') return undefined;
  const { body } = await requestTo(target, path);
  return digestOf(body) === blob.digest ? undefined : `blob ${path}: other bytes, ${body.length} of ${blob.size}`;
}

async function manifestTrouble(target: Target, { repository, manifest, presence }: ManifestEntry) {
  const { digest } = manifest.descriptor;
  const { status, body } = await getManifest(target, repository, digest);
  if (status === 404 && presence !== 'there') return undefined;
  if (status !== 200 || presence === 'gone') return `manifest ${repository}@${digest}, ${presence}: ${status}`;
  return body.equals(manifest.bytes) ? undefined : `manifest ${repository}@${digest}: other bytes`;
}

async function tagTrouble(target: Target, { repository, tag, possible }: TagEntry) {
  const { status, headers } = await getManifest(target, repository, tag);
  const found = status === 404 ? ABSENT : String(headers['docker-content-digest']);
  if ((status === 200 || status === 404) && possible.has(found)) return undefined;
  return `tag ${repository}:${tag}: ${status} ${found}, possible ${[...possible].join(', ')}`;
}
