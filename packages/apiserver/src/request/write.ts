import { badRequest, conflict, hasReason, methodNotAllowed, notFound, type KubeObject } from '@longshore/kube';
import { ComputedItem, StoredItem } from '../resources/item.js';
import type { Resource } from '../resources/resource.js';
import { createObject } from '../rest/create.js';
import type { Written } from '../rest/prepared-write.js';
import { deleteCollection } from '../rest/delete-collection.js';
import { deleteOptionsFromBody, deleteOptionsFromQuery, type DeleteOptions } from '../rest/delete-options.js';
import { deleteObject, deletionStatus } from '../rest/delete.js';
import { admit, takeNamespace, virtualRequest, type RestRequest } from '../rest/rest-request.js';
import { updateObject, type Part, type Update } from '../rest/update.js';
import { attributesOf, authorize } from './authorize.js';
import { checkObjectType, parseBody, readBody } from './body.js';
import { decodeBody } from './decode-body.js';
import type { Exchange } from './exchange.js';
import { restRequest, sendItem, wantedOf, type Handler, type HandlerServices } from './handler.js';
import { readPatch } from './patch-body.js';
import { listPages } from './read.js';
import { parseWriteOptions } from './write-options.js';

export const create: Handler = async (services, exchange, resource) => {
  wantedOf(exchange);
  const { dryRun, fieldValidation } = parseWriteOptions(exchange.query, 'CreateOptions');
  const object = await decodeBody(exchange, resource.definition, fieldValidation);
  const request = restRequest(exchange, resource, dryRun);
  if (resource.virtual?.create === undefined) {
    await sendWritten(services, exchange, resource, 201, await createObject(services, resource, object, request));
    return;
  }
  takeNamespace(object, resource, request.namespace);
  const write = { operation: 'CREATE' as const, subresource: '', name: object.metadata.name ?? '', object };
  if (!resource.virtual.review) await admitAll(services, write, resource, request);
  const created = await resource.virtual.create(object, virtualRequest(services, request));
  await sendItem(services, exchange, resource, 201, new ComputedItem(created));
};

type Write = Parameters<typeof admit>[2];

/** For what is not stored there is nothing between the two phases. */
export async function admitAll(services: HandlerServices, write: Write, resource: Resource, request: RestRequest) {
  await admit(services, 'mutate', write, resource, request);
  await admit(services, 'validate', write, resource, request);
}

function sendWritten(
  services: HandlerServices,
  exchange: Exchange,
  resource: Resource,
  status: number,
  { object, entry }: Written,
): Promise<void> {
  const item = entry === undefined ? new ComputedItem(object) : new StoredItem(resource, entry);
  return sendItem(services, exchange, resource, status, item);
}

export const update: Handler = (services, exchange, resource) => updatePart(services, exchange, resource, '');
export const patch: Handler = (services, exchange, resource) => patchPart(services, exchange, resource, '');

/** PUT on an object or on one of the subresources that are parts of it. */
export async function updatePart(services: HandlerServices, exchange: Exchange, resource: Resource, part: Part) {
  wantedOf(exchange);
  const { dryRun, fieldValidation } = parseWriteOptions(exchange.query, 'UpdateOptions');
  const object = await decodeBody(exchange, resource.definition, fieldValidation);
  const request = restRequest(exchange, resource, dryRun);
  checkAddress(object, exchange.info.name, request.namespace);
  takeNamespace(object, resource, request.namespace);
  const mayCreate = () =>
    authorize(services.authorizer, attributesOf(exchange.user, { ...exchange.info, verb: 'create' }), exchange.signal);
  await writeChange(services, exchange, resource, { part, request, mayCreate }, (old) => {
    checkUid(resource, object, old);
    return structuredClone(object);
  });
}

/** PATCH, as {@link updatePart}. */
export async function patchPart(services: HandlerServices, exchange: Exchange, resource: Resource, part: Part) {
  wantedOf(exchange);
  const { dryRun, fieldValidation } = parseWriteOptions(exchange.query, 'PatchOptions');
  const apply = await readPatch(exchange, resource.definition, fieldValidation);
  const request = restRequest(exchange, resource, dryRun);
  await writeChange(services, exchange, resource, { part, request }, (old) => {
    if (old === undefined) throw notFound(resource.groupResource, exchange.info.name);
    return apply(old);
  });
}

interface Change extends Pick<Update, 'part' | 'mayCreate'> {
  request: RestRequest;
}

async function writeChange(
  services: HandlerServices,
  exchange: Exchange,
  resource: Resource,
  { request, ...how }: Change,
  change: (old: KubeObject | undefined) => KubeObject,
): Promise<void> {
  const { name } = exchange.info;
  if (resource.virtual !== undefined) {
    await writeVirtual(services, exchange, resource, request, change);
    return;
  }
  const update = { ...how, name, subresource: how.part, change };
  const written = await updateObject(services, resource, update, request);
  await sendWritten(services, exchange, resource, written.created ? 201 : 200, written);
}

