import type { Controller, Followed, ObjectAccess } from '@longshore/apiserver';
import { IMAGE_GROUP, jsonEqual, type KubeObject } from '@longshore/kube';
import type { LayersIndex } from '../layers/layers-index.js';
import { blobsOfStreams, streamsOf } from './namespace-usage.js';
import { concernsImages, limitsStorage, quotaStatus, type ResourceQuota } from './quota.js';

/** Quotas and streams, which in an aggregated API are of two servers. */
export type QuotaObjects = Followed & Pick<ObjectAccess, 'get' | 'list' | 'updateStatus'>;

/**
 * Keeps in the status of each ResourceQuota how much the images of its namespace use (registry.md 5). Keys of others in it
 * stay as they are, so it can run beside the quota controller of a cluster.
 */
export function quotaController(index: LayersIndex): Controller<QuotaObjects> {
  const namespaceOf = ({ metadata }: KubeObject) => (metadata.namespace === undefined ? [] : [metadata.namespace]);
  return {
    name: 'image-quota',
    follows: { resourcequotas: namespaceOf, [`imagestreams.${IMAGE_GROUP}`]: namespaceOf },
    async reconcile(namespace, objects, signal) {
      const quotas = (await objects.list<ResourceQuota>('resourcequotas', namespace)).items.filter(concernsImages);
      if (quotas.length === 0) return;
      const streams = await streamsOf(namespace, objects);
      const counted = quotas.some(limitsStorage) ? streams : [];
      const { bytes } = await blobsOfStreams(counted, index, objects, signal);
      for (const quota of quotas) {
        const status = quotaStatus(quota, { streams: streams.length, bytes });
        if (jsonEqual(status, quota.status)) continue;
        await objects.updateStatus('resourcequotas', { ...quota, status });
      }
    },
  };
}
