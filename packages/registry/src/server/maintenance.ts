import type { StorageDriver } from '@longshore/storage';
import { compileGlobs } from '../access/repository-glob.js';
import { BlobStore } from '../blobs/blob-store.js';
import type { RegistryConfig } from '../config/index.js';
import { fsck, type FsckOptions, type FsckReport } from '../fsck/fsck.js';
import { collectGarbage, type GcOptions, type GcReport } from '../gc/collect-garbage.js';
import { Leases } from '../leases.js';
import { ContentCache } from '../manifests/content-cache.js';
import { ManifestStore } from '../manifests/manifest-store.js';
import type { Logger } from '../observe/index.js';
import { TagStore } from '../tags/tag-store.js';
import { Tombstones } from '../tags/tombstones.js';
import { Hasher } from '../uploads/hasher.js';
import { SlotPool } from '../uploads/slot-pool.js';
import { createDriver } from './create-driver.js';

/** What is done to a registry's storage from outside, while it serves. */
export interface Maintenance {
  collectGarbage(options: GcOptions): Promise<GcReport>;
  fsck(options: FsckOptions): Promise<FsckReport>;
  close(): Promise<void>;
}

/** What `openMaintenance` opens. */
export function createMaintenance(
  config: RegistryConfig,
  log: Logger,
  driver: StorageDriver = createDriver(config),
): Maintenance {
  const leases = new Leases(driver, config.longshore.gc.lease);
  const cache = new ContentCache({ maxBytes: 4 * 2 ** 20, entryBytes: 64 * 2 ** 10 });
  const manifests = new ManifestStore(driver, leases, cache, config.longshore.manifests.maxsize);
  const tags = new TagStore(driver, { parallelMoves: config.storage.tag.concurrencylimit });
  const pool = new SlotPool(4, 2 ** 20);
  const hasher = new Hasher(pool.memory);
  const parts = {
    driver,
    leases,
    blobs: new BlobStore(driver, leases),
    manifests,
    tags,
    tombstones: new Tombstones(driver, tags),
    log,
    hashing: { pool, hasher },
    isSparse: compileGlobs(config.longshore.manifests.sparse),
  };
  return {
    collectGarbage: (options) => collectGarbage(parts, options),
    fsck: (options) => fsck(parts, options),
    close: () => hasher.close(),
  };
}
