import type { UserInfo } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';
import { RBAC_API_VERSION, RBAC_GROUP, type Binding } from '../rbac/index.js';

export const PROJECT_GROUP = 'project.openshift.io';
export const PROJECT_API_VERSION = `${PROJECT_GROUP}/v1`;

const DISPLAY_NAME = 'openshift.io/display-name';
const DESCRIPTION = 'openshift.io/description';
const REQUESTER = 'openshift.io/requester';

export interface Project extends KubeObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: string };
}

export interface ProjectRequest extends KubeObject {
  displayName?: string;
  description?: string;
}

/** A namespace as its users see it. */
export function projectOf(namespace: KubeObject): Project {
  const { spec, status, metadata } = namespace;
  return {
    apiVersion: PROJECT_API_VERSION,
    kind: 'Project',
    metadata,
    ...(spec !== undefined && { spec }),
    ...(status !== undefined && { status }),
  } as Project;
}

/** The namespace that a user asks for. */
export function requestedNamespace(request: ProjectRequest, requester: UserInfo): KubeObject {
  const { metadata, displayName = '', description = '' } = request;
  const annotations = { [DESCRIPTION]: description, [DISPLAY_NAME]: displayName, [REQUESTER]: requester.username };
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: metadata.name,
      labels: { ...metadata.labels },
      annotations: { ...metadata.annotations, ...annotations },
    },
  };
}

/** Makes the requester administrator of the new project. */
export function requesterBinding(namespace: string, requester: UserInfo): Binding {
  return {
    apiVersion: RBAC_API_VERSION,
    kind: 'RoleBinding',
    metadata: { name: 'admin', namespace },
    roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: 'admin' },
    subjects: [{ kind: 'User', apiGroup: RBAC_GROUP, name: requester.username }],
  };
}

const RESERVED = ['kube-', 'kubernetes-', 'openshift-'];

/** The reserved beginning of a name that no user may request, if it has one. */
export function reservedPrefix(name: string): string | undefined {
  return RESERVED.find((prefix) => name.startsWith(prefix));
}

export function displayNameOf({ metadata }: KubeObject): string {
  return metadata.annotations?.[DISPLAY_NAME] ?? '';
}
