import type { StorageDriver } from '@longshore/storage';
import type { AccessControl } from './access/index.js';
import type { BlobStore } from './blobs/blob-store.js';
import type { RegistryConfig } from './config/index.js';
import type { BufferPool } from './http/buffer-pool.js';
import type { ContentCache } from './manifests/content-cache.js';
import type { UrlPolicy } from './manifests/manifest-check.js';
import type { ManifestStore } from './manifests/manifest-store.js';
import type { Referrers } from './manifests/referrers.js';
import type { Logger, Metrics, StorageHealth } from './observe/index.js';
import type { Upstream } from './streams/upstream.js';
import type { TagStore } from './tags/tag-store.js';
import type { Tombstones } from './tags/tombstones.js';
import type { Cluster } from './streams/cluster.js';
import type { Leases } from './leases.js';
import type { Contents } from './repositories/contents.js';
import type { UploadStates } from './uploads/upload-state.js';
import type { Uploads } from './uploads/uploads.js';

/** What the handlers work with. */
export interface Services {
  config: RegistryConfig;
  driver: StorageDriver;
  access: AccessControl;
  leases: Leases;
  blobs: BlobStore;
  manifests: ManifestStore;
  cache: ContentCache;
  referrers: Referrers;
  layerUrls: UrlPolicy;
  /** Whether indexes of a repository may list what it does not hold. */
  isSparse: (repository: string) => boolean;
  tags: TagStore;
  tombstones: Tombstones;
  uploads: Uploads;
  /** Absent when the registry stands alone. */
  cluster: Cluster | undefined;
  /** What the storage has of what a repository offers. */
  contents: Contents;
  /** Where content comes from that the storage does not have. */
  upstream: Upstream;
  uploadStates: UploadStates;
  readBuffers: BufferPool;
  log: Logger;
  metrics: Metrics;
  health: StorageHealth;
  /** The metrics of all workers in Prometheus' text format. */
  renderMetrics: () => Promise<string>;
}
