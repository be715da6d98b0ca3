import type { Digest } from '@longshore/oci';
import { LRUCache } from 'lru-cache';

/** A small blob or a manifest, held in memory. Its bytes never change, so it needs no second look at the disk. */
export interface CachedContent {
  bytes: Buffer;
  /** Set for manifests. */
  mediaType?: string;
}

export interface CacheBounds {
  maxBytes: number;
  /** What is larger is not kept; 0 keeps nothing. */
  entryBytes: number;
  /** Most entries; 0 is any number. */
  entries?: number;
}

/** Content by digest, within bounds. */
export class ContentCache {
  private readonly entries: LRUCache<string, CachedContent>;

  readonly entryBytes: number;

  constructor(
    { maxBytes, entryBytes, entries = 0 }: CacheBounds,
    private readonly onLookup: (answer: 'Hit' | 'Miss') => void = () => undefined,
  ) {
    this.entryBytes = entryBytes;
    this.entries = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: ({ bytes }) => bytes.length + 200,
      ...(entries > 0 && { max: entries }),
    });
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
