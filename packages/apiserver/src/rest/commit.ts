import { alreadyExists, conflict, MODIFIED, type KubeObject } from '@longshore/kube';
import type { Resource } from '../resources/resource.js';
import { StoreError } from '../store/store.js';
import { isTaken, prepareCreate } from './create.js';
import { storePrepared, type PreparedWrite, type Written } from './prepared-write.js';
import { getExisting, isConflict, type RestRequest, type RestServices } from './rest-request.js';
import { MAX_TRIES, prepareUpdate, type Update } from './update.js';

/** One write of a commit; each may be of another kind and namespace. */
export type RestWrite = { resource: Resource; request: RestRequest } & (
  { type: 'create'; object: KubeObject } | { type: 'update'; update: Update }
);

/**
 * Stores new and changed objects together, all or none. What is created is changed in place to what is stored. Errors: those
 * of `createObject` and `updateObject`, of the first that is refused; StoreError `TOO_LARGE` also for what is too large only
 * together.
 */
export async function commitObjects(services: RestServices, writes: readonly RestWrite[]): Promise<Written[]> {
  const creations = new Map<RestWrite, PreparedWrite>();
  for (let tries = 1; ; tries++) {
    try {
      const prepared: PreparedWrite[] = [];
      for (const write of writes) prepared.push(creations.get(write) ?? (await prepare(services, write)));
      // What was changed in place is not prepared again.
      writes.forEach((write, at) => write.type === 'create' && creations.set(write, prepared[at] as PreparedWrite));
      return await storePrepared(services.store, prepared);
    } catch (error) {
      const refused = writes.find((write) => error instanceof StoreError && keyOf(write) === error.key);
      if (refused === undefined) throw error;
      const { groupResource } = refused.resource;
      if (isTaken(error)) throw alreadyExists(groupResource, nameOf(refused));
      if (!isConflict(error)) throw error;
      if (tries === MAX_TRIES) throw conflict(groupResource, nameOf(refused), MODIFIED);
    }
  }
}

async function prepare(services: RestServices, write: RestWrite): Promise<PreparedWrite> {
  const { resource, request } = write;
  if (write.type === 'create') return prepareCreate(services, resource, write.object, request);
  const entry = await getExisting(services, resource, request.namespace, write.update.name);
  return prepareUpdate(services, resource, write.update, entry, request);
}

const nameOf = (write: RestWrite): string =>
  write.type === 'create' ? (write.object.metadata.name ?? '') : write.update.name;

const keyOf = (write: RestWrite): string => write.resource.key(write.request.namespace, nameOf(write));
