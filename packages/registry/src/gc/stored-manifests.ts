import type { Digest, ParsedManifest } from '@longshore/oci';
import { leasedBlob } from '../layout.js';
import type { Leases } from '../leases.js';
import type { ManifestStore } from '../manifests/manifest-store.js';
import type { ManifestNode } from './reachability.js';

/** What the collector must know of a manifest. */
export interface StoredManifest extends ManifestNode {
  /** What it needs beside other manifests. */
  blobs: readonly Digest[];
  /** True when its bytes are there, but are too many to be read. */
  unread?: boolean;
}

const DIGESTS = /\bsha256:[0-9a-f]{64}\b|\bsha512:[0-9a-f]{128}\b/g;

/** Reads what stored manifests hold, and holds each digest in memory once. */
export class StoredManifests {
  private readonly digests = new Map<Digest, Digest>();

  constructor(
    private readonly manifests: ManifestStore,
    private readonly leases: Leases,
  ) {}

  /** `manifest`: undefined when its bytes are none that we parse. */
  async describe(digest: Digest, manifest: ParsedManifest | undefined): Promise<StoredManifest> {
    if (!manifest) return this.guess(digest);
    const blobs = manifest.config ? [manifest.config, ...manifest.layers] : manifest.layers;
    return {
      digest: this.one(digest),
      children: manifest.manifests.map((child) => this.one(child.digest)),
      blobs: blobs.map((blob) => this.one(blob.digest)),
      ...(manifest.subject && { subject: this.one(manifest.subject.digest) }),
    };
  }

  /** The one copy of a digest that is kept; not a part of the text from which it was read. */
  one(digest: Digest): Digest {
    const known = this.digests.get(digest);
    if (known) return known;
    const copy = Buffer.from(digest).toString() as Digest;
    this.digests.set(copy, copy);
    return copy;
  }

  /** Of a manifest that we can't read as one (schema 1, say), each digest in its text counts as listed and as needed. */
  private async guess(digest: Digest): Promise<StoredManifest> {
    const content = await this.manifests.content(digest);
    const unread = !content && (await this.leases.look(leasedBlob(digest))) !== undefined;
    const text = content?.bytes.toString('latin1') ?? '';
    const named = (text.match(DIGESTS) ?? []).map((found) => this.one(found as Digest));
    return { digest: this.one(digest), children: named, blobs: named, ...(unread && { unread }) };
  }
}
