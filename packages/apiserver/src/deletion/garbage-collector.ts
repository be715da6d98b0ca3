import { setTimeout as sleep } from 'node:timers/promises';
import { hasReason, parseGroupVersion, type KubeObject, type OwnerReference } from '@longshore/kube';
import type { UserInfo } from '../access/access.js';
import type { HandlerServices } from '../request/handler.js';
import type { Resource } from '../resources/resource.js';
import type { PropagationPolicy } from '../rest/delete-options.js';
import { deleteObject } from '../rest/delete.js';
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from '../rest/object-meta.js';
import type { RestRequest } from '../rest/rest-request.js';
import { updateObject } from '../rest/update.js';
import { StoreError, type Entry, type Key } from '../store/store.js';
import { OwnershipGraph, ownershipOf, uidOf, type Owned } from './ownership.js';
import { RetryQueue } from './retry-queue.js';

const AT_ONCE = 32;
/** After a failure of the store. */
const PAUSE_MS = 1000;
const SCAN_PAGE = 500;
const USER: UserInfo = {
  username: 'system:serviceaccount:kube-system:generic-garbage-collector',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
};

type OwnerState = 'solid' | 'dangling' | 'waiting';

/**
 * Deletes what is left of objects that are gone, and does for those that go what their finalizers `foregroundDeletion` and
 * `orphan` ask (Kubernetes, "Garbage collection"). It begins with a look at all objects, so that it also finds owners that
 * went while it did not run.
 */
export class GarbageCollector {
  private readonly graph = new OwnershipGraph();
  private readonly queue: RetryQueue;

  constructor(
    private readonly services: HandlerServices,
    private readonly onError: (error: unknown) => void,
    private readonly signal: AbortSignal,
  ) {
    this.queue = new RetryQueue(AT_ONCE, (key) => this.attend(key), onError);
  }

  /** Resolves when the signal ends it. */
  async run(): Promise<void> {
    while (!this.signal.aborted) {
      try {
        await this.follow(await this.scan());
      } catch (error) {
        if (this.signal.aborted || (error instanceof StoreError && error.code === 'CLOSED')) break;
        // Changes were forgotten before they were seen: a new look at all objects makes up for it.
        if (error instanceof StoreError && error.code === 'COMPACTED') continue;
        this.onError(error);
        await sleep(PAUSE_MS, undefined, { signal: this.signal }).catch(() => undefined);
      }
    }
    this.queue.end();
  }

  private async scan(): Promise<number> {
    this.graph.clear();
    let after: Key | undefined;
    let revision: number | undefined;
    for (;;) {
      this.signal.throwIfAborted();
      const page = await this.services.store.list({
        prefix: '/',
        limit: SCAN_PAGE,
        ...(after !== undefined && { after }),
        ...(revision !== undefined && { revision }),
      });
      for (const entry of page.entries) this.seen(entry);
      revision = page.revision;
      after = page.entries.at(-1)?.key;
      if (!page.more) return revision;
    }
  }

  private async follow(after: number): Promise<void> {
    for await (const { changes } of this.services.hub.watch({ scope: '', after, signal: this.signal })) {
      for (const { type, entry } of changes) {
        if (type === 'put') this.seen(entry);
        else this.gone(entry);
      }
    }
  }

  private seen(entry: Entry): void {
    const owned = ownershipOf(entry);
    const before = this.graph.put(entry.key, owned);
    if (owned === undefined && before === undefined) return;
    this.wakeOwners(before);
    this.wakeOwners(owned);
    this.queue.add(entry.key);
  }

  private gone(entry: Entry): void {
    this.wakeOwners(this.graph.remove(entry.key));
    if (!this.graph.hasDependents) return;
    for (const key of this.graph.dependentsOf(uidOf(entry))) this.queue.add(key);
  }

  /** Owners that are being deleted may have waited for this. */
  private wakeOwners(owned: Owned | undefined): void {
    for (const { uid } of owned?.owners ?? []) {
      const key = this.graph.endingKey(uid);
      if (key !== undefined) this.queue.add(key);
    }
  }

  private async attend(key: Key): Promise<boolean> {
    const resource = this.services.resources.ofKey(key);
    const entry = await this.services.store.get(key);
    if (entry === undefined || resource?.stored === undefined) return true;
    const object = resource.decode(entry);
    const { deletionTimestamp, finalizers = [], ownerReferences = [] } = object.metadata;
    try {
      if (deletionTimestamp !== undefined && finalizers.includes(ORPHAN_FINALIZER)) {
        await this.orphanDependents(resource, object);
      } else if (deletionTimestamp !== undefined && finalizers.includes(FOREGROUND_FINALIZER)) {
        await this.endForeground(resource, object);
      } else if (deletionTimestamp === undefined && ownerReferences.length > 0) {
        await this.checkOwners(resource, object, ownerReferences);
      }
      return true;
    } catch (error) {
      if (hasReason(error, 'NotFound')) return true;
      if (hasReason(error, 'Conflict')) return false;
      throw error;
    }
  }

