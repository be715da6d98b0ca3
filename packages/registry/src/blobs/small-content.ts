import type { Digest } from '@longshore/oci';
import type { ContentCache } from '../manifests/content-cache.js';
import type { BlobStore } from './blob-store.js';

/** The bytes of a small blob (a config, mostly), which is held in memory; undefined when it is not small. */
export async function smallContent(
  content: Digest,
  size: number,
  { blobs, cache }: { blobs: BlobStore; cache: ContentCache },
): Promise<Buffer | undefined> {
  if (size > cache.entryBytes) return undefined;
  const known = cache.get(content);
  if (known) return known.bytes;
  const reader = await blobs.open(content);
  try {
    const bytes = Buffer.alloc(reader.size);
    for (let position = 0; position < bytes.length;) {
      const length = await reader.read(bytes.subarray(position), position);
      if (length === 0) return undefined;
      position += length;
    }
    cache.set(content, { bytes });
    return bytes;
  } finally {
    await reader.close();
  }
}
