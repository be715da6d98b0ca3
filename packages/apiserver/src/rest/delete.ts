import { conflict, formatTime, type KubeObject, type Status } from '@longshore/kube';
import type { Resource } from '../resources/resource.js';
import type { Entry } from '../store/store.js';
import type { DeleteOptions } from './delete-options.js';
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER, tidyMeta } from './object-meta.js';
import { admit, checkPreconditions, getExisting, isConflict, writeContext } from './rest-request.js';
import type { RestRequest, RestServices } from './rest-request.js';
import { isFinished } from './update.js';

const MAX_TRIES = 100;

export interface Deleted {
  /** The last state when it is gone, the state with a deletion timestamp while something holds it. */
  object: KubeObject;
  gone: boolean;
}

/**
 * Deletes an object, or marks it as being deleted when finalizers or its grace period hold it. Errors: ApiError `NotFound`,
 * `Conflict` for preconditions, and what admission refuses.
 */
export async function deleteObject(
  services: RestServices,
  resource: Resource,
  name: string,
  options: DeleteOptions,
  request: RestRequest,
): Promise<Deleted> {
  for (let tries = 1; ; tries++) {
    request.signal.throwIfAborted();
    const entry = await getExisting(services, resource, request.namespace, name);
    try {
      return await deleteOnce(services, resource, entry, options, request);
    } catch (error) {
      if (!isConflict(error)) throw error;
      if (tries === MAX_TRIES) throw conflict(resource.groupResource, name, 'the object keeps changing');
    }
  }
}

async function deleteOnce(
  services: RestServices,
  resource: Resource,
  entry: Entry,
  options: DeleteOptions,
  request: RestRequest,
): Promise<Deleted> {
  const { stored } = resource;
  const old = resource.decode(entry);
  const name = old.metadata.name ?? '';
  checkPreconditions(resource.groupResource, old, options.preconditions ?? {});
  const write = { operation: 'DELETE' as const, subresource: '', name, old };
  await admit(services, 'mutate', write, resource, request);
  await admit(services, 'validate', write, resource, request);
  const object = resource.decode(entry);
  const context = writeContext(services, request);
  const wasDeleting = old.metadata.deletionTimestamp !== undefined;
  object.metadata.finalizers = finalizersFor(object, options, stored?.defaultPropagation);
  if (!wasDeleting) addFinalizers(object.metadata.finalizers, stored?.deletionFinalizers ?? []);
  markGrace(object, options, stored?.gracePeriodSeconds?.(object) ?? 0, context.now);
  object.metadata = tidyMeta(object.metadata);
  if (isFinished(resource, object)) {
    if (request.dryRun) return { object: old, gone: true };
    const last = await services.store.delete(entry.key, entry.revision);
    stored?.afterWrite?.(undefined, old);
    return { object: resource.decode(last), gone: true };
  }
  if (!wasDeleting) {
    if (object.metadata.generation !== undefined) object.metadata.generation++;
    stored?.prepareForDelete?.(object, context);
  }
  const { value } = resource.pack(object);
  if (request.dryRun || value.equals(entry.value)) return { object, gone: false };
  const written = await services.store.update(entry.key, value, entry.revision);
  object.metadata.resourceVersion = String(written.revision);
  stored?.afterWrite?.(object, old);
  return { object, gone: false };
}

/** The finalizers by which the garbage collector is told what becomes of the dependents. */
export function finalizersFor(
  { metadata: { finalizers = [] } }: KubeObject,
  { propagationPolicy, orphanDependents }: DeleteOptions,
  byDefault: 'background' | 'orphan' = 'background',
): string[] {
  const others = finalizers.filter((finalizer) => finalizer !== ORPHAN_FINALIZER && finalizer !== FOREGROUND_FINALIZER);
  if (propagationPolicy === 'Orphan' || orphanDependents === true) return [...others, ORPHAN_FINALIZER];
  if (propagationPolicy === 'Foreground') return [...others, FOREGROUND_FINALIZER];
  if (propagationPolicy === 'Background' || orphanDependents === false) return others;
  if (others.length < finalizers.length || byDefault === 'background') return finalizers;
  return [...finalizers, ORPHAN_FINALIZER];
}

function addFinalizers(finalizers: string[], more: readonly string[]): void {
  finalizers.push(...more.filter((finalizer) => !finalizers.includes(finalizer)));
}

/** Sets when an object goes. A second deletion can only make it sooner. */
function markGrace({ metadata }: KubeObject, options: DeleteOptions, kindGrace: number, now: Date): void {
  const { deletionTimestamp, deletionGracePeriodSeconds: current } = metadata;
  // Kinds without a grace period of their own ignore what the client asks for.
  const asked = kindGrace === 0 ? 0 : (options.gracePeriodSeconds ?? kindGrace);
  if (deletionTimestamp === undefined) {
    metadata.deletionTimestamp = formatTime(new Date(now.getTime() + asked * 1000));
    metadata.deletionGracePeriodSeconds = asked;
  } else if (
    current !== undefined &&
    options.gracePeriodSeconds !== undefined &&
    options.gracePeriodSeconds < current
  ) {
    const sooner = Date.parse(deletionTimestamp) + (options.gracePeriodSeconds - current) * 1000;
    metadata.deletionTimestamp = formatTime(new Date(sooner));
    metadata.deletionGracePeriodSeconds = options.gracePeriodSeconds;
  }
}

/** What answers a deletion where the object itself does not. */
export function deletionStatus({ groupResource: { group, resource } }: Resource, { metadata }: KubeObject): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name: metadata.name ?? '', ...(group !== '' && { group }), kind: resource, uid: metadata.uid ?? '' },
  };
}
