import { createHmac } from 'node:crypto';
import { proxyFromEnvironment } from '@longshore/distribution';
import type { KubeClient } from '@longshore/kube';
import type { Services } from '../services.js';
import { streamName, type ImageApi } from '../streams/image-api.js';
import type { Streams } from '../streams/streams.js';
import type { UploadLimits } from '../streams/upload-limits.js';
import { PullPolicies } from './policy.js';
import { PullSecrets } from './pull-secrets.js';
import { Pullthrough } from './pullthrough.js';

/** What pull-through has of the cluster. */
export interface ClusterParts {
  /** As the registry itself: it reads the image configuration and the mirror sets. */
  client: Pick<KubeClient, 'get' | 'listAll'>;
  api: Pick<ImageApi, 'findLayers' | 'findSecrets' | 'findStream'>;
  streams: Pick<Streams, 'recent'>;
  limits: UploadLimits | undefined;
  /** The host under which this registry stands in image streams. */
  address: string;
  /** The same for all processes and replicas of this registry, and for no other. */
  secret: Buffer;
}

type Parts = Pick<Services, 'blobs' | 'config' | 'driver' | 'log' | 'manifests' | 'metrics' | 'uploads'>;

/** The upstream of a registry that belongs to a cluster; undefined when `openshift.pullthrough.enabled` is off. */
export function createPullthrough(services: Parts, cluster: ClusterParts): Pullthrough | undefined {
  const { config, log } = services;
  const { pullthrough } = config.openshift;
  if (!pullthrough.enabled) return undefined;
  const { allow, pullsecret } = config.longshore.pullthrough;
  const ownHosts = [cluster.address, hostOf(config.http.host)].map((host) => host.toLowerCase());
  return new Pullthrough(services, {
    stream: (repository) => cluster.streams.recent(repository),
    history: async (repository, tag) => {
      const stream = await cluster.api.findStream(streamName(repository));
      return stream?.status?.tags?.find((each) => each.tag === tag)?.items ?? [];
    },
    policies: new PullPolicies(cluster.client, ownHosts, log),
    ownHosts: new Set(ownHosts),
    secrets: new PullSecrets(cluster.api, pullsecret, log),
    keeps: !config.storage.maintenance.readonly.enabled && pullthrough.mirror,
    limits: cluster.limits,
    lists: async (repository, digest) => {
      const layers = await cluster.api.findLayers(streamName(repository));
      return layers !== undefined && Object.hasOwn(layers.blobs, digest);
    },
    allow,
    // Others need not know what things are called here.
    ownUrl: (repository) => `urn:longshore:${createHmac('sha256', cluster.secret).update(repository).digest('hex')}`,
    proxy: proxyFromEnvironment(process.env),
  });
}

function hostOf(url: string | undefined): string {
  return url === undefined ? '' : url.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}
