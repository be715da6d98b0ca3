import type { WatchEvent } from '@longshore/apiserver';
import { hasReason, type KubeClient, type KubeObject, type ResourceType } from '@longshore/kube';
import type { ClusterObjects } from '../api/parts.js';

const type = (group: string, version: string, resource: string): ResourceType => ({ group, version, resource });

/** The kinds of other groups that the image API reads, by the names that `ObjectAccess` has for them. */
const RESOURCES: Readonly<Record<string, ResourceType>> = {
  namespaces: type('', 'v1', 'namespaces'),
  secrets: type('', 'v1', 'secrets'),
  configmaps: type('', 'v1', 'configmaps'),
  limitranges: type('', 'v1', 'limitranges'),
  resourcequotas: type('', 'v1', 'resourcequotas'),
  'images.config.openshift.io': type('config.openshift.io', 'v1', 'images'),
  'proxies.config.openshift.io': type('config.openshift.io', 'v1', 'proxies'),
  'imagedigestmirrorsets.config.openshift.io': type('config.openshift.io', 'v1', 'imagedigestmirrorsets'),
  'imagetagmirrorsets.config.openshift.io': type('config.openshift.io', 'v1', 'imagetagmirrorsets'),
  'imagecontentsourcepolicies.operator.openshift.io': type(
    'operator.openshift.io',
    'v1alpha1',
    'imagecontentsourcepolicies',
  ),
};

/** Reads a cluster whose API this one extends. A kind that the cluster does not have has no objects. */
export class ClusterReader implements ClusterObjects {
  constructor(private readonly client: KubeClient) {}

  get<T extends KubeObject>(resource: string, namespace: string, name: string): Promise<T | undefined> {
    return this.client.find<T>(resourceType(resource), name, { namespace });
  }

  async list<T extends KubeObject>(resource: string, namespace = ''): Promise<{ items: T[]; resourceVersion: string }> {
    try {
      const { items, metadata } = await this.client.listAll<T>(resourceType(resource), { namespace });
      return { items, resourceVersion: metadata.resourceVersion ?? '' };
    } catch (error) {
      if (hasReason(error, 'NotFound')) return { items: [], resourceVersion: '' };
      throw error;
    }
  }

  async *watch<T extends KubeObject>(
    resource: string,
    resourceVersion: string,
    signal: AbortSignal,
    namespace = '',
  ): AsyncGenerator<WatchEvent<T>> {
    for await (const event of this.client.watch<T>(resourceType(resource), { namespace, resourceVersion, signal })) {
      yield event;
    }
  }
}

/** Errors: TypeError for a kind that is not among those. */
export function resourceType(resource: string): ResourceType {
  const known = RESOURCES[resource];
  if (known === undefined) throw new TypeError(`${resource} is not among the kinds that the image API reads`);
  return known;
}
