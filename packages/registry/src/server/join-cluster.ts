import { findConnection, HttpTransport, KubeClient } from '@longshore/kube';
import { ApiReviews } from '../access/api-reviews.js';
import { createClusterAccess } from '../access/cluster.js';
import type { AccessControl } from '../access/index.js';
import { smallContent } from '../blobs/small-content.js';
import type { RegistryConfig } from '../config/index.js';
import type { Logger, Metrics } from '../observe/index.js';
import { createPullthrough } from '../pullthrough/create-pullthrough.js';
import { StreamCatalog } from '../streams/catalog.js';
import { ImageApi, streamName } from '../streams/image-api.js';
import { Membership } from '../streams/membership.js';
import { Publisher } from '../streams/publisher.js';
import { Signatures } from '../streams/signatures.js';
import { StreamCache } from '../streams/stream-cache.js';
import { watchStreams, type StreamListener } from '../streams/stream-watch.js';
import { Streams } from '../streams/streams.js';
import { UploadLimits } from '../streams/upload-limits.js';
import { NO_UPSTREAM } from '../streams/upstream.js';
import { accessSettings } from './create-access.js';
import type { Joined, Stores } from './registry.js';
import { SERVICE } from './start-lines.js';

/** A client waits for the answer: an API server that is away for longer is said to be. */
const RETRY = { attempts: 3, baseMs: 50, maxMs: 500 };

/** A registry's side of a cluster: who may do what there, and what its image streams say. */
export interface ClusterConnection {
  access: AccessControl;
  join: (stores: Stores) => Joined;
}

export interface JoinOptions {
  secret: Buffer;
  log: Logger;
  metrics: Metrics;
  /** Ends the watch of the streams. */
  signal: AbortSignal;
  /** In place of one by `openshift.kubeconfig`. */
  client?: KubeClient;
}

/** Joins a registry to the cluster of the API server that it is told of. Errors: KubeconfigError. */
export async function joinCluster(config: RegistryConfig, options: JoinOptions): Promise<ClusterConnection> {
  const { secret, log, metrics, signal } = options;
  const client = options.client ?? (await connect(config.openshift.kubeconfig));
  const reviews = new ApiReviews(client);
  const access = createClusterAccess({
    ...accessSettings(config, secret, config.auth?.openshift?.realm ?? 'openshift'),
    reviews,
  });
  const api = new ImageApi(client, { onCall: (...call) => metrics.apiCall(...call) });
  return {
    access,
    join: (stores) => {
      const { cache: cacheSettings, quota, server } = config.openshift;
      const address = server.addr ?? SERVICE;
      const cache = new StreamCache();
      const streams = new Streams({
        api,
        cache,
        tags: stores.tags,
        onLookup: (answer) => metrics.streamLookup(answer),
      });
      const listing = new Membership({
        api,
        manifest: (digest) => stores.manifests.parsedAnywhere(digest),
        ttlMs: cacheSettings.disabled ? 0 : cacheSettings.blobrepositoryttl,
        onLookup: (answer) => metrics.scopedDigestLookup(answer),
      });
      if (!cacheSettings.disabled) void watch(api, [cache, listing], log, signal);
      const publisher = new Publisher({
        api,
        allows: access.allows,
        readSmall: async (repository, digest) => {
          const blob = await stores.blobs.find(repository, digest);
          return blob && smallContent(blob.content, blob.size, stores);
        },
        address,
      });
      const limits = quota.enabled
        ? new UploadLimits({
            api,
            ttlMs: quota.cachettl,
            onRefused: (resource) => metrics.quotaRefused(resource),
          })
        : undefined;
      const cluster = {
        streams,
        publisher,
        catalog: new StreamCatalog(api),
        signatures: new Signatures(api),
        limits,
        streamName,
        allows: access.allows,
      };
      const pullthrough = createPullthrough(stores, { client, api, streams, limits, address, secret });
      return {
        cluster,
        listing,
        upstream: pullthrough ?? NO_UPSTREAM,
        close: async () => {
          await pullthrough?.close();
          await client.close();
        },
      };
    },
  };
}

async function connect(kubeconfig: string | undefined): Promise<KubeClient> {
  const connection = await findConnection(kubeconfig === undefined ? {} : { kubeconfig });
  return new KubeClient(new HttpTransport(connection, { userAgent: 'longshore-registry' }), { retry: RETRY });
}

async function watch(
  api: ImageApi,
  listeners: readonly StreamListener[],
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const onError = (error: unknown) => log.warn({ error }, 'image streams are not watched just now, each is asked for');
  await watchStreams(api, listeners, { onError }, signal);
}
