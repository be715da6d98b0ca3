import type { ResourceType } from '@longshore/kube';
import { CLUSTER, CONFIG_NAMESPACE, MANAGED_NAMESPACE, NAMESPACE, REGISTRY, RESOURCES } from '../names.js';

/** Objects that the operator keeps an eye on. */
export interface Watched {
  type: ResourceType;
  namespace?: string;
  fieldSelector?: string;
}

const named = (type: ResourceType, name: string, namespace?: string): Watched => ({
  type,
  fieldSelector: `metadata.name=${name}`,
  ...(namespace !== undefined && { namespace }),
});

const OWN_NAMESPACE: readonly ResourceType[] = [
  RESOURCES.configMaps,
  RESOURCES.secrets,
  RESOURCES.services,
  RESOURCES.serviceAccounts,
  RESOURCES.claims,
  RESOURCES.deployments,
  RESOURCES.daemonSets,
  RESOURCES.cronJobs,
  RESOURCES.jobs,
  RESOURCES.disruptionBudgets,
  RESOURCES.networkPolicies,
  RESOURCES.ingresses,
  RESOURCES.roleBindings,
  RESOURCES.routes,
];

/** Everything that decisions depend on, and nothing more: an operator's rights end there (operator.md 6). */
export const WATCHED_OBJECTS: readonly Watched[] = [
  { type: RESOURCES.configs },
  { type: RESOURCES.imagePruners },
  { type: RESOURCES.nodes },
  ...OWN_NAMESPACE.map((type) => ({ type, namespace: NAMESPACE })),
  { type: RESOURCES.configMaps, namespace: CONFIG_NAMESPACE },
  named(RESOURCES.secrets, 'pull-secret', CONFIG_NAMESPACE),
  named(RESOURCES.configMaps, 'image-registry-ca', MANAGED_NAMESPACE),
  named(RESOURCES.namespaces, NAMESPACE),
  named(RESOURCES.namespaces, MANAGED_NAMESPACE),
  named(RESOURCES.clusterRoles, 'system:registry'),
  named(RESOURCES.clusterRoles, 'system:image-pruner'),
  named(RESOURCES.clusterRoleBindings, 'registry-registry-role'),
  named(RESOURCES.clusterRoleBindings, 'openshift-image-registry-pruner'),
  named(RESOURCES.imageConfigs, CLUSTER),
  named(RESOURCES.proxies, CLUSTER),
  named(RESOURCES.infrastructures, CLUSTER),
  named(RESOURCES.apiServers, CLUSTER),
  named(RESOURCES.clusterOperators, REGISTRY),
];
