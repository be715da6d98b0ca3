import { RemoteError } from '@longshore/distribution';
import { RegistryError, type Digest } from '@longshore/oci';
import type { FileReader } from '@longshore/storage';
import type { Services } from '../services.js';
import type { BufferPool } from './buffer-pool.js';
import type { Exchange } from './exchange.js';

/**
 * The sizes of what a pushed manifest names and only upstream has; undefined when it does not have it. All of it is fetched,
 * not only asked for: an upstream may claim to have what it knows by its digest alone, and once the manifest is taken, the
 * repository would offer the same content of other repositories. Errors: as of the upstream, but for absence.
 */
export class UpstreamOfPush {
  constructor(
    private readonly repository: string,
    private readonly exchange: Exchange,
    private readonly services: Pick<Services, 'upstream' | 'readBuffers'>,
  ) {}

  async blobSize(digest: Digest): Promise<number | undefined> {
    const { repository, exchange } = this;
    const { upstream, readBuffers } = this.services;
    if ((await upstream.statBlob(repository, digest, exchange)) === undefined) return undefined;
    return undefinedWhenAbsent(async () => {
      const reader = await upstream.blob(repository, digest, exchange);
      if (reader) await readToEnd(reader, readBuffers, exchange.signal);
      return reader?.size;
    });
  }

  async manifestSize(digest: Digest): Promise<number | undefined> {
    const { repository, exchange } = this;
    const { upstream } = this.services;
    if ((await upstream.statManifest(repository, digest, exchange)) === undefined) return undefined;
    return undefinedWhenAbsent(async () => (await upstream.manifest(repository, digest, exchange))?.bytes.length);
  }
}

/** Readers hand out the last byte when the digest has been checked. */
async function readToEnd(reader: FileReader, pool: BufferPool, signal: AbortSignal): Promise<void> {
  const buffer = pool.take();
  try {
    for (let position = 0; position < reader.size;) {
      signal.throwIfAborted();
      const bytes = await reader.read(buffer, position);
      if (bytes === 0) throw new RemoteError('INVALID', 'the blob is shorter than its size');
      position += bytes;
    }
  } finally {
    pool.give(buffer);
    await reader.close();
  }
}

async function undefinedWhenAbsent<T>(fetch: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await fetch();
  } catch (error) {
    if (error instanceof RemoteError) return undefined;
    const { code } = error instanceof RegistryError ? error : {};
    if (code === 'BLOB_UNKNOWN' || code === 'OPENSHIFT_PULLTHROUGH_MANIFEST') return undefined;
    throw error;
  }
}
