import { conflict, invalid, jsonEqual, MODIFIED, notFound, type KubeObject } from '@longshore/kube';
import type { WriteContext } from '../definition.js';
import type { Resource } from '../resources/resource.js';
import { invalidValue } from '../schema/field-error.js';
import type { Entry } from '../store/store.js';
import { createObject, keepsGeneration } from './create.js';
import { isVersion, keepServerMeta, tidyMeta } from './object-meta.js';
import { storeOne, type PreparedWrite, type Written } from './prepared-write.js';
import { admit, isConflict, writeContext, type RestRequest, type RestServices } from './rest-request.js';
import { validateChanged, validateStatus } from './validate-object.js';

/** So often a write without a resource version is tried again when others write the same object. */
export const MAX_TRIES = 100;

/** Which part of an object a write changes: all but what belongs to subresources, or the part of one subresource. */
export type Part = '' | 'status' | 'finalize';

export interface Update {
  name: string;
  part: Part;
  /** The subresource as the request has it, for admission: `scale` writes the object's main part. */
  subresource: string;
  /**
   * The object as the writer wants it, made from what it is now; undefined when there is none and creating is allowed.
   * Called again when somebody else was faster.
   */
  change: (old: KubeObject | undefined) => KubeObject;
  /** The change leaves what it is given as it is, though it may return parts of it. */
  isShared?: boolean;
  /** Asked where the update would create: errors refuse it. */
  mayCreate?: () => Promise<void>;
}

/**
 * Replaces an object; nothing is written when nothing changes. An object being deleted goes when this takes its last
 * finalizer. Errors: ApiError `NotFound`, `Conflict`, `Invalid`, and what hooks and admission refuse.
 */
export async function updateObject(
  services: RestServices,
  resource: Resource,
  update: Update,
  request: RestRequest,
): Promise<Written & { created: boolean }> {
  const key = resource.key(request.namespace, update.name);
  for (let tries = 1; ; tries++) {
    request.signal.throwIfAborted();
    const entry = await services.store.get(key);
    if (entry === undefined) {
      if (!resource.stored?.createOnUpdate || update.part !== '') throw notFound(resource.groupResource, update.name);
      await update.mayCreate?.();
      const object = update.change(undefined);
      delete object.metadata.resourceVersion;
      return { ...(await createObject(services, resource, object, request)), created: true };
    }
    try {
      const prepared = await prepareUpdate(services, resource, update, entry, request);
      return { ...(await storeOne(services.store, prepared)), created: false };
    } catch (error) {
      if (!isConflict(error)) throw error;
      if (tries === MAX_TRIES) throw conflict(resource.groupResource, update.name, MODIFIED);
    }
  }
}

/** All of updating an object that is as `entry` has it, but storing it. Errors: those of {@link updateObject}. */
export async function prepareUpdate(
  services: RestServices,
  resource: Resource,
  { name, part, subresource, change, isShared = false }: Update,
  entry: Entry,
  request: RestRequest,
): Promise<PreparedWrite> {
  const { stored } = resource;
  const context = writeContext(services, request);
  const old = isShared ? resource.decodeShared(entry) : resource.decode(entry);
  // What the change returns may share parts with what it was given.
  const object = change(isShared ? old : resource.decode(entry));
  checkVersion(resource, object, old);
  if (part === '') stored?.setDefaults?.(object);
  const write = { operation: 'UPDATE' as const, subresource, name, object, old };
  await admit(services, 'mutate', write, resource, request);
  await prepare(resource, object, old, { part, withStatus: request.withStatus === true }, context);
  if (part === 'status') validateStatus(resource, object, old, context);
  else await validateChanged(resource, object, old, context);
  for (const text of stored?.warnings?.(object, old) ?? []) request.warn(text);
  await admit(services, 'validate', write, resource, request);
  const { packed, value } = resource.pack(object);
  const { key, revision } = entry;
  object.metadata.resourceVersion = old.metadata.resourceVersion;
  if (isFinished(resource, object)) {
    if (request.dryRun) return { written: { object } };
    return {
      write: { type: 'delete', key, revision },
      finish: (gone) => {
        stored?.afterWrite?.(undefined, old);
        // As in Kubernetes, the answer is the object as it was asked for, though it is gone.
        return { object, entry: { ...gone, value } };
      },
    };
  }
  // The same bytes, or the same fields in another order.
  if (value.length === entry.value.length && (value.equals(entry.value) || jsonEqual(object, old))) {
    return { written: { object, entry } };
  }
  if (request.dryRun) return { written: { object } };
  return {
    write: { type: 'update', key, value, revision },
    finish: (written) => {
      if (isShared) resource.share(written, packed);
      object.metadata.resourceVersion = String(written.revision);
      stored?.afterWrite?.(object, old);
      return { object, entry: written };
    },
  };
}

