import {
  formatGroupResource,
  Informer,
  objectKey,
  type Clock,
  type KubeClient,
  type KubeObject,
  type ResourceType,
} from '@longshore/kube';
import { Snapshot } from '../snapshot.js';
import { WATCHED_OBJECTS, type Watched } from './watched.js';

interface Source extends Watched {
  informer: Informer;
}

export interface ClusterViewOptions {
  clock: Clock;
  onError: (error: unknown) => void;
  /** Something is not as it was. */
  onChange: () => void;
}

/** As many as may be gone while one answer is on its way. */
const MAX_GONE = 1_000;

/** What the operator sees of a cluster, always fresh: one informer for each kind and place. */
export class ClusterView {
  private readonly sources: Source[];
  /** Uids of objects that are gone: an answer from before that may come after the news. */
  private readonly gone = new Set<string>();

  constructor(
    client: KubeClient,
    private readonly served: ReadonlySet<string>,
    { clock, onError, onChange }: ClusterViewOptions,
  ) {
    const watched = WATCHED_OBJECTS.filter(({ type }) => served.has(formatGroupResource(type)));
    this.sources = watched.map(({ type, ...where }) => {
      const informer = new Informer(client, type, { ...where, clock, onError });
      const onDelete = ({ metadata: { uid } }: KubeObject) => {
        if (uid !== undefined) this.remember(uid);
        onChange();
      };
      informer.addHandler({ add: onChange, update: onChange, delete: onDelete });
      return { type, ...where, informer };
    });
  }

  /** Until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.sources.map(({ informer }) => informer.run(signal)));
  }

  /** Rejects with the signal's reason. */
  async untilSynced(signal: AbortSignal): Promise<void> {
    await Promise.all(this.sources.map(({ informer }) => informer.untilSynced(signal)));
  }

  snapshot(): Snapshot {
    const objects = this.sources.flatMap(({ type, informer }) =>
      informer.cache.list().map((object): [ResourceType, KubeObject] => [type, object]),
    );
    return new Snapshot(this.served, objects);
  }

  /** What was just written or read is known at once, not only when the informer hears of it. */
  note(type: ResourceType, object: KubeObject): void {
    if (object.metadata.uid !== undefined && this.gone.has(object.metadata.uid)) return;
    this.cacheOf(type, object)?.put(object);
  }

  /** What was just deleted, or was not there. */
  forget(type: ResourceType, object: KubeObject): void {
    this.cacheOf(type, object)?.delete(objectKey(object));
  }

  private remember(uid: string): void {
    this.gone.add(uid);
    const [oldest] = this.gone;
    if (this.gone.size > MAX_GONE && oldest !== undefined) this.gone.delete(oldest);
  }

  private cacheOf(type: ResourceType, { metadata }: KubeObject) {
    const source = this.sources.find(
      (one) =>
        one.type === type &&
        one.namespace === metadata.namespace &&
        (one.fieldSelector === undefined || one.fieldSelector === `metadata.name=${metadata.name}`),
    );
    return source?.informer.cache;
  }
}
