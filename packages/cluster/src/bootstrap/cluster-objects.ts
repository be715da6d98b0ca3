import {
  BOOTSTRAP_CLUSTER_ROLE_BINDINGS,
  BOOTSTRAP_CLUSTER_ROLES,
  RBAC_API_VERSION,
  RBAC_GROUP,
  type Binding,
} from '../rbac/index.js';
import type { Wanted } from './namespaces.js';

export interface ClusterFacts {
  /** `https://127.0.0.1:6443` */
  apiUrl: string;
  /** Version of Longshore. */
  version: string;
  /** Random, for the life of the data. */
  clusterId: string;
}

const CONFIG_API_VERSION = 'config.openshift.io/v1';

/** Cluster-scoped objects of a new cluster beside its namespaces, nodes and identities. */
export function clusterObjects(facts: ClusterFacts): Wanted[] {
  return [
    ...BOOTSTRAP_CLUSTER_ROLES.map((object) => ({ resource: `clusterroles.${RBAC_GROUP}`, object })),
    ...[...BOOTSTRAP_CLUSTER_ROLE_BINDINGS, registryBinding].map((object) => ({
      resource: `clusterrolebindings.${RBAC_GROUP}`,
      object,
    })),
    ...configObjects(facts),
  ];
}

/** Lets the registry of this cluster review who its clients are (operator.md 4.2). */
const registryBinding: Binding = {
  apiVersion: RBAC_API_VERSION,
  kind: 'ClusterRoleBinding',
  metadata: { name: 'registry-registry-role' },
  roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: 'system:registry' },
  subjects: [{ kind: 'ServiceAccount', name: 'registry', namespace: 'openshift-image-registry' }],
};

function configObjects(facts: ClusterFacts): Wanted[] {
  const single = 'SingleReplica';
  const config = (plural: string, kind: string, name: string, fields: Record<string, unknown>): Wanted => ({
    resource: `${plural}.config.openshift.io`,
    object: { apiVersion: CONFIG_API_VERSION, kind, metadata: { name }, ...fields },
  });
  return [
    config('apiservers', 'APIServer', 'cluster', { spec: {} }),
    config('clusterversions', 'ClusterVersion', 'version', {
      spec: { clusterID: facts.clusterId },
      status: { desired: { version: facts.version } },
    }),
    config('images', 'Image', 'cluster', { spec: {} }),
    config('infrastructures', 'Infrastructure', 'cluster', {
      spec: { platformSpec: { type: 'None' } },
      status: {
        apiServerInternalURI: facts.apiUrl,
        apiServerURL: facts.apiUrl,
        controlPlaneTopology: single,
        infrastructureName: `longshore-${facts.clusterId.slice(0, 5)}`,
        infrastructureTopology: single,
        platform: 'None',
        platformStatus: { type: 'None' },
      },
    }),
    config('proxies', 'Proxy', 'cluster', { spec: {} }),
  ];
}