/** As kube-apiserver tries patches again that lost a race. */
const MAX_PATCH_TRIES = 5;

async function writeVirtual(
  services: HandlerServices,
  exchange: Exchange,
  resource: Resource,
  request: RestRequest,
  change: (old: KubeObject | undefined) => KubeObject,
): Promise<void> {
  const { virtual } = resource;
  const { name } = exchange.info;
  if (virtual?.update === undefined) throw methodNotAllowed(resource.groupResource, exchange.info.verb);
  const context = virtualRequest(services, request);
  const isPatch = exchange.info.verb === 'patch';
  for (let tries = 1; ; tries++) {
    const old = isPatch ? await virtual.get?.(name, context) : undefined;
    const object = change(old);
    await admitAll(services, { operation: 'UPDATE', subresource: '', name, object }, resource, request);
    try {
      await sendItem(services, exchange, resource, 200, new ComputedItem(await virtual.update(object, context)));
      return;
    } catch (error) {
      // A patch that names no version itself is meant for whatever is there.
      const isVersionOurs = isPatch && object.metadata.resourceVersion === old?.metadata.resourceVersion;
      if (!isVersionOurs || tries === MAX_PATCH_TRIES || !hasReason(error, 'Conflict')) throw error;
    }
  }
}

function checkAddress({ metadata }: KubeObject, name: string, namespace: string): void {
  if (!metadata.name) {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  if (namespace !== '' && metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest(
      `the namespace of the object (${metadata.namespace}) does not match the namespace on the request (${namespace})`,
    );
  }
}

/** A PUT with a UID means that very object, not one of the same name that came after it. */
function checkUid({ groupResource }: Resource, { metadata }: KubeObject, old: KubeObject | undefined): void {
  const actual = old?.metadata.uid ?? '';
  if (!metadata.uid || old === undefined || metadata.uid === actual) return;
  const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${actual}`;
  throw conflict(groupResource, metadata.name ?? '', why);
}

export const remove: Handler = async (services, exchange, resource) => {
  const wanted = wantedOf(exchange);
  const { name } = exchange.info;
  const options = await readDeleteOptions(exchange);
  const request = restRequest(exchange, resource, (options.dryRun ?? []).length > 0);
  if (resource.virtual?.delete !== undefined) {
    await admitAll(services, { operation: 'DELETE', subresource: '', name }, resource, request);
    const answer = await resource.virtual.delete(name, virtualRequest(services, request), options.preconditions ?? {});
    await exchange.sendJson(200, JSON.stringify(answer), wanted);
    return;
  }
  const { object, gone } = await deleteObject(services, resource, name, options, request);
  // Who asks in the old way to take the dependents along is told that this takes a while.
  const status = !gone && options.orphanDependents === false ? 202 : 200;
  if (gone && !resource.stored?.returnDeletedObject) {
    await exchange.sendJson(status, JSON.stringify(deletionStatus(resource, object)), wanted);
  } else {
    await sendItem(services, exchange, resource, status, new ComputedItem(object));
  }
};

export const removeCollection: Handler = async (services, exchange, resource) => {
  const wanted = wantedOf(exchange);
  const options = await readDeleteOptions(exchange);
  const request = restRequest(exchange, resource, (options.dryRun ?? []).length > 0);
  const pages = listPages(services, exchange, resource);
  const { items, metadata } = await deleteCollection(services, resource, pages, options, request);
  const { listKind: kind, groupVersion: apiVersion } = resource;
  await exchange.sendJson(200, JSON.stringify({ kind, apiVersion, metadata, items }), wanted);
};

const DELETE_OPTIONS = { group: 'meta.k8s.io', version: 'v1', kind: 'DeleteOptions' };

async function readDeleteOptions(exchange: Exchange): Promise<DeleteOptions> {
  const bytes = await readBody(exchange.request);
  if (bytes.length === 0) return deleteOptionsFromQuery(exchange.query);
  const format = checkObjectType(exchange.header('content-type'), DELETE_OPTIONS);
  const fromBody = deleteOptionsFromBody(parseBody(bytes, format, DELETE_OPTIONS).value);
  // `kubectl --dry-run=server` says it in the query even when there is a body.
  const dryRun = exchange.query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.length === 0) return fromBody;
  const fromQuery = deleteOptionsFromQuery(
    new URLSearchParams(dryRun.map((value): [string, string] => ['dryRun', value])),
  );
  return { ...fromBody, ...fromQuery };
}
