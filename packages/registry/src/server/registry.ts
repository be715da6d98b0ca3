import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StorageDriver } from '@longshore/storage';
import type { AccessControl } from '../access/index.js';
import { compileGlobs } from '../access/repository-glob.js';
import { BlobStore } from '../blobs/blob-store.js';
import type { RegistryConfig } from '../config/index.js';
import { compilePattern } from '../config/pattern.js';
import { BufferPool } from '../http/buffer-pool.js';
import { Dispatcher } from '../http/dispatch.js';
import type { RawHeaders } from '../http/exchange.js';
import { Leases } from '../leases.js';
import { ContentCache, type CacheBounds } from '../manifests/content-cache.js';
import { ManifestStore } from '../manifests/manifest-store.js';
import { Referrers } from '../manifests/referrers.js';
import { AccessLog, instrumentDriver, StorageHealth } from '../observe/index.js';
import type { Logger, Metrics, RequestLimiter } from '../observe/index.js';
import type { Services } from '../services.js';
import { Contents, type Listing } from '../repositories/contents.js';
import type { Cluster } from '../streams/cluster.js';
import { NO_UPSTREAM, type Upstream } from '../streams/upstream.js';
import { TagStore } from '../tags/tag-store.js';
import { Tombstones } from '../tags/tombstones.js';
import { Hasher } from '../uploads/hasher.js';
import { SlotPool } from '../uploads/slot-pool.js';
import { UploadStates } from '../uploads/upload-state.js';
import { UploadStore } from '../uploads/upload-store.js';
import { Uploads } from '../uploads/uploads.js';
import { derivedKey } from './secrets.js';

/** Memory of one process: with two workers, 64 transfers at once stay below 400 MB (`npm run bench -- --only memory`). */
const MEMORY = {
  contentCacheBytes: 32 * 2 ** 20,
  /** Largest manifest or small blob that is held in memory. */
  contentEntryBytes: 4 * 2 ** 20,
  uploadSlots: 16,
  uploadSlotBytes: 512 * 2 ** 10,
  readBuffers: [
    { size: 2 ** 20, count: 10 },
    { size: 256 * 2 ** 10, count: 32 },
  ],
  lastReadBufferBytes: 64 * 2 ** 10,
};

/** What differs between a registry that stands alone, one worker of several, and one in a test. */
export interface RegistryParts {
  driver: StorageDriver;
  /** Signs upload states and tokens. */
  secret: Buffer;
  log: Logger;
  metrics: Metrics;
  limiter: RequestLimiter;
  renderMetrics: () => Promise<string>;
  access: AccessControl;
  /** Joins the registry to a cluster; absent: it stands alone. */
  join?: (stores: Stores) => Joined;
}

/** The storage as the joined parts use it. */
export type Stores = Pick<
  Services,
  'driver' | 'blobs' | 'manifests' | 'cache' | 'tags' | 'uploads' | 'log' | 'metrics' | 'config'
>;

export interface Joined {
  cluster: Cluster;
  upstream: Upstream;
  listing: Listing;
  /** Ends what it does. */
  close(): Promise<void>;
}

export interface Registry {
  services: Services;
  /** For `http.createServer`; also for its `checkContinue` event. */
  handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Starts what the first upload would have to wait for. */
  warmUp(): void;
  /** Ends threads and timers. Call when the last request has been answered. */
  close(): Promise<void>;
}

/** Puts the registry together. */
export function createRegistry(config: RegistryConfig, parts: RegistryParts): Registry {
  const { log, metrics } = parts;
  const driver = instrumentDriver(parts.driver, metrics);
  const leases = new Leases(driver, config.longshore.gc.lease);
  const blobs = new BlobStore(driver, leases);
  const cache = new ContentCache(cacheBounds(config), (answer) => {
    metrics.digestLookup(answer);
    metrics.descriptorLookup(answer);
  });
  const manifests = new ManifestStore(driver, leases, cache, config.longshore.manifests.maxsize);
  const tags = new TagStore(driver, {
    parallelMoves: config.storage.tag.concurrencylimit,
    onLookup: (answer) => metrics.scopedDigestLookup(answer),
  });
  metrics.watchQueue(() => parts.limiter.queued);
  const pool = new SlotPool(MEMORY.uploadSlots, MEMORY.uploadSlotBytes);
  const hasher = new Hasher(pool.memory);
  const stop = new AbortController();
  const health = new StorageHealth(driver, config.health.storagedriver, {
    probeWrites: !config.storage.maintenance.readonly.enabled,
  });
  if (config.health.storagedriver.enabled) health.start(stop.signal);
  const uploads = new Uploads(driver, blobs, new UploadStore(driver), { pool, hasher });
  const joined = parts.join?.({ driver, blobs, manifests, cache, tags, uploads, log, metrics, config });
  const services: Services = {
    config,
    driver,
    access: parts.access,
    leases,
    blobs,
    manifests,
    cache,
    cluster: joined?.cluster,
    contents: new Contents(blobs, manifests, joined?.listing),
    upstream: joined?.upstream ?? NO_UPSTREAM,
    referrers: new Referrers(manifests, tags, !config.storage.maintenance.readonly.enabled),
    layerUrls: layerUrls(config),
    isSparse: compileGlobs(config.longshore.manifests.sparse),
    tags,
    tombstones: new Tombstones(driver, tags),
    uploads,
    uploadStates: new UploadStates(derivedKey(parts.secret, 'uploads')),
    readBuffers: new BufferPool(MEMORY.readBuffers, MEMORY.lastReadBufferBytes),
    log,
    metrics,
    health,
    renderMetrics: parts.renderMetrics,
  };
  const accessLog = new AccessLog(log, {
    disabled: config.log.accesslog.disabled,
    inCluster: joined !== undefined,
  });
  const settings = {
    headers: responseHeaders(config, joined !== undefined),
    host: config.http.host,
    relativeUrls: config.http.relativeurls,
    prefix: config.http.prefix,
  };
  const dispatcher = new Dispatcher(services, settings, parts.limiter, accessLog);
  const close = async () => {
    stop.abort();
    await joined?.close();
    await hasher.close();
    await log.flush();
  };
  return { services, handle: dispatcher.handle, warmUp: () => hasher.start(), close };
}

function responseHeaders({ http }: RegistryConfig, inCluster: boolean): RawHeaders {
  const configured = Object.entries(http.headers).flatMap(([name, values]) => values.flatMap((value) => [name, value]));
  // Clients look for it before they use the signature extension (reference registry 1.3).
  const signatures = inCluster ? ['X-Registry-Supports-Signatures', '1'] : [];
  return ['Docker-Distribution-Api-Version', 'registry/2.0', ...signatures, ...configured];
}

function cacheBounds({ storage: { cache } }: RegistryConfig): CacheBounds {
  const entryBytes = cache.blobdescriptor === 'inmemory' ? MEMORY.contentEntryBytes : 0;
  return { maxBytes: MEMORY.contentCacheBytes, entryBytes, entries: cache.blobdescriptorsize };
}

function layerUrls({ validation }: RegistryConfig) {
  if (validation.disabled && !validation.enabled) return { allow: [], deny: [] };
  const { allow, deny } = validation.manifests.urls;
  return { allow: allow.map(compilePattern), deny: deny.map(compilePattern) };
}
