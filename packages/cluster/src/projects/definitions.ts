import type { ResourceDefinition, UserInfo, VirtualBackend, VirtualRequest } from '@longshore/apiserver';
import { forbidden, notFound, type KubeObject, type Schema } from '@longshore/kube';
import type { RbacAuthorizer } from '../rbac/index.js';
import {
  displayNameOf,
  PROJECT_GROUP,
  projectOf,
  requestedNamespace,
  requesterBinding,
  reservedPrefix,
  type Project,
  type ProjectRequest,
} from './project.js';

const resource = { group: PROJECT_GROUP, resource: 'projects' };
const NAMESPACES = 'namespaces';
const ROLE_BINDINGS = 'rolebindings.rbac.authorization.k8s.io';

/** Projects, which are namespaces as far as a user may see them, and the requests for new ones (`oc new-project`). */
export function projectDefinitions(authorizer: RbacAuthorizer): ResourceDefinition[] {
  return [
    {
      group: PROJECT_GROUP,
      version: 'v1',
      plural: 'projects',
      singular: 'project',
      kind: 'Project',
      scope: 'Cluster',
      schema: projectSchema,
      columns: [
        { name: 'Display Name', type: 'string', value: displayNameOf },
        { name: 'Status', type: 'string', value: '.status.phase' },
      ],
      backend: projects(authorizer),
    },
    {
      group: PROJECT_GROUP,
      version: 'v1',
      plural: 'projectrequests',
      singular: 'projectrequest',
      kind: 'ProjectRequest',
      scope: 'Cluster',
      schema: requestSchema,
      backend: { type: 'virtual', create: (object, request) => requestProject(object, request) },
    },
  ];
}

function projects(authorizer: RbacAuthorizer): VirtualBackend {
  return {
    type: 'virtual',
    get: (name, request) => readProject(name, request),
    list: async ({ user, objects }) => {
      const { items, resourceVersion } = await objects.list(NAMESPACES);
      return {
        items: items.filter(({ metadata }) => maySee(authorizer, user, metadata.name ?? '')).map(projectOf),
        resourceVersion,
      };
    },
    async *watch(resourceVersion, { user, objects, signal }) {
      for await (const event of objects.watch(NAMESPACES, resourceVersion, signal)) {
        const seen = event.type === 'BOOKMARK' || maySee(authorizer, user, event.object.metadata.name ?? '');
        if (seen) yield { ...event, object: projectOf(event.object) };
      }
    },
    create: (object, { objects, user }) =>
      objects.create(NAMESPACES, { ...object, apiVersion: 'v1', kind: 'Namespace' }, user).then(projectOf),
    update: async (object, { objects, user }) => {
      const { metadata } = object;
      const namespace = await objects.get(NAMESPACES, '', metadata.name ?? '');
      if (namespace === undefined) throw notFound(resource, metadata.name ?? '');
      return projectOf(await objects.update(NAMESPACES, { ...namespace, metadata }, user));
    },
    delete: async (name, request) => {
      const project = await readProject(name, request);
      await request.objects.delete(NAMESPACES, '', name, request.user);
      return project;
    },
  };
}

async function readProject(name: string, { objects }: VirtualRequest): Promise<Project> {
  const namespace = await objects.get(NAMESPACES, '', name);
  if (namespace === undefined) throw notFound(resource, name);
  return projectOf(namespace);
}

function maySee(authorizer: RbacAuthorizer, user: UserInfo, namespace: string): boolean {
  const asked = { user, verb: 'get', group: '', version: 'v1', resource: NAMESPACES, subresource: '', name: namespace };
  return authorizer.decide({ ...asked, namespace }).allowed;
}

/** Makes the namespace as the server, on behalf of who asks, and gives it to them. Without the second step: nothing. */
async function requestProject(asked: ProjectRequest, { user, objects, dryRun }: VirtualRequest): Promise<KubeObject> {
  const { name = '' } = asked.metadata;
  const prefix = reservedPrefix(name);
  if (prefix !== undefined) {
    throw forbidden(resource, name, `cannot request a project starting with ${JSON.stringify(prefix)}`);
  }
  const namespace = requestedNamespace(asked, user);
  if (dryRun) return projectOf(namespace);
  const created = await objects.create(NAMESPACES, namespace);
  try {
    await objects.create(ROLE_BINDINGS, requesterBinding(name, user));
  } catch (error) {
    await objects.delete(NAMESPACES, '', name);
    throw error;
  }
  return projectOf(created);
}

const text: Schema = { type: 'string' };
const projectSchema: Schema = {
  type: 'object',
  properties: {
    spec: { type: 'object', properties: { finalizers: { type: 'array', items: text } } },
    status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};
const requestSchema: Schema = { type: 'object', properties: { displayName: text, description: text } };
