import type { ObjectAccess } from '@longshore/apiserver';
import { IMAGE_GROUP, type KubeClient, type KubeObject } from '@longshore/kube';
import type { QuotaObjects } from '../limits/quota-controller.js';
import { ClusterReader, resourceType } from './cluster-reader.js';

/** The streams of an aggregated image API, with the quotas of the cluster that it extends. */
export function quotasAndStreams(own: ObjectAccess, client: KubeClient): QuotaObjects {
  const reader = new ClusterReader(client);
  const isOwn = (resource: string) => resource.endsWith(`.${IMAGE_GROUP}`);
  const of = (resource: string) => (isOwn(resource) ? own : reader);
  const sharedOf = (resource: string) => (isOwn(resource) ? own.shared : reader);
  return {
    get: (resource, namespace, name) => of(resource).get(resource, namespace, name),
    list: (resource, namespace) => of(resource).list(resource, namespace),
    shared: {
      list: (resource, namespace) => sharedOf(resource).list(resource, namespace),
      watch: (resource, version, signal, namespace) => sharedOf(resource).watch(resource, version, signal, namespace),
    },
    updateStatus: <T extends KubeObject>(resource: string, object: T) =>
      client.updateStatus<T>(resourceType(resource), object),
  };
}
