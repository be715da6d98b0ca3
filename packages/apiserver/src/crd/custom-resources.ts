import { setTimeout as sleep } from 'node:timers/promises';
import { hasReason, isConditionTrue, jsonEqual, setCondition, type Condition } from '@longshore/kube';
import type { ResourceDefinition } from '../definition.js';
import { RetryQueue } from '../deletion/retry-queue.js';
import { SERVER_USER, type LocalObjects } from '../local-objects.js';
import type { HandlerServices } from '../request/handler.js';
import { Resource } from '../resources/resource.js';
import { concurrently } from '../rest/concurrently.js';
import { deleteObject } from '../rest/delete.js';
import { listStored } from '../rest/list.js';
import { NEWEST } from '../rest/list-options.js';
import { Selection } from '../rest/selection.js';
import { acceptNames, hasItsNames, type UsedNames } from './accept-names.js';
import {
  CLEANUP_FINALIZER,
  CUSTOM_RESOURCE_DEFINITIONS,
  type CustomResourceDefinition,
  type CustomResourceDefinitionStatus,
} from './custom-resource-definition.js';
import { servedDefinition, storedDefinition } from './served-definition.js';

const OBJECTS_AT_ONCE = 32;
/** After a failure of the store. */
const PAUSE_MS = 1000;

/** What is served for a definition, and of which state of it. */
interface Served {
  definition: ResourceDefinition;
  state: string;
}

/**
 * Serves what CustomResourceDefinitions define: gives them their names, serves them and says so in their conditions, and
 * deletes their objects when they go. Of several servers on one store each serves for itself; what they write is the same.
 */
export class CustomResources {
  private readonly queue: RetryQueue;
  /** By the name of the CustomResourceDefinition, as they were last seen. */
  private readonly known = new Map<string, CustomResourceDefinition>();
  private readonly served = new Map<string, Served>();
  /** Names of definitions that are being deleted. Their watches go on, to tell of the end of the objects. */
  private readonly terminating = new Set<string>();

  constructor(
    private readonly services: HandlerServices,
    private readonly objects: LocalObjects,
    private readonly onError: (error: unknown) => void,
    private readonly signal: AbortSignal,
  ) {
    // One at a time, as each decides on names by what the others have.
    this.queue = new RetryQueue(1, (name) => this.attend(name), onError);
  }

  private get isDefined(): boolean {
    return this.services.resources.named(CUSTOM_RESOURCE_DEFINITIONS)?.stored !== undefined;
  }

  /** Serves what is established already. Does nothing where there are no CustomResourceDefinitions. */
  async load(): Promise<void> {
    if (!this.isDefined) return;
    const { items } = await this.objects.list<CustomResourceDefinition>(CUSTOM_RESOURCE_DEFINITIONS);
    for (const item of items) this.serve(item);
  }

  /** Follows the definitions. Resolves when the signal ends it. */
  async run(): Promise<void> {
    while (this.isDefined && !this.signal.aborted) {
      try {
        await this.follow();
      } catch (error) {
        if (this.signal.aborted || (error as { code?: string }).code === 'CLOSED') break;
        if (hasReason(error, 'Expired')) continue;
        this.onError(error);
        await sleep(PAUSE_MS, undefined, { signal: this.signal }).catch(() => undefined);
      }
    }
    this.queue.end();
  }

  private async follow(): Promise<void> {
    const { objects, known, queue } = this;
    const { items, resourceVersion } = await objects.list<CustomResourceDefinition>(CUSTOM_RESOURCE_DEFINITIONS);
    const gone = new Set(known.keys());
    known.clear();
    for (const item of items) {
      known.set(nameOf(item), item);
      gone.delete(nameOf(item));
    }
    for (const name of [...known.keys(), ...gone]) queue.add(name);
    const watch = objects.watch<CustomResourceDefinition>(CUSTOM_RESOURCE_DEFINITIONS, resourceVersion, this.signal);
    for await (const { type, object } of watch) {
      const name = nameOf(object);
      const before = known.get(name);
      if (type === 'DELETED') known.delete(name);
      else known.set(name, object);
      queue.add(name);
      // Names that became free may be what others wait for.
      if (before === undefined || (type !== 'DELETED' && haveSameNames(before, object))) continue;
      for (const [other, { spec }] of known) if (spec.group === object.spec.group && other !== name) queue.add(other);
    }
  }

  /** Resolves with false while objects are left of a definition that goes. */
  private async attend(name: string): Promise<boolean> {
    const definition = await this.objects.get<CustomResourceDefinition>(CUSTOM_RESOURCE_DEFINITIONS, '', name);
    if (definition === undefined) {
      this.remove(name);
      return true;
    }
    this.known.set(name, definition);
    this.serve(definition);
    const { deletionTimestamp, finalizers = [] } = definition.metadata;
    if (deletionTimestamp !== undefined) {
      return !finalizers.includes(CLEANUP_FINALIZER) || this.cleanUp(definition);
    }
    if (hasItsNames(definition)) return true;
    const { acceptedNames, conditions } = acceptNames(definition, this.namesBeside(definition), this.services.now());
    const named = withStatus(definition, { acceptedNames, conditions });
    // First it is served, then it says so.
    this.serve(named);
    return this.write(named, 'status');
  }

