import { invalidValue, type UserInfo } from '@longshore/apiserver';
import type { KubeObject, ObjectMeta, StatusCause } from '@longshore/kube';
import { RBAC_API_VERSION, RBAC_GROUP, type Binding, type RbacAuthorizer } from '../rbac/index.js';

export const PROJECT_GROUP = 'project.openshift.io';
const PROJECT_API_VERSION = `${PROJECT_GROUP}/v1`;

/** What projects are stored as. */
export const NAMESPACES = 'namespaces';

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

/** Whether a namespace is a project of the user: by the right to get it, whether given in it or in the cluster. */
export function maySee(authorizer: RbacAuthorizer, user: UserInfo, { metadata: { name = '' } }: KubeObject): boolean {
  const asked = { user, verb: 'get', group: '', version: 'v1', resource: NAMESPACES, subresource: '', name };
  return authorizer.decide({ ...asked, namespace: name }).allowed;
}

const CHANGEABLE: ReadonlySet<string> = new Set([DESCRIPTION, DISPLAY_NAME]);

/**
 * Problems of a change of a project: who manages one may change what it is called, but none of the labels and annotations
 * by which administrators rule namespaces (OpenShift's project API).
 */
export function checkProjectChange(project: ObjectMeta, old: ObjectMeta): StatusCause[] {
  const isFree = (key: string) => CHANGEABLE.has(key);
  return [
    ...checkKept('metadata.annotations', project.annotations, old.annotations, isFree),
    ...checkKept('metadata.labels', project.labels, old.labels, () => false),
  ];
}

function checkKept(
  field: string,
  values: Record<string, string> = {},
  old: Record<string, string> = {},
  isFree: (key: string) => boolean,
): StatusCause[] {
  const keys = new Set([...Object.keys(values), ...Object.keys(old)]);
  return [...keys]
    .filter((key) => !isFree(key) && values[key] !== old[key])
    .map((key) =>
      invalidValue(`${field}[${key}]`, values[key] ?? '', 'field is immutable, try updating the namespace'),
    );
}

/**
 * The namespace that a user asks for. Labels and annotations of the request are left out, as in OpenShift: by them
 * administrators say what a namespace may do (`pod-security.kubernetes.io/enforce`).
 */
export function requestedNamespace(request: ProjectRequest, requester: UserInfo): KubeObject {
  const { metadata, displayName = '', description = '' } = request;
  const annotations = { [DESCRIPTION]: description, [DISPLAY_NAME]: displayName, [REQUESTER]: requester.username };
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: metadata.name, annotations },
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

const RESERVED = ['kube', 'kubernetes', 'openshift'];

/** Why no user may request a project of this name; undefined when any user may. */
export function whyReserved(name: string): string | undefined {
  if (RESERVED.includes(name)) return `cannot request a project with the name ${JSON.stringify(name)}`;
  const prefix = RESERVED.map((word) => `${word}-`).find((prefix) => name.startsWith(prefix));
  return prefix === undefined ? undefined : `cannot request a project starting with ${JSON.stringify(prefix)}`;
}

/** What people call a project; empty when nobody said. */
export function displayNameOf({ metadata }: KubeObject): string {
  return metadata.annotations?.[DISPLAY_NAME] ?? '';
}
