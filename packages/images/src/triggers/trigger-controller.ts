import {
  Informer,
  isAborted,
  objectKey,
  servesResource,
  systemClock,
  WorkQueue,
  type Clock,
  type ImageStream,
  type KubeClient,
  type KubeObject,
  type ObjectReader,
  type WorkResult,
} from '@longshore/kube';
import { EventRecorder } from '../events/event-recorder.js';
import { tagPullSpec } from '../policy/pull-spec.js';
import { podSpecOf, WORKLOAD_KINDS, type WorkloadKind } from '../workloads/workload-kinds.js';
import { readTriggers, triggersText, type TagSource } from './image-trigger.js';
import { mayPull } from './stream-access.js';
import { planTriggers, type TagResolution, type TriggerPlan } from './trigger-plan.js';

export interface TriggerControllerOptions {
  /**
   * Of a user who may list and watch image streams and the workloads, patch these, create access reviews, and create and patch
   * events.
   */
  client: KubeClient;
  /** Tells of streams. Default: `client`. */
  reader?: ObjectReader;
  /** Hears what went wrong; the controller tries again by itself. */
  onError: (error: unknown) => void;
  clock?: Clock;
}

const COMPONENT = 'image-trigger-controller';
const STREAMS = { group: 'image.openshift.io', version: 'v1', resource: 'imagestreams' };
/** registry.md 3.10 */
const TRIGGERED: readonly string[] = ['deployments', 'daemonsets', 'statefulsets', 'cronjobs'];
const TRIGGERED_KINDS = WORKLOAD_KINDS.filter(({ type }) => TRIGGERED.includes(type.resource));
const WORKERS = 5;
const BACKOFF = { baseMs: 1000, maxMs: 30_000 };
/** How often it looks whether the image API is there. */
const DISCOVERY_MS = 10_000;
/** How often it looks whether a refused source is allowed by now. */
const LOOK_AGAIN_MS = 60_000;
const BY_STREAM = 'stream';

/**
 * Keeps the images of Deployments, DaemonSets, StatefulSets and CronJobs at what the tags of their trigger annotation say
 * (registry.md 3.10). Kinds that the API does not serve are left out. Runs until the signal is aborted.
 */
export async function runTriggerController(options: TriggerControllerOptions, signal: AbortSignal): Promise<void> {
  const kinds = await servedKinds(options, signal);
  if (kinds !== undefined) await new TriggerController(options, kinds).run(signal);
}

/** Waits for the image API; undefined when the signal is aborted first. */
async function servedKinds(
  { client, onError, clock = systemClock }: TriggerControllerOptions,
  signal: AbortSignal,
): Promise<WorkloadKind[] | undefined> {
  while (!signal.aborted) {
    try {
      if (await servesResource(client, STREAMS, { signal })) {
        const served = await Promise.all(TRIGGERED_KINDS.map(({ type }) => servesResource(client, type, { signal })));
        return TRIGGERED_KINDS.filter((_, index) => served[index]);
      }
    } catch (error) {
      if (!isAborted(signal)) onError(error);
    }
    await clock.sleep(DISCOVERY_MS, signal).catch(() => {});
  }
  return undefined;
}

class TriggerController {
  private readonly streams: Informer<ImageStream>;
  private readonly workloads: ReadonlyMap<string, { kind: WorkloadKind; informer: Informer }>;
  private readonly queue: WorkQueue;
  private readonly events: EventRecorder;
  /** By key: the problems that its author has been told of. */
  private readonly told = new Map<string, string>();

  constructor(
    private readonly options: TriggerControllerOptions,
    kinds: readonly WorkloadKind[],
  ) {
    const { client, reader = client, onError, clock = systemClock } = options;
    const shared = { onError, clock };
    this.events = new EventRecorder({ client, component: COMPONENT, clock });
    this.queue = new WorkQueue({ ...BACKOFF, ...shared });
    this.streams = new Informer<ImageStream>(reader, STREAMS, shared);
    this.workloads = new Map(
      kinds.map((kind) => {
        const indexers = { [BY_STREAM]: (object: KubeObject) => sourcesOf(object, kind).map(streamKey) };
        return [kind.type.resource, { kind, informer: new Informer(client, kind.type, { ...shared, indexers }) }];
      }),
    );
  }

  async run(signal: AbortSignal): Promise<void> {
    for (const [resource, { informer }] of this.workloads) {
      const look = (object: KubeObject) => {
        if (triggersText(object) !== undefined) this.queue.add(`${resource} ${objectKey(object)}`);
      };
      const forget = (object: KubeObject) => this.told.delete(`${resource} ${objectKey(object)}`);
      informer.addHandler({ add: look, update: look, delete: forget });
    }
    const following = [this.streams, ...[...this.workloads.values()].map(({ informer }) => informer)].map((informer) =>
      informer.run(signal),
    );
    await this.streams.untilSynced(signal).catch(() => {});
    this.streams.addHandler({
      add: (stream) => this.streamChanged(stream),
      update: (stream, old) => this.streamChanged(stream, old),
    });
    const working = this.queue.run((key) => this.reconcile(key, signal), { workers: WORKERS, signal });
    await Promise.all([...following, working]);
  }

