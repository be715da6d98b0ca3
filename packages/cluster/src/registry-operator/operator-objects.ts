import { installation, PROMETHEUS } from '@longshore/operator';
import type { KubeObject } from '@longshore/kube';
import type { Wanted } from '../bootstrap/index.js';
import { RBAC_GROUP } from '../rbac/index.js';
import { OWN_IMAGE } from '../runtime/own-image.js';

export const NAMESPACE = 'openshift-image-registry';
export const OPERATOR = 'cluster-image-registry-operator';
export const CONFIGS = 'configs.imageregistry.operator.openshift.io';
export const CONFIG = 'cluster';
export const DEPLOYMENTS = 'deployments.apps';

const RESOURCES: Readonly<Record<string, string>> = {
  ClusterRole: `clusterroles.${RBAC_GROUP}`,
  ClusterRoleBinding: `clusterrolebindings.${RBAC_GROUP}`,
  CustomResourceDefinition: 'customresourcedefinitions.apiextensions.k8s.io',
  Deployment: DEPLOYMENTS,
  Role: `roles.${RBAC_GROUP}`,
  RoleBinding: `rolebindings.${RBAC_GROUP}`,
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
};

const wanted = (object: KubeObject): Wanted => ({ resource: RESOURCES[object.kind] ?? object.kind, object });

/** What the operator needs in any cluster, with Longshore's own image: its kinds, its rights, itself. */
export function operatorObjects(version: string): Record<'definitions' | 'rights' | 'operator', Wanted[]> {
  const { definitions, rights, operator } = installation({
    image: OWN_IMAGE,
    version,
    replicas: 1,
    optionalAlerts: false,
    isOpenShift: true,
    prometheus: PROMETHEUS,
  });
  return {
    definitions: definitions.map(wanted),
    rights: rights.map(wanted),
    operator: operator.map(wanted),
  };
}

/**
 * How the registry of a new cluster is run. On a platform without shared storage the operator would begin with no registry; this
 * cluster has a folder for images.
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