function checkVersion({ groupResource, groupKind, stored }: Resource, object: KubeObject, old: KubeObject): void {
  const { resourceVersion } = object.metadata;
  const name = old.metadata.name ?? '';
  if (isVersion(resourceVersion)) {
    if (resourceVersion !== old.metadata.resourceVersion) throw conflict(groupResource, name, MODIFIED);
  } else if (stored?.unconditionalUpdate === false) {
    // Kubernetes prints its number as Go prints an unsigned one.
    const cause = invalidValue('metadata.resourceVersion', 0, 'must be specified for an update');
    throw invalid(groupKind, name, [{ ...cause, message: 'Invalid value: 0x0: must be specified for an update' }]);
  }
}

async function prepare(
  resource: Resource,
  object: KubeObject,
  old: KubeObject,
  { part, withStatus }: { part: Part; withStatus: boolean },
  context: WriteContext,
): Promise<void> {
  const { definition, stored } = resource;
  if (part !== '') {
    keepAllBut(part, object, old, definition.custom === true);
    return;
  }
  keepServerMeta(object.metadata, old.metadata);
  if (!withStatus) {
    if (definition.status) copyField('status', old, object);
    if (stored?.specFinalizers) keepSpecFinalizers(object, old);
    await stored?.prepareForUpdate?.(object, old, context);
  }
  object.metadata = tidyMeta(object.metadata);
  if (!keepsGeneration(definition.schema.properties, stored?.generation)) delete object.metadata.generation;
  else if (!sameSpecification(object, old, stored?.generationFields)) {
    object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  }
}

/** A subresource writes its part; all else stays as it is, but that the status of Kubernetes' own kinds brings metadata along. */
function keepAllBut(part: Exclude<Part, ''>, object: KubeObject, old: KubeObject, isCustom: boolean): void {
  const asked = { ...object };
  for (const field of Object.keys(object)) delete object[field];
  Object.assign(object, structuredClone(old));
  if (part === 'status') {
    copyField('status', asked, object);
    if (isCustom) return;
    keepServerMeta(asked.metadata, old.metadata);
    object.metadata = tidyMeta(asked.metadata);
  } else if (specFinalizersOf(asked) === undefined) dropSpecFinalizers(object);
  else object.spec = { ...(object.spec as object), finalizers: specFinalizersOf(asked) };
}

function copyField(field: string, from: KubeObject, to: KubeObject): void {
  if (from[field] === undefined) delete to[field];
  else to[field] = from[field];
}

function specFinalizersOf(object: KubeObject): string[] | undefined {
  const finalizers = (object.spec as { finalizers?: string[] } | undefined)?.finalizers;
  return finalizers !== undefined && finalizers.length > 0 ? finalizers : undefined;
}

function dropSpecFinalizers(object: KubeObject): void {
  delete (object.spec as { finalizers?: string[] } | undefined)?.finalizers;
}

function keepSpecFinalizers(object: KubeObject, old: KubeObject): void {
  const finalizers = specFinalizersOf(old);
  if (finalizers === undefined) dropSpecFinalizers(object);
  else object.spec = { ...(object.spec as object | undefined), finalizers };
}

function sameSpecification(object: KubeObject, old: KubeObject, fields: readonly string[] | undefined): boolean {
  const all = fields ?? [...new Set([...Object.keys(object), ...Object.keys(old)])].filter(isSpecification);
  return all.every((field) => jsonEqual(object[field], old[field]));
}

const isSpecification = (field: string) => !['apiVersion', 'kind', 'metadata', 'status'].includes(field);

/** Whether nothing holds an object back any more that was to be deleted. */
export function isFinished({ stored }: Resource, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds > 0 || finalizers.length > 0) return false;
  return !stored?.specFinalizers || specFinalizersOf(object) === undefined;
}