  /** The names that other definitions have, and the kinds of this server itself. */
  private namesBeside({ spec, metadata }: CustomResourceDefinition): UsedNames {
    const resources = new Set<string>();
    const kinds = new Set<string>();
    const add = (names: Partial<ResourceDefinition>) => {
      for (const name of [names.plural, names.singular, ...(names.shortNames ?? [])]) if (name) resources.add(name);
      for (const kind of [names.kind, names.listKind]) if (kind) kinds.add(kind);
    };
    for (const other of this.known.values()) {
      const isOther = nameOf(other) !== metadata.name && other.spec.group === spec.group;
      if (isOther && other.status !== undefined) add(other.status.acceptedNames);
    }
    for (const { definition } of this.services.resources.all()) {
      if (definition.group === spec.group && !definition.custom) add(definition);
    }
    return { resources, kinds };
  }

  private serve(crd: CustomResourceDefinition): void {
    const name = nameOf(crd);
    if (isConditionTrue(crd.status?.conditions, 'Terminating')) this.terminating.add(name);
    else this.terminating.delete(name);
    const definition = servedDefinition(crd, () => this.terminating.has(name));
    if (definition === undefined) return this.remove(name);
    const state = JSON.stringify([crd.metadata.uid, crd.spec, crd.status?.acceptedNames]);
    const before = this.served.get(name);
    if (before?.state === state) return;
    if (before !== undefined && before.definition.version !== definition.version) this.remove(name);
    this.services.resources.add(definition);
    this.served.set(name, { definition, state });
  }

  private remove(name: string): void {
    this.terminating.delete(name);
    const served = this.served.get(name);
    if (served === undefined) return;
    const { group, version, plural } = served.definition;
    this.services.resources.remove(group, version, plural);
    this.served.delete(name);
  }

  private async cleanUp(definition: CustomResourceDefinition): Promise<boolean> {
    const stored = storedDefinition(definition);
    const terminating = (status: Condition['status'], reason: string, message: string) =>
      this.withTerminating(definition, { type: 'Terminating', status, reason, message });
    if (stored !== undefined && (await this.deleteAll(new Resource(stored))) > 0) {
      const message = 'CustomResource deletion is in progress';
      await this.write(terminating('True', 'InstanceDeletionInProgress', message), 'status');
      return false;
    }
    const done = terminating('False', 'InstanceDeletionCompleted', 'removed all instances');
    const finalizers = (definition.metadata.finalizers ?? []).filter((finalizer) => finalizer !== CLEANUP_FINALIZER);
    if (!(await this.write(done, 'status'))) return false;
    return this.write({ ...definition, metadata: { ...definition.metadata, finalizers } }, '');
  }

  private withTerminating(
    definition: CustomResourceDefinition,
    condition: Omit<Condition, 'lastTransitionTime'>,
  ): CustomResourceDefinition {
    const conditions = setCondition(definition.status?.conditions, condition, this.services.now());
    return withStatus(definition, { conditions });
  }

  /** Deletes all objects and tells how many are still there, because their own finalizers hold them. */
  private async deleteAll(resource: Resource): Promise<number> {
    const { services, signal } = this;
    for await (const page of listStored(services.store, resource, '', Selection.all(resource), NEWEST)) {
      await concurrently(page, OBJECTS_AT_ONCE, async ({ object: { metadata } }) => {
        const { name = '', namespace = '', uid = '' } = metadata;
        const query = new URLSearchParams();
        const request = { user: SERVER_USER, namespace, dryRun: false, signal, query, warn: () => undefined };
        try {
          await deleteObject(services, resource, name, { preconditions: { uid } }, request);
        } catch (error) {
          if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
        }
      });
    }
    return services.store.count(resource.keyPrefix);
  }

  /** Resolves with false when the object has changed meanwhile; true also when it is gone. */
  private async write(definition: CustomResourceDefinition, part: '' | 'status'): Promise<boolean> {
    const object = { ...definition, metadata: { ...definition.metadata } };
    if (part === '') delete object.metadata.resourceVersion;
    try {
      await this.objects.updatePart(CUSTOM_RESOURCE_DEFINITIONS, object, part);
      return true;
    } catch (error) {
      if (hasReason(error, 'Conflict')) return false;
      if (hasReason(error, 'NotFound')) return true;
      throw error;
    }
  }
}

const nameOf = ({ metadata }: CustomResourceDefinition) => metadata.name ?? '';

function withStatus(
  definition: CustomResourceDefinition,
  changed: Partial<CustomResourceDefinitionStatus>,
): CustomResourceDefinition {
  const before = definition.status ?? { acceptedNames: { plural: '', kind: '' }, conditions: [], storedVersions: [] };
  return { ...definition, status: { ...before, ...changed } };
}

const haveSameNames = (a: CustomResourceDefinition, b: CustomResourceDefinition) =>
  jsonEqual(a.status?.acceptedNames, b.status?.acceptedNames);
