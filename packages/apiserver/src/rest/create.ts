import { randomUUID } from 'node:crypto';
import { alreadyExists, ApiError, formatTime, type KubeObject } from '@longshore/kube';
import type { Resource } from '../resources/resource.js';
import { StoreError } from '../store/store.js';
import { generateName, MAX_NAME_TRIES } from './generated-name.js';
import { isVersion, tidyMeta } from './object-meta.js';
import { storeOne, type PreparedWrite, type Written } from './prepared-write.js';
import { admit, takeNamespace, writeContext, type RestRequest, type RestServices } from './rest-request.js';
import { validateNew } from './validate-object.js';

/**
 * Stores a new object; it is changed in place to what is stored. Errors: ApiError `AlreadyExists`, `Invalid`, `BadRequest`,
 * and what hooks and admission refuse.
 */
export async function createObject(
  services: RestServices,
  resource: Resource,
  object: KubeObject,
  request: RestRequest,
): Promise<Written> {
  const isNameOurs = !object.metadata.name && Boolean(object.metadata.generateName);
  const base = isNameOurs ? structuredClone(object) : object;
  for (let tries = 1; ; tries++) {
    const attempt = isNameOurs ? structuredClone(base) : object;
    try {
      return await storeOne(services.store, await prepareCreate(services, resource, attempt, request));
    } catch (error) {
      if (!isTaken(error)) throw error;
      if (!isNameOurs || tries === MAX_NAME_TRIES) {
        throw alreadyExists(resource.groupResource, attempt.metadata.name ?? '');
      }
    }
  }
}

/** Whether there is an object of this name already. */
export function isTaken(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'EXISTS';
}

/** All of creating an object but storing it. Errors: those of {@link createObject}; where it exists, StoreError `EXISTS`. */
export async function prepareCreate(
  services: RestServices,
  resource: Resource,
  object: KubeObject,
  request: RestRequest,
): Promise<PreparedWrite> {
  takeNamespace(object, resource, request.namespace);
  if (isVersion(object.metadata.resourceVersion)) {
    throw new ApiError(undefined, 'resourceVersion should not be set on objects to be created');
  }
  const { definition, stored } = resource;
  const context = writeContext(services, request);
  stored?.setDefaults?.(object);
  const write = { operation: 'CREATE' as const, subresource: '', name: object.metadata.name ?? '', object };
  await admit(services, 'mutate', write, resource, request);
  setServerMeta(object, resource, context.now);
  if (!request.withStatus) {
    if (definition.status) delete object.status;
    await stored?.prepareForCreate?.(object, context);
  }
  object.metadata = tidyMeta(object.metadata);
  await validateNew(resource, object, context);
  for (const text of stored?.warnings?.(object) ?? []) request.warn(text);
  await admit(services, 'validate', { ...write, name: object.metadata.name ?? '' }, resource, request);
  const key = resource.key(request.namespace, object.metadata.name ?? '');
  if (request.dryRun) {
    if ((await services.store.get(key)) !== undefined)
      throw new StoreError('EXISTS', 'the object exists', undefined, { key });
    return { written: { object } };
  }
  return {
    write: { type: 'create', key, value: resource.pack(object).value },
    finish: (entry) => {
      object.metadata.resourceVersion = String(entry.revision);
      stored?.afterWrite?.(object, undefined);
      return { object, entry };
    },
  };
}

function setServerMeta(object: KubeObject, { stored, definition }: Resource, now: Date): void {
  const { metadata } = object;
  if (!metadata.name && metadata.generateName) metadata.name = generateName(metadata.generateName);
  metadata.uid = randomUUID();
  metadata.creationTimestamp = formatTime(now);
  delete metadata.resourceVersion;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  if (keepsGeneration(definition.schema.properties, stored?.generation)) metadata.generation = 1;
  else delete metadata.generation;
}

/** Whether objects of a kind count the changes of what they ask for. */
export function keepsGeneration(properties: object | undefined, asked: boolean | undefined): boolean {
  return asked ?? (properties !== undefined && 'spec' in properties);
}
