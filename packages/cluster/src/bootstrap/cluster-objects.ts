import type { KubeObject } from '@longshore/kube';
import {
  BOOTSTRAP_CLUSTER_ROLE_BINDINGS,
  BOOTSTRAP_CLUSTER_ROLES,
  RBAC_API_VERSION,
  RBAC_GROUP,
  type Binding,
} from '../rbac/index.js';
import type { Wanted } from './namespaces.js';

const CONFIG_API_VERSION = 'config.openshift.io/v1';

/** What the cluster is: made last, so that it tells a whole cluster. `clusterId`: random, for the life of the data. */
export function clusterVersion(version: string, clusterId: string): KubeObject {
  return {
    apiVersion: CONFIG_API_VERSION,
    kind: 'ClusterVersion',
    metadata: { name: 'version' },
    spec: { clusterID: clusterId },
    status: { desired: { version } },
  };
}

/** Cluster-scoped objects of a new cluster beside its namespaces, nodes and identities. */
export function clusterObjects(apiUrl: string): Wanted[] {
  return [
    ...BOOTSTRAP_CLUSTER_ROLES.map((object) => ({ resource: `clusterroles.${RBAC_GROUP}`, object })),
    ...[...BOOTSTRAP_CLUSTER_ROLE_BINDINGS, registryBinding, prunerBinding].map((object) => ({
      resource: `clusterrolebindings.${RBAC_GROUP}`,
      object,
    })),
    ...REGISTRY_TRUST,
    ...configObjects(apiUrl),
    ...PRIORITIES,
    { resource: 'services', object: kubernetesService },
    { resource: 'serviceaccounts', object: prunerAccount },
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

/** Lets it read the certificates that `additionalTrustedCA` of the image configuration names (registry.md 4.3). */
const REGISTRY_TRUST: Wanted[] = [
  {
    resource: `roles.${RBAC_GROUP}`,
    object: {
      apiVersion: RBAC_API_VERSION,
      kind: 'Role',
      metadata: { name: 'registry-trusted-ca', namespace: 'openshift-config' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
    },
  },
  {
    resource: `rolebindings.${RBAC_GROUP}`,
    object: {
      ...registryBinding,
      kind: 'RoleBinding',
      metadata: { name: 'registry-trusted-ca', namespace: 'openshift-config' },
      roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name: 'registry-trusted-ca' },
    },
  },
];

/** Who prunes images, also for those who have no token of their own (operator.md 2.1). */
const prunerAccount = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'pruner', namespace: 'openshift-image-registry' },
};

const prunerBinding: Binding = {
  apiVersion: RBAC_API_VERSION,
  kind: 'ClusterRoleBinding',
  metadata: { name: 'openshift-image-registry-pruner' },
  roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: 'system:image-pruner' },
  subjects: [{ kind: 'ServiceAccount', ...prunerAccount.metadata }],
};

/** Of pods without which a cluster or a node is none. */
const PRIORITIES: Wanted[] = [
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
].map(([name, value]) => ({
  resource: 'priorityclasses.scheduling.k8s.io',
  object: { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: String(name) }, value },
}));

/** The API server as pods look for it. */
const kubernetesService = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
  spec: { clusterIP: '172.30.0.1', ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
};

function configObjects(apiUrl: string): Wanted[] {
  const single = 'SingleReplica';
  const config = (plural: string, kind: string, name: string, fields: Record<string, unknown>): Wanted => ({
    resource: `${plural}.config.openshift.io`,
    object: { apiVersion: CONFIG_API_VERSION, kind, metadata: { name }, ...fields },
  });
  return [
    config('apiservers', 'APIServer', 'cluster', { spec: {} }),
    config('images', 'Image', 'cluster', { spec: {} }),
    config('oauths', 'OAuth', 'cluster', { spec: {} }),
    config('infrastructures', 'Infrastructure', 'cluster', {
      spec: { platformSpec: { type: 'None' } },
      status: {
        apiServerInternalURI: apiUrl,
        apiServerURL: apiUrl,
        controlPlaneTopology: single,
        infrastructureName: 'longshore',
        infrastructureTopology: single,
        platform: 'None',
        platformStatus: { type: 'None' },
      },
    }),
    config('proxies', 'Proxy', 'cluster', { spec: {} }),
  ];
}
