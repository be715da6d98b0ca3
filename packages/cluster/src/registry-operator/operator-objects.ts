import { CUSTOM_RESOURCE_DEFINITIONS } from '@longshore/operator';
import { RBAC_API_VERSION, RBAC_GROUP } from '../rbac/index.js';
import type { Wanted } from '../bootstrap/index.js';
import { OWN_IMAGE } from '../runtime/own-image.js';

export const NAMESPACE = 'openshift-image-registry';
export const OPERATOR = 'cluster-image-registry-operator';
export const CONFIGS = 'configs.imageregistry.operator.openshift.io';
export const CONFIG = 'cluster';
export const DEPLOYMENTS = 'deployments.apps';

/** The kinds that the operator serves. */
export const operatorKinds: Wanted[] = CUSTOM_RESOURCE_DEFINITIONS.map((object) => ({
  resource: 'customresourcedefinitions.apiextensions.k8s.io',
  object,
}));

/** Who the operator is, and what it may do: a part of the cluster that has all rights anyway, as it runs on its machine. */
export const operatorAccess: Wanted[] = [
  {
    resource: 'serviceaccounts',
    object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: OPERATOR, namespace: NAMESPACE } },
  },
  {
    resource: `clusterrolebindings.${RBAC_GROUP}`,
    object: {
      apiVersion: RBAC_API_VERSION,
      kind: 'ClusterRoleBinding',
      metadata: { name: OPERATOR },
      roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: OPERATOR, namespace: NAMESPACE }],
    },
  },
];

/** The operator, run from Longshore's own image (operator.md 6). */
export function operatorDeployment(version: string): Wanted {
  const labels = { name: OPERATOR };
  const images = ['IMAGE', 'IMAGE_PRUNER', 'OPERATOR_IMAGE'].map((name) => ({ name, value: OWN_IMAGE }));
  const container = {
    name: OPERATOR,
    image: OWN_IMAGE,
    args: ['operator', 'run'],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'RELEASE_VERSION', value: version },
      ...images,
    ],
    resources: { requests: { cpu: '10m', memory: '50Mi' } },
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
  return {
    resource: DEPLOYMENTS,
    object: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: OPERATOR, namespace: NAMESPACE },
      spec: {
        replicas: 1,
        strategy: { type: 'Recreate' },
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: OPERATOR,
            priorityClassName: 'system-cluster-critical',
            nodeSelector: { 'kubernetes.io/os': 'linux', 'node-role.kubernetes.io/master': '' },
            tolerations: [{ key: 'node-role.kubernetes.io/master', operator: 'Exists', effect: 'NoSchedule' }],
            containers: [container],
          },
        },
      },
    },
  };
}

/**
 * How the registry of a new cluster is run. On a platform without shared storage the operator would begin with no registry; this
 * cluster has the folder of {@link registryVolume}.
 */
export const firstConfig: Wanted = {
  resource: CONFIGS,
  object: {
    apiVersion: 'imageregistry.operator.openshift.io/v1',
    kind: 'Config',
    metadata: { name: CONFIG, finalizers: ['imageregistry.operator.openshift.io/finalizer'] },
    spec: { managementState: 'Managed', replicas: 1, storage: { pvc: { claim: '' } } },
  },
};
