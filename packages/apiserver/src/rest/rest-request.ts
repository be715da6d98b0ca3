import { badRequest, conflict, notFound, type GroupResource, type KubeObject } from '@longshore/kube';
import type { UserInfo } from '../access/access.js';
import type { Admission, AdmissionRequest } from '../admission.js';
import type { ObjectAccess, Preconditions, VirtualRequest, WriteContext } from '../definition.js';
import type { Resource } from '../resources/resource.js';
import { StoreError, type Store } from '../store/store.js';

/** What the operations of one server share. */
export interface RestServices {
  store: Store;
  admission: Admission;
  now(): Date;
  objects: ObjectAccess;
}

/** Who does an operation, where and how. */
export interface RestRequest {
  user: UserInfo;
  /** Empty for cluster-scoped resources and for lists of all namespaces. */
  namespace: string;
  dryRun: boolean;
  signal: AbortSignal;
  query: URLSearchParams;
  warn(text: string): void;
  /** The server itself writes: the object brings its status along, and the hooks that prepare for clients are not asked. */
  withStatus?: boolean;
}

/** What the hooks of a definition are told of a write. */
export function writeContext(services: RestServices, { user, dryRun, signal }: RestRequest): WriteContext {
  return { user, dryRun, signal, now: services.now(), objects: services.objects };
}

/** What a virtual backend is told of a request. */
export function virtualRequest(services: RestServices, request: RestRequest): VirtualRequest {
  const { namespace, query } = request;
  return { ...writeContext(services, request), namespace, query, warn: (text) => request.warn(text) };
}

/** Asks the assembly to change or refuse a write. */
export async function admit(
  services: RestServices,
  phase: keyof Admission,
  write: Pick<AdmissionRequest, 'operation' | 'subresource' | 'name' | 'object' | 'old'>,
  resource: Resource,
  request: RestRequest,
): Promise<void> {
  const { admission } = services;
  if (admission[phase] === undefined) return;
  await admission[phase]({
    ...writeContext(services, request),
    ...write,
    definition: resource.definition,
    namespace: request.namespace,
    warn: (text) => request.warn(text),
  });
}

/** Errors: `Conflict`, as the registry of Kubernetes words it for deletions. */
export function checkPreconditions(
  resource: GroupResource,
  { metadata }: KubeObject,
  { uid, resourceVersion }: Preconditions,
): void {
  const name = metadata.name ?? '';
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(resource, name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    throw conflict(resource, name, why);
  }
}

/** Errors: `BadRequest` when the object names another namespace than the request. */
export function takeNamespace(object: KubeObject, resource: Resource, namespace: string): void {
  const { metadata } = object;
  if (!resource.namespaced) delete metadata.namespace;
  else if (!metadata.namespace) metadata.namespace = namespace;
  else if (metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

/** The object as it is now. Errors: `NotFound`. */
export async function getExisting(services: RestServices, resource: Resource, namespace: string, name: string) {
  const entry = await services.store.get(resource.key(namespace, name));
  if (entry === undefined) throw notFound(resource.groupResource, name);
  return entry;
}

/** Whether somebody else wrote the object meanwhile, so that it is worth another try. */
export function isConflict(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'CONFLICT';
}
