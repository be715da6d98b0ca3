import { formatGroupVersion } from '../object.js';

/** A resource as the API names it: `{ group: 'apps', version: 'v1', resource: 'deployments' }`. */
export interface ResourceType {
  /** Empty for the core group. */
  group: string;
  version: string;
  resource: string;
}

export interface ResourceAddress {
  /** None for cluster-scoped resources, and for all namespaces. */
  namespace?: string | undefined;
  name?: string;
  subresource?: string;
}

/** `/api/v1`, `/apis/apps/v1` */
export function groupVersionPath(type: Pick<ResourceType, 'group' | 'version'>): string {
  const groupVersion = formatGroupVersion(type);
  return type.group === '' ? `/api/${groupVersion}` : `/apis/${groupVersion}`;
}

/** `/apis/apps/v1/namespaces/shop/deployments/web/scale` */
export function resourcePath(type: ResourceType, { namespace, name, subresource }: ResourceAddress): string {
  const parts = [groupVersionPath(type)];
  if (namespace !== undefined && namespace !== '') parts.push('namespaces', encodeURIComponent(namespace));
  parts.push(type.resource);
  if (name !== undefined) parts.push(segment(name));
  if (subresource !== undefined) parts.push(subresource);
  return parts.join('/');
}

/** A name that cannot leave its place in the path. */
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..')
    throw new TypeError(`${JSON.stringify(name)} is no name of an object`);
  return encodeURIComponent(name);
}
