import { abortable } from '../client/abortable.js';
import type { ResourceType } from '../client/resource-path.js';
import type { KubeObject } from '../object.js';
import { follow, type FollowOptions, type ObjectReader } from './follow.js';
import { withResolvers } from './with-resolvers.js';
import { ObjectCache, objectKey, type Indexers } from './object-cache.js';

/** Hears of changes, after the cache has them. Must not throw; what it wants to do, it puts into a work queue. */
export interface InformerHandler<T extends KubeObject = KubeObject> {
  add?(object: T): void;
  update?(object: T, old: T): void;
  /** With the last state that was seen. */
  delete?(object: T): void;
}

export interface InformerOptions<T extends KubeObject> extends FollowOptions {
  indexers?: Indexers<T>;
}

/** Keeps a copy of a resource in memory, and tells of each change. After a gap, it tells what changed in it. */
export class Informer<T extends KubeObject = KubeObject> {
  readonly cache: ObjectCache<T>;

  private readonly handlers: InformerHandler<T>[] = [];
  private readonly whenSynced = withResolvers<void>();
  private synced = false;
  private lastVersion = '';

  constructor(
    private readonly client: ObjectReader,
    private readonly type: ResourceType,
    private readonly options: InformerOptions<T> = {},
  ) {
    this.cache = new ObjectCache(options.indexers);
  }

  /** Whether the cache has once held all objects of one resource version. */
  get hasSynced(): boolean {
    return this.synced;
  }

  /** The resource version that the cache has reached; empty before it is synced. */
  get resourceVersion(): string {
    return this.lastVersion;
  }

  /** Hears of what is already there as added, then of what changes. */
  addHandler(handler: InformerHandler<T>): void {
    this.handlers.push(handler);
    for (const object of this.cache.list()) handler.add?.(object);
  }

  /** Rejects with the signal's reason. */
  async untilSynced(signal: AbortSignal): Promise<void> {
    await abortable(this.whenSynced.promise, signal);
  }

  /** Runs until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { indexers: _, ...options } = this.options;
    for await (const event of follow<T>(this.client, this.type, options, signal)) {
      if (event.type === 'reset') this.reset(event.objects, event.resourceVersion);
      else if (event.type === 'put') this.put(event.object);
      else this.remove(event.object);
    }
  }

  private reset(objects: T[], resourceVersion: string): void {
    const gone = new Set(this.cache.keys());
    for (const object of objects) {
      const key = objectKey(object);
      gone.delete(key);
      const version = this.cache.get(key)?.metadata.resourceVersion;
      if (version === undefined || version !== object.metadata.resourceVersion) this.put(object);
    }
    for (const key of gone) {
      const old = this.cache.delete(key);
      if (old !== undefined) for (const handler of this.handlers) handler.delete?.(old);
    }
    this.lastVersion = resourceVersion;
    this.synced = true;
    this.whenSynced.resolve();
  }

  private put(object: T): void {
    this.lastVersion = object.metadata.resourceVersion ?? this.lastVersion;
    const old = this.cache.put(object);
    for (const handler of this.handlers) {
      if (old === undefined) handler.add?.(object);
      else handler.update?.(object, old);
    }
  }

  private remove(object: T): void {
    this.lastVersion = object.metadata.resourceVersion ?? this.lastVersion;
    if (this.cache.delete(objectKey(object)) === undefined) return;
    for (const handler of this.handlers) handler.delete?.(object);
  }
}
