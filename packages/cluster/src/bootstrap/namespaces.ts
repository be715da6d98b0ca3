import type { KubeObject } from '@longshore/kube';
import { RBAC_API_VERSION, RBAC_GROUP, namespaceBindings, type Binding, type Role } from '../rbac/index.js';

/** The namespaces that a new cluster has. */
export const BOOTSTRAP_NAMESPACES: readonly string[] = [
  'default',
  'kube-node-lease',
  'kube-public',
  'kube-system',
  'openshift',
  'openshift-config',
  'openshift-config-managed',
  'openshift-image-registry',
];

/** Service accounts of each namespace: for pods, for builds, for deployments (registry.md 2.3). */
const SERVICE_ACCOUNTS = ['builder', 'default', 'deployer'];

/** An object, and the resource under which it is made. */
export interface Wanted {
  resource: string;
  object: KubeObject;
}

/** What each namespace has beside the authority of the API server, in the order in which it is made. */
export function namespaceContents(namespace: string): Wanted[] {
  return [
    ...SERVICE_ACCOUNTS.map((name) => ({
      resource: 'serviceaccounts',
      object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
    })),
    ...namespaceBindings(namespace).map(wantedBinding),
    ...(namespace === SHARED ? sharedImages() : []),
  ];
}

const SHARED = 'openshift';

/** Everybody who logged in may look at and pull what the namespace `openshift` holds (registry.md 2.3). */
function sharedImages(): Wanted[] {
  const name = 'shared-resource-viewer';
  const group = ['image.openshift.io'];
  const role: Role = {
    apiVersion: RBAC_API_VERSION,
    kind: 'Role',
    metadata: { name, namespace: SHARED },
    rules: [
      {
        verbs: ['get', 'list', 'watch'],
        apiGroups: group,
        resources: ['imagestreamimages', 'imagestreams', 'imagestreamtags', 'imagetags'],
      },
      { verbs: ['get'], apiGroups: group, resources: ['imagestreams/layers'] },
    ],
  };
  const binding: Binding = {
    apiVersion: RBAC_API_VERSION,
    kind: 'RoleBinding',
    metadata: { name: `${name}s`, namespace: SHARED },
    roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name },
    subjects: [{ kind: 'Group', apiGroup: RBAC_GROUP, name: 'system:authenticated' }],
  };
  return [{ resource: `roles.${RBAC_GROUP}`, object: role }, wantedBinding(binding)];
}

function wantedBinding(object: Binding): Wanted {
  return { resource: `rolebindings.${RBAC_GROUP}`, object };
}
