import { hasReason } from '../api-error.js';
import type { CallOptions } from './options.js';
import type { KubeClient } from './kube-client.js';
import { groupVersionPath, type ResourceType } from './resource-path.js';

/** `metav1.APIGroup` */
export interface ApiGroup {
  name: string;
  versions: { groupVersion: string; version: string }[];
  preferredVersion?: { groupVersion: string; version: string };
}

/** `metav1.APIResource` */
export interface ApiResource {
  /** `deployments`, `deployments/status` */
  name: string;
  singularName: string;
  namespaced: boolean;
  kind: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
}

/** The named groups that a server offers; the core group is not among them. */
export async function discoverGroups(client: KubeClient, options: CallOptions = {}): Promise<ApiGroup[]> {
  const { groups } = await client.getPath<{ groups?: ApiGroup[] }>('/apis', options);
  return groups ?? [];
}

/** The resources of a group and version; none when the server does not offer it. */
export async function discoverResources(
  client: KubeClient,
  groupVersion: Pick<ResourceType, 'group' | 'version'>,
  options: CallOptions = {},
): Promise<ApiResource[]> {
  try {
    const list = await client.getPath<{ resources?: ApiResource[] }>(groupVersionPath(groupVersion), options);
    return list.resources ?? [];
  } catch (error) {
    if (hasReason(error, 'NotFound')) return [];
    throw error;
  }
}

/** Whether the server offers a resource: how a controller finds out where it runs. */
export async function servesResource(
  client: KubeClient,
  type: ResourceType,
  options: CallOptions = {},
): Promise<boolean> {
  const resources = await discoverResources(client, type, options);
  return resources.some(({ name }) => name === type.resource);
}
