import type { ImageConfig } from '@longshore/kube';
import { CLUSTER, PORT, RESOURCES, SERVICE_HOST } from '../names.js';
import { ownRoutes } from '../operands/routes.js';
import type { Snapshot } from '../snapshot.js';
import type { Route } from './registry-conditions.js';

const DEFAULT_HOST = 'default-route-openshift-image-registry';

/** Where the registry is found, for `images.config.openshift.io/cluster` (operator.md 6.2). */
export function imageConfigStatus(snapshot: Snapshot, hasService: boolean): ImageConfig['status'] {
  const old = snapshot.find<ImageConfig>(RESOURCES.imageConfigs, CLUSTER)?.status;
  const hosts = ownRoutes(snapshot).flatMap(({ object }) =>
    ((object as Route).status?.ingress ?? []).flatMap(({ host }) => (host ? [host] : [])),
  );
  const isLater = (host: string) => !host.startsWith(DEFAULT_HOST);
  const sorted = [...new Set(hosts)].sort((a, b) => Number(isLater(a)) - Number(isLater(b)) || (a < b ? -1 : 1));
  const { internalRegistryHostname: _, externalRegistryHostnames: __, ...others } = old ?? {};
  return {
    ...others,
    ...(sorted.length > 0 && { externalRegistryHostnames: sorted }),
    ...(hasService && { internalRegistryHostname: `${SERVICE_HOST}:${PORT}` }),
  };
}
