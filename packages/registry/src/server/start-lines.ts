import { formatDuration } from '../config/duration.js';
import type { RegistryConfig } from '../config/index.js';
import { BUILD } from './build.js';

/** The Service of the registry in every cluster. */
export const SERVICE = 'image-registry.openshift-image-registry.svc:5000';

/** What the log of a registry begins with; in a cluster, in the words of OpenShift's registry (reference registry 7.3). */
export function startLines({ auth, openshift }: RegistryConfig): string[] {
  const start = `start registry, version ${BUILD.version}`;
  if (!auth?.openshift) return [start];
  const { quota, server } = openshift;
  return [
    start,
    'Using OpenShift Auth handler',
    quota.enabled
      ? `caching project quota objects with TTL ${formatDuration(quota.cachettl)}`
      : 'quota enforcement disabled',
    `Using ${JSON.stringify(server.addr ?? SERVICE)} as Docker Registry URL`,
  ];
}