  private async orphanDependents(resource: Resource, object: KubeObject): Promise<void> {
    const { uid = '' } = object.metadata;
    for (const key of this.graph.dependentsOf(uid)) {
      const dependentResource = this.services.resources.ofKey(key);
      const entry = await this.services.store.get(key);
      if (entry === undefined || dependentResource === undefined) continue;
      await this.dropOwners(dependentResource, dependentResource.decode(entry), (owner) => owner.uid === uid);
    }
    await this.dropFinalizer(resource, object, ORPHAN_FINALIZER);
  }

  private async endForeground(resource: Resource, object: KubeObject): Promise<void> {
    const { uid = '' } = object.metadata;
    if (this.graph.blockingDependentsOf(uid).length === 0) {
      await this.dropFinalizer(resource, object, FOREGROUND_FINALIZER);
    }
    for (const key of this.graph.dependentsOf(uid)) this.queue.add(key);
  }

  private async checkOwners(resource: Resource, object: KubeObject, references: OwnerReference[]): Promise<void> {
    const states = new Map<string, OwnerState>();
    for (const reference of references) states.set(reference.uid, await this.stateOf(reference, object, resource));
    const all = [...states.values()];
    if (all.includes('solid')) {
      if (all.every((state) => state === 'solid')) return;
      await this.dropOwners(resource, object, ({ uid }) => states.get(uid) !== 'solid');
      return;
    }
    const { uid = '', resourceVersion = '', name = '', finalizers = [] } = object.metadata;
    const isWaitedFor = all.includes('waiting') && this.graph.dependentsOf(uid).length > 0;
    await deleteObject(
      this.services,
      resource,
      name,
      { propagationPolicy: policyFor(finalizers, isWaitedFor), preconditions: { uid, resourceVersion } },
      this.request(object),
    );
  }

  private async stateOf(reference: OwnerReference, object: KubeObject, of: Resource): Promise<OwnerState> {
    const resource = this.ownerResource(reference);
    // Of a kind that is not served now nobody knows whether the owner is there.
    if (resource?.stored === undefined || (resource.namespaced && !of.namespaced)) return 'solid';
    const entry = await this.services.store.get(resource.key(object.metadata.namespace ?? '', reference.name));
    if (entry === undefined || uidOf(entry) !== reference.uid) return 'dangling';
    return ownershipOf(entry)?.endingWith?.includes(FOREGROUND_FINALIZER) ? 'waiting' : 'solid';
  }

  /** In any version: the one that the reference names may not be served any more. */
  private ownerResource({ apiVersion, kind }: OwnerReference): Resource | undefined {
    const { resources } = this.services;
    const group = parseGroupVersion(apiVersion)?.group;
    const exact = resources.ofKind(apiVersion, kind);
    if (exact !== undefined) return exact;
    for (const resource of resources.all()) {
      if (resource.definition.kind === kind && resource.definition.group === group) return resource;
    }
    return undefined;
  }

  private dropOwners(resource: Resource, object: KubeObject, isDropped: (owner: OwnerReference) => boolean) {
    return this.change(resource, object, (metadata) => {
      metadata.ownerReferences = (metadata.ownerReferences ?? []).filter((owner) => !isDropped(owner));
    });
  }

  private dropFinalizer(resource: Resource, object: KubeObject, finalizer: string): Promise<void> {
    return this.change(resource, object, (metadata) => {
      metadata.finalizers = (metadata.finalizers ?? []).filter((one) => one !== finalizer);
    });
  }

  private async change(resource: Resource, object: KubeObject, change: (metadata: KubeObject['metadata']) => void) {
    const update = {
      name: object.metadata.name ?? '',
      part: '' as const,
      subresource: '',
      change: (old: KubeObject | undefined): KubeObject => {
        const changed = old ?? object;
        if (changed.metadata.uid === object.metadata.uid) change(changed.metadata);
        return changed;
      },
    };
    await updateObject(this.services, resource, update, this.request(object));
  }

  private request({ metadata }: KubeObject): RestRequest {
    const { signal } = this;
    const query = new URLSearchParams();
    return { user: USER, namespace: metadata.namespace ?? '', dryRun: false, signal, query, warn: () => undefined };
  }
}

/** What an object's own finalizers say of its dependents goes on to hold when its owner takes it along. */
function policyFor(finalizers: readonly string[], isWaitedFor: boolean): PropagationPolicy {
  if (isWaitedFor) return 'Foreground';
  if (finalizers.includes(ORPHAN_FINALIZER)) return 'Orphan';
  return finalizers.includes(FOREGROUND_FINALIZER) ? 'Foreground' : 'Background';
}
