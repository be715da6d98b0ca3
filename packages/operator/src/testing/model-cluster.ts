import {
  applyMergePatch,
  formatGroupResource,
  jsonEqual,
  type JsonObject,
  type KubeObject,
  type ResourceType,
} from '@longshore/kube';
import type { Change } from '../changes/change.js';
import { decide, type Decision } from '../decide/decide.js';
import type { DecideInput } from '../decide/outcome.js';
import { CLUSTER, NAMESPACE, RESOURCES } from '../names.js';
import { OWN_COMMANDS, type Release } from '../release.js';
import { addressOf, addressOfObject, Snapshot } from '../snapshot.js';
import type { StorageFacts } from '../storage/storage-facts.js';

export const RELEASE: Release = {
  version: '4.99.0',
  registryImage: 'registry.example/registry:1',
  prunerImage: 'registry.example/cli:1',
  operatorImage: 'registry.example/operator:1',
  ...OWN_COMMANDS,
};

const OPENSHIFT: readonly ResourceType[] = Object.values(RESOURCES);
/** What a cluster serves that has nothing of OpenShift. */
const VANILLA = OPENSHIFT.filter(
  ({ group }) => !/(config|route|operator|image)\.openshift\.io$|monitoring/.test(group),
);

/** A cluster in memory that does what it is told, at once. */
export class ModelCluster {
  readonly objects = new Map<string, [ResourceType, KubeObject]>();
  readonly written = new Map<string, number>();
  private readonly served: Set<string>;
  storage: StorageFacts = {};
  now = new Date('2026-01-01T00:00:00Z');
  private versions = 0;

  constructor(kind: 'openshift' | 'vanilla' = 'openshift', more: readonly ResourceType[] = []) {
    const types = kind === 'vanilla' ? [...VANILLA, RESOURCES.configs, RESOURCES.imagePruners, ...more] : OPENSHIFT;
    this.served = new Set(types.map(formatGroupResource));
    const annotations = { 'openshift.io/sa.scc.supplemental-groups': '1000430000/10000' };
    this.put(RESOURCES.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, annotations } });
  }

  get<T extends KubeObject = KubeObject>(type: ResourceType, name: string, namespace = NAMESPACE): T | undefined {
    const found = this.objects.get(addressOf(type, name, namespace)) ?? this.objects.get(addressOf(type, name));
    return found?.[1] as T | undefined;
  }

  put(type: ResourceType, object: KubeObject): void {
    const address = addressOfObject(type, object);
    const old = this.objects.get(address)?.[1];
    const isSame = old !== undefined && jsonEqual(old['spec'], object['spec']);
    const generation = (old?.metadata.generation ?? 0) + (isSame ? 0 : 1);
    const metadata = {
      ...object.metadata,
      uid: old?.metadata.uid ?? address,
      generation,
      resourceVersion: String(++this.versions),
    };
    this.objects.set(address, [type, { ...object, metadata }]);
  }

  input(): DecideInput {
    return {
      config: this.get(RESOURCES.configs, CLUSTER),
      pruner: this.get(RESOURCES.imagePruners, CLUSTER),
      snapshot: new Snapshot(this.served, this.objects.values()),
      storage: this.storage,
      now: this.now,
      random: { httpSecret: 'h' },
      release: RELEASE,
      written: this.written,
    };
  }

  decide(): Decision {
    return decide(this.input());
  }

  /** One pass of the operator. */
  pass(): Decision {
    const decision = this.decide();
    if (!decision.isDryRun) for (const change of decision.changes) this.apply(change);
    for (const { type, object } of decision.statuses) {
      const live = this.get(type, object.metadata.name ?? '', '') ?? object;
      this.put(type, { ...live, status: object['status'] });
    }
    return decision;
  }

  /** Passes until nothing is left to do. Errors when that takes more than so many. */
  settle(passes = 8): void {
    for (let pass = 0; pass < passes; pass++) {
      const { changes, statuses } = this.pass();
      if (changes.length === 0 && statuses.length === 0) return;
    }
    const { changes, statuses } = this.decide();
    if (changes.length + statuses.length > 0) {
      throw new Error(`still to do: ${JSON.stringify([changes, statuses], undefined, 1).slice(0, 2000)}`);
    }
  }

  private apply(change: Change): void {
    const address = addressOf(change.type, change.name, change.namespace);
    if (change.action === 'delete') return void this.objects.delete(address);
    const live = this.objects.get(address)?.[1];
    if (change.action !== 'patch') this.put(change.type, structuredClone(change.object));
    else if (live !== undefined) {
      const { metadata, ...rest } = applyMergePatch(
        live as unknown as JsonObject,
        change.patch,
      ) as unknown as KubeObject;
      const isGone = metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0;
      if (isGone) this.objects.delete(address);
      else this.put(change.type, { ...rest, metadata });
    }
    const { generation } = this.objects.get(address)?.[1].metadata ?? {};
    if (generation !== undefined) this.written.set(address, generation);
  }
}
