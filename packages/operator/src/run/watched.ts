import type { ResourceType } from '@longshore/kube';
import {
  CLUSTER,
  CLUSTER_PULL_SECRET,
  CONFIG_NAMESPACE,
  MANAGED_CA,
  MANAGED_NAMESPACE,
  NAMESPACE,
  PRUNER_BINDING,
  PRUNER_ROLE,
  REGISTRY,
  REGISTRY_BINDING,
  REGISTRY_ROLE,
  RESOURCES,
} from '../names.js';

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
  RESOURCES.serviceMonitors,
  RESOURCES.prometheusRules,
];

/** Everything that decisions depend on, and nothing more: an operator's rights end there (operator.md 6). */
export const WATCHED_OBJECTS: readonly Watched[] = [
  { type: RESOURCES.configs },
  { type: RESOURCES.imagePruners },
  { type: RESOURCES.nodes },
  ...OWN_NAMESPACE.map((type) => ({ type, namespace: NAMESPACE })),
  { type: RESOURCES.configMaps, namespace: CONFIG_NAMESPACE },
  named(RESOURCES.secrets, CLUSTER_PULL_SECRET, CONFIG_NAMESPACE),
  named(RESOURCES.configMaps, MANAGED_CA, MANAGED_NAMESPACE),
  named(RESOURCES.namespaces, NAMESPACE),
  named(RESOURCES.namespaces, MANAGED_NAMESPACE),
  named(RESOURCES.clusterRoles, REGISTRY_ROLE),
  named(RESOURCES.clusterRoles, PRUNER_ROLE),
  named(RESOURCES.clusterRoleBindings, REGISTRY_BINDING),
  named(RESOURCES.clusterRoleBindings, PRUNER_BINDING),
  named(RESOURCES.imageConfigs, CLUSTER),
  named(RESOURCES.proxies, CLUSTER),
  named(RESOURCES.infrastructures, CLUSTER),
  named(RESOURCES.apiServers, CLUSTER),
  named(RESOURCES.clusterOperators, REGISTRY),
];
