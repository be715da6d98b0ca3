import type { Digest } from '@longshore/oci';
import { LRUCache } from 'lru-cache';

/** A small blob or a manifest, held in memory. Its bytes never change, so it needs no second look at the disk. */
export interface CachedContent {
  bytes: Buffer;
  /** Set for manifests. */
  mediaType?: string;
}

/** Content by digest, bounded by bytes; what is larger than `entryBytes` is not kept. */
export class ContentCache {
  private readonly entries: LRUCache<string, CachedContent>;

  constructor(
    maxBytes: number,
    readonly entryBytes: number,
    private readonly onLookup: (answer: 'Hit' | 'Miss') => void = () => undefined,
  ) {
    this.entries = new LRUCache({ maxSize: maxBytes, sizeCalculation: ({ bytes }) => bytes.length + 200 });
  }

  get(digest: Digest): CachedContent | undefined {
    const content = this.entries.get(digest);
    this.onLookup(content ? 'Hit' : 'Miss');
    return content;
  }

  set(digest: Digest, content: CachedContent): void {
    if (content.bytes.length <= this.entryBytes) this.entries.set(digest, content);
  }
}
