import type { ObjectAccess, ResourceDefinition, VirtualBackend, VirtualRequest } from '@longshore/apiserver';
import {
  alreadyExists,
  ApiError,
  forbidden,
  hasReason,
  invalid,
  notFound,
  type KubeObject,
  type Schema,
  type Status,
} from '@longshore/kube';
import type { RbacAuthorizer } from '../rbac/index.js';
import {
  checkProjectChange,
  displayNameOf,
  PROJECT_GROUP,
  maySee,
  NAMESPACES,
  projectOf,
  requestedNamespace,
  requesterBinding,
  whyReserved,
  type Project,
  type ProjectRequest,
} from './project.js';
import { ProjectWatch } from './project-watch.js';
import { ShownProjects } from './shown-projects.js';

const resource = { group: PROJECT_GROUP, resource: 'projects' };
/** As OpenShift calls it where it refuses a new one. */
const singleResource = { group: PROJECT_GROUP, resource: 'project' };
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
      standsForNamespace: true,
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
      backend: {
        type: 'virtual',
        create: requestProject,
        listStatus: (request) => Promise.resolve().then(() => mayRequest(authorizer, request)),
      },
    },
  ];
}

function projects(authorizer: RbacAuthorizer): VirtualBackend {
  const shown = new ShownProjects();
  return {
    type: 'virtual',
    get: async (name, request) => {
      const project = await readProject(name, request);
      const { uid = '', resourceVersion } = project.metadata;
      shown.of(request.user).got(uid, Number(resourceVersion));
      return project;
    },
    list: async ({ user, objects }) => {
      const { items, resourceVersion } = await objects.list(NAMESPACES);
      const seen = items.filter((namespace) => maySee(authorizer, user, namespace));
      const uids = seen.map(({ metadata }) => metadata.uid ?? '');
      shown.of(user).listed(uids, Number(resourceVersion));
      return { items: seen.map(projectOf), resourceVersion };
    },
    watch: (resourceVersion, request, progressEvery) =>
      new ProjectWatch(authorizer, shown, request, Number(resourceVersion)).events(progressEvery),
    create: async (object, { objects, user, dryRun }) => {
      const namespace = { ...object, apiVersion: 'v1', kind: 'Namespace' };
      if (!dryRun) return objects.create(NAMESPACES, namespace, user).then(projectOf, asProject(object));
      await checkAbsent(object, objects);
      return projectOf(namespace);
    },
    update: async ({ metadata: { name = '', annotations = {}, labels = {}, resourceVersion } }, request) => {
      const { objects, user, dryRun } = request;
      const namespace = await objects.get(NAMESPACES, '', name);
      if (namespace === undefined) throw notFound(resource, name);
      const causes = checkProjectChange({ annotations, labels }, namespace.metadata);
      if (causes.length > 0) throw invalid({ group: PROJECT_GROUP, kind: 'Project' }, name, causes);
      const metadata = { ...namespace.metadata, annotations, ...(resourceVersion && { resourceVersion }) };
      const changed = { ...namespace, metadata };
      return projectOf(dryRun ? changed : await objects.update(NAMESPACES, changed, user));
    },
    delete: async (name, request) => {
      const project = await readProject(name, request);
      if (!request.dryRun) await request.objects.delete(NAMESPACES, '', name, request.user);
      return project;
    },
  };
}

async function readProject(name: string, { objects }: VirtualRequest): Promise<Project> {
  const namespace = await objects.get(NAMESPACES, '', name);
  if (namespace === undefined) throw notFound(resource, name);
  return projectOf(namespace);
}

/** Whether who asks may request projects: `oc new-project` wants to know before it does. Errors: ApiError `Forbidden`. */
function mayRequest(authorizer: RbacAuthorizer, { user }: VirtualRequest): Status {
  const asked = { user, verb: 'create', group: PROJECT_GROUP, version: 'v1', resource: 'projectrequests' };
  if (authorizer.decide({ ...asked, subresource: '', name: '', namespace: '' }).allowed) {
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
  }
  throw new ApiError('Forbidden', 'You may not request a new project via this API.', undefined, {
    group: PROJECT_GROUP,
    kind: 'projectrequest',
  });
}

/** Makes the namespace as the server, on behalf of who asks, and gives it to them. Without the second step: nothing. */
async function requestProject(asked: ProjectRequest, request: VirtualRequest): Promise<KubeObject> {
  const { user, objects, dryRun } = request;
  const { name = '', labels = {} } = asked.metadata;
  const why = whyReserved(name);
  if (why !== undefined) throw forbidden(singleResource, name, why);
  if (Object.keys(labels).length > 0) request.warn('labels of a project request are left out');
  const namespace = requestedNamespace(asked, user);
  if (dryRun) {
    await checkAbsent(asked, objects);
    return projectOf(namespace);
  }
  const created = await objects.create(NAMESPACES, namespace).catch(asProject(asked));
  try {
    await objects.create(ROLE_BINDINGS, requesterBinding(name, user));
  } catch (error) {
    await objects.delete(NAMESPACES, '', name);
    throw error;
  }
  return projectOf(created);
}

/** Who makes a project hears of projects, not of namespaces. */
function asProject({ metadata: { name = '' } }: KubeObject) {
  return (error: unknown): never => {
    throw hasReason(error, 'AlreadyExists') ? alreadyExists(singleResource, name) : error;
  };
}

async function checkAbsent({ metadata: { name = '' } }: KubeObject, objects: ObjectAccess): Promise<void> {
  if ((await objects.get(NAMESPACES, '', name)) !== undefined) throw alreadyExists(singleResource, name);
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
