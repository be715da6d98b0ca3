import { ApiError, methodNotAllowed, unknownResource } from '@longshore/kube';
import type { Resource } from '../resources/resource.js';
import type { Exchange } from './exchange.js';
import type { Handler, HandlerServices } from './handler.js';
import { get, list } from './read.js';
import { subresourceHandlers, type VerbHandlers } from './subresources.js';
import { watch } from './watch.js';
import { create, patch, remove, removeCollection, update } from './write.js';

const OBJECT_HANDLERS: VerbHandlers = { get, update, patch, delete: remove };
const COLLECTION_HANDLERS: VerbHandlers = { create, list, watch, deletecollection: removeCollection };

/** Answers a request under `/api/VERSION/` or `/apis/GROUP/VERSION/`, which has been authorized. */
export async function dispatch(services: HandlerServices, exchange: Exchange): Promise<void> {
  const { info, method } = exchange;
  const resource = services.resources.find(info.groupVersion, info.resource);
  if (resource === undefined) {
    if (isBuiltIn(services, info.groupVersion)) throw unknownResource();
    await exchange.send(404, 'text/plain; charset=utf-8', '404 page not found\n');
    return;
  }
  if (!isAddressable(resource, exchange)) throw unknownResource();
  const { deprecationWarning } = resource.definition;
  if (deprecationWarning !== undefined) exchange.warn(deprecationWarning);
  const handler = method === 'HEAD' ? undefined : handlerOf(resource, exchange);
  if (handler === undefined) throw refuse(resource, info.verb);
  await handler(services, exchange, resource);
}

/** Versions of custom resources only are served by another part of Kubernetes, which has other words for what is missing. */
function isBuiltIn({ resources }: HandlerServices, groupVersion: string): boolean {
  return resources.inVersion(groupVersion)?.some(({ definition }) => !definition.custom) ?? false;
}

/** Objects of namespaces are reached through them; all other paths to them lead nowhere but to lists over all namespaces. */
function isAddressable({ namespaced }: Resource, { info }: Exchange): boolean {
  if (info.rest.length > 0) return false;
  if (!namespaced) return !info.inNamespace;
  return info.inNamespace || info.name === '';
}

function handlerOf(resource: Resource, { info }: Exchange): Handler | undefined {
  const { subresource, name, verb, inNamespace } = info;
  if (subresource !== '') {
    const handlers = subresourceHandlers(resource, subresource);
    if (handlers === undefined) throw unservedSubresource(resource, subresource);
    return handlers[verb];
  }
  if (!(resource.verbs as ReadonlySet<string>).has(verb)) return undefined;
  if (name !== '') return OBJECT_HANDLERS[verb];
  if (resource.namespaced && !inNamespace && verb !== 'list' && verb !== 'watch') return undefined;
  return COLLECTION_HANDLERS[verb];
}

function unservedSubresource({ definition: { unservedSubresources = {} } }: Resource, name: string): ApiError {
  const message = Object.hasOwn(unservedSubresources, name) ? unservedSubresources[name] : undefined;
  return message === undefined ? unknownResource() : new ApiError('MethodNotAllowed', message);
}

function refuse(resource: Resource, verb: string): ApiError {
  if (resource.definition.custom) return methodNotAllowed(resource.groupResource, verb);
  return new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
}
