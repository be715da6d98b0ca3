import { setTimeout as sleep } from 'node:timers/promises';
import { formatTime, hasReason, type KubeObject } from '@longshore/kube';
import type { UserInfo } from '../access/access.js';
import type { LocalObjects } from '../local-objects.js';
import type { HandlerServices } from '../request/handler.js';
import type { Resource } from '../resources/resource.js';
import { concurrently } from '../rest/concurrently.js';
import { deleteObject } from '../rest/delete.js';
import { listStored } from '../rest/list.js';
import { NEWEST } from '../rest/list-options.js';
import { Selection } from '../rest/selection.js';
import { RetryQueue } from './retry-queue.js';

const NAMESPACES = 'namespaces';
/** The finalizer in `spec.finalizers` that stands for the contents. */
const NAMESPACE_FINALIZER = 'kubernetes';
const NAMESPACES_AT_ONCE = 4;
const OBJECTS_AT_ONCE = 32;
/** After a failure of the store. */
const PAUSE_MS = 1000;
const USER: UserInfo = {
  username: 'system:serviceaccount:kube-system:namespace-controller',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
};

interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: string; conditions?: NamespaceCondition[] };
}

interface NamespaceCondition {
  type: string;
  status: 'True' | 'False';
  lastTransitionTime: string;
  reason: string;
  message: string;
}

/** What is still in a namespace after all has been deleted that can be. */
interface Remaining {
  /** Objects by resource (`pods`, `deployments.apps`). */
  byResource: Map<string, number>;
  byFinalizer: Map<string, number>;
}

/** Empties namespaces that are being deleted, and lets them go when they are empty (Kubernetes' namespace controller). */
export class NamespaceFinalizer {
  private readonly queue: RetryQueue;

  constructor(
    private readonly services: HandlerServices,
    private readonly objects: LocalObjects,
    private readonly onError: (error: unknown) => void,
    private readonly signal: AbortSignal,
  ) {
    this.queue = new RetryQueue(NAMESPACES_AT_ONCE, (name) => this.empty(name), onError);
  }

  /** Resolves when the signal ends it. Does nothing where there are no namespaces. */
  async run(): Promise<void> {
    if (this.services.resources.named(NAMESPACES)?.stored === undefined) return;
    while (!this.signal.aborted) {
      try {
        const { items, resourceVersion } = await this.objects.list<Namespace>(NAMESPACES);
        for (const namespace of items) this.see(namespace);
        for await (const { type, object } of this.objects.watch<Namespace>(NAMESPACES, resourceVersion, this.signal)) {
          if (type !== 'DELETED') this.see(object);
        }
      } catch (error) {
        if (this.signal.aborted || (error as { code?: string }).code === 'CLOSED') break;
        if (hasReason(error, 'Expired')) continue;
        this.onError(error);
        await sleep(PAUSE_MS, undefined, { signal: this.signal }).catch(() => undefined);
      }
    }
    this.queue.end();
  }

  private see(namespace: Namespace): void {
    if (isEnding(namespace)) this.queue.add(namespace.metadata.name ?? '');
  }

