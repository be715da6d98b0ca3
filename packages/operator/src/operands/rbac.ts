import type { KubeObject } from '@longshore/kube';
import { NAMESPACE, REGISTRY_BINDING, REGISTRY_ROLE, RESOURCES } from '../names.js';
import type { Wanted } from '../snapshot.js';

const API_GROUP = 'rbac.authorization.k8s.io';
export const RBAC_VERSION = `${API_GROUP}/v1`;

export interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

export const rule = (group: string, resources: string[], verbs: string[], resourceNames?: string[]): Rule => ({
  apiGroups: [group],
  resources,
  verbs,
  ...(resourceNames !== undefined && { resourceNames }),
});

export function clusterRole(name: string, rules: readonly Rule[]): Wanted {
  return {
    type: RESOURCES.clusterRoles,
    object: { apiVersion: RBAC_VERSION, kind: 'ClusterRole', metadata: { name }, rules },
  };
}

/** Gives a cluster role to a service account of the registry's namespace. */
export function clusterRoleBinding(name: string, role: string, account: string): Wanted {
  return { type: RESOURCES.clusterRoleBindings, object: binding('ClusterRoleBinding', { name }, role, account) };
}

/** As {@link clusterRoleBinding}, within that namespace. */
export function roleBinding(name: string, role: string, account: string): Wanted {
  return {
    type: RESOURCES.roleBindings,
    object: binding('RoleBinding', { name, namespace: NAMESPACE }, role, account),
  };
}

function binding(kind: string, metadata: KubeObject['metadata'], role: string, account: string): KubeObject {
  return {
    apiVersion: RBAC_VERSION,
    kind,
    metadata,
    roleRef: { apiGroup: API_GROUP, kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }],
  };
}

export function serviceAccount(name: string): Wanted {
  const metadata = { name, namespace: NAMESPACE };
  return { type: RESOURCES.serviceAccounts, object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata } };
}

const IMAGE = 'image.openshift.io';

/** What the registry may do (operator.md 4.2; it also asks whose a token is and how images are to be found). */
export const REGISTRY_RULES: readonly Rule[] = [
  rule('', ['limitranges', 'resourcequotas'], ['list']),
  rule(IMAGE, ['imagestreamimages', 'imagestreams/layers', 'imagestreams/secrets'], ['get']),
  rule(IMAGE, ['imagestreams'], ['get', 'list', 'watch', 'create', 'update']),
  rule(IMAGE, ['imagestreamtags'], ['delete']),
  rule(IMAGE, ['images'], ['get', 'update', 'create']),
  rule(IMAGE, ['imagestreammappings', 'imagesignatures'], ['create']),
  rule('operator.openshift.io', ['imagecontentsourcepolicies'], ['list']),
  rule('config.openshift.io', ['images'], ['get']),
  rule('config.openshift.io', ['imagedigestmirrorsets', 'imagetagmirrorsets'], ['list']),
  rule('authentication.k8s.io', ['tokenreviews'], ['create']),
  rule('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
];

/** Who the registry is, and its rights. */
export function registryAccess(): Wanted[] {
  return [
    clusterRole(REGISTRY_ROLE, REGISTRY_RULES),
    clusterRoleBinding(REGISTRY_BINDING, REGISTRY_ROLE, 'registry'),
    serviceAccount('registry'),
  ];
}