  /** Puts the objects into the queue that use a tag which says something else now. */
  private streamChanged(stream: ImageStream, old?: ImageStream): void {
    const says = (tag: string) => pullSpecOf(stream, tag);
    for (const [resource, { kind, informer }] of this.workloads) {
      for (const object of informer.cache.byIndex(BY_STREAM, objectKey(stream))) {
        const tags = sourcesOf(object, kind).filter((source) => streamKey(source) === objectKey(stream));
        const isNews = ({ tag }: TagSource) => old === undefined || says(tag) !== pullSpecOf(old, tag);
        if (tags.some(isNews)) this.queue.add(`${resource} ${objectKey(object)}`);
      }
    }
  }

  /** Decides from memory, and again from the object as it is now when there is something to write. */
  private async reconcile(key: string, signal: AbortSignal): Promise<WorkResult> {
    const [resource = '', cacheKey = ''] = key.split(' ');
    const { kind, informer } = this.workloads.get(resource) ?? {};
    const known = informer?.cache.get(cacheKey);
    if (kind === undefined || known === undefined) return;
    const { name = '', namespace = '' } = known.metadata;
    let plan = await this.plan(known, kind, signal);
    if (plan.patch.length > 0) {
      const object = await this.options.client.find(kind.type, name, { namespace, signal });
      if (object === undefined) return;
      plan = await this.plan(object, kind, signal);
    }
    const { patch, problems, isRefused } = plan;
    await this.tell(key, known, problems, signal);
    if (patch.length > 0) {
      const options = { namespace, fieldManager: COMPONENT, signal };
      await this.options.client.patch(kind.type, name, { type: 'json', patch }, options);
    }
    return isRefused ? { after: LOOK_AGAIN_MS } : undefined;
  }

  private async plan(object: KubeObject, kind: WorkloadKind, signal: AbortSignal): Promise<TriggerPlan> {
    const refused = await this.refusedSources(object, kind, signal);
    return planTriggers(object, kind.podSpec, (source) => this.resolve(source, refused));
  }

  private resolve(source: TagSource, refused: ReadonlyMap<string, string>): TagResolution {
    const reason = refused.get(sourceKey(source));
    if (reason !== undefined) return { refused: reason };
    const stream = this.streams.cache.get(streamKey(source));
    const pullSpec = stream && pullSpecOf(stream, source.tag);
    return pullSpec === undefined ? undefined : { pullSpec };
  }

  /** Sources in other namespaces that the pods of the object may not pull, and why. */
  private async refusedSources(
    object: KubeObject,
    kind: WorkloadKind,
    signal: AbortSignal,
  ): Promise<Map<string, string>> {
    const { namespace = '' } = object.metadata;
    const name = podSpecOf(object, kind.podSpec)?.serviceAccountName || 'default';
    const refused = new Map<string, string>();
    for (const source of sourcesOf(object, kind)) {
      if (source.namespace === namespace) continue;
      const stream = { namespace: source.namespace, name: source.stream };
      if (await mayPull(this.options.client, { namespace, name }, stream, signal)) continue;
      const from = `imagestreams/layers of "${source.stream}" in the namespace "${source.namespace}"`;
      refused.set(sourceKey(source), `the service account "${name}" may not get ${from}`);
    }
    return refused;
  }

  /** Tells the author of an object what is wrong with it, once while it is the same. */
  private async tell(key: string, object: KubeObject, problems: string[], signal: AbortSignal): Promise<void> {
    const message = problems.join('; ');
    if ((this.told.get(key) ?? '') === message) return;
    try {
      if (message !== '') await this.events.warn(object, 'ImageTriggerFailed', message, signal);
      this.told.set(key, message);
    } catch (error) {
      this.options.onError(error);
    }
  }
}

function sourcesOf(object: KubeObject, { podSpec }: WorkloadKind): TagSource[] {
  const text = triggersText(object);
  if (text === undefined) return [];
  return readTriggers(text, object.metadata.namespace ?? '', podSpec).triggers.map(({ source }) => source);
}

/** As `objectKey` of the stream. */
function streamKey({ namespace, stream }: TagSource): string {
  return `${namespace}/${stream}`;
}

function sourceKey(source: TagSource): string {
  return `${streamKey(source)}:${source.tag}`;
}

function pullSpecOf(stream: ImageStream, tag: string): string | undefined {
  return tagPullSpec(stream, tag, stream.status.dockerImageRepository);
}