  /** Resolves with false while something is left. */
  private async empty(name: string): Promise<boolean> {
    const namespace = await this.objects.get<Namespace>(NAMESPACES, '', name);
    if (namespace === undefined || !isEnding(namespace)) return true;
    const remaining: Remaining = { byResource: new Map(), byFinalizer: new Map() };
    const prefixes = new Set<string>();
    for (const resource of this.services.resources.all()) {
      if (!resource.namespaced || resource.stored === undefined || prefixes.has(resource.keyPrefix)) continue;
      prefixes.add(resource.keyPrefix);
      await this.deleteAll(resource, name);
      await this.count(resource, name, remaining);
    }
    if (remaining.byResource.size === 0) {
      const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== NAMESPACE_FINALIZER);
      await this.write({ ...namespace, spec: { ...namespace.spec, finalizers } }, 'finalize');
      return true;
    }
    const conditions = conditionsOf(remaining, namespace.status?.conditions ?? [], this.services.now());
    await this.write({ ...namespace, status: { ...namespace.status, conditions } }, 'status');
    return false;
  }

  private async write(namespace: Namespace, part: 'finalize' | 'status'): Promise<void> {
    delete namespace.metadata.resourceVersion;
    try {
      await this.objects.updatePart(NAMESPACES, namespace, part, USER);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
  }

  private async *objectsOf(resource: Resource, namespace: string): AsyncGenerator<KubeObject[]> {
    const pages = listStored(this.services.store, resource, namespace, Selection.all(resource), NEWEST);
    for await (const page of pages) yield page.map(({ object }) => object);
  }

  private async deleteAll(resource: Resource, namespace: string): Promise<void> {
    const { signal } = this;
    const query = new URLSearchParams();
    const request = { user: USER, namespace, dryRun: false, signal, query, warn: () => undefined };
    for await (const objects of this.objectsOf(resource, namespace)) {
      await concurrently(objects, OBJECTS_AT_ONCE, async ({ metadata: { name = '', uid = '' } }) => {
        const options = { propagationPolicy: 'Background' as const, preconditions: { uid } };
        try {
          await deleteObject(this.services, resource, name, options, request);
        } catch (error) {
          if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
        }
      });
    }
  }

  private async count(resource: Resource, namespace: string, { byResource, byFinalizer }: Remaining): Promise<void> {
    const { plural, group } = resource.definition;
    for await (const objects of this.objectsOf(resource, namespace)) {
      // Kubernetes puts a dot behind the resource also where there is no group.
      const name = `${plural}.${group}`;
      byResource.set(name, (byResource.get(name) ?? 0) + objects.length);
      for (const finalizer of objects.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
        byFinalizer.set(finalizer, (byFinalizer.get(finalizer) ?? 0) + 1);
      }
    }
  }
}

function isEnding({ metadata, spec }: Namespace): boolean {
  return metadata.deletionTimestamp !== undefined && (spec?.finalizers ?? []).includes(NAMESPACE_FINALIZER);
}

/** The conditions of a namespace that is not empty yet; those that stay as they are keep their time. */
function conditionsOf(
  { byResource, byFinalizer }: Remaining,
  old: readonly NamespaceCondition[],
  now: Date,
): NamespaceCondition[] {
  const list = (counts: Map<string, number>, verb: string) =>
    [...counts]
      .sort()
      .map(([name, count]) => `${name} ${verb} ${count} resource instances`)
      .join(', ');
  const hasFinalizers = byFinalizer.size > 0;
  const conditions: Omit<NamespaceCondition, 'lastTransitionTime'>[] = [
    {
      type: 'NamespaceDeletionDiscoveryFailure',
      status: 'False',
      reason: 'ResourcesDiscovered',
      message: 'All resources successfully discovered',
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      status: 'False',
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    },
    {
      type: 'NamespaceDeletionContentFailure',
      status: 'False',
      reason: 'ContentDeleted',
      message: 'All content successfully deleted, may be waiting on finalization',
    },
    {
      type: 'NamespaceContentRemaining',
      status: 'True',
      reason: 'SomeResourcesRemain',
      message: `Some resources are remaining: ${list(byResource, 'has')}`,
    },
    {
      type: 'NamespaceFinalizersRemaining',
      status: hasFinalizers ? 'True' : 'False',
      reason: hasFinalizers ? 'SomeFinalizersRemain' : 'ContentHasNoFinalizers',
      message: hasFinalizers
        ? `Some content in the namespace has finalizers remaining: ${list(byFinalizer, 'in')}`
        : 'All content-preserving finalizers finished',
    },
  ];
  return conditions.map((condition) => {
    const before = old.find(({ type, status }) => type === condition.type && status === condition.status);
    return { ...condition, lastTransitionTime: before?.lastTransitionTime ?? formatTime(now) };
  });
}
