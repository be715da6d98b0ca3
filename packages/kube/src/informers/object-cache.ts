import type { KubeObject } from '../object.js';

/** Values by which objects are found: the owners of a pod, the images of a stream. */
export type Indexers<T extends KubeObject> = Readonly<Record<string, (object: T) => readonly string[]>>;

/** `namespace/name`, or `name` of a cluster-scoped object: what work queues hold. */
export function objectKey({ metadata: { namespace, name = '' } }: KubeObject): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** Objects by key, and by the values of indexes. Who reads one must not change it. */
export class ObjectCache<T extends KubeObject = KubeObject> {
  private readonly objects = new Map<string, T>();
  private readonly indexes: ReadonlyMap<string, Map<string, Set<string>>>;

  constructor(private readonly indexers: Indexers<T> = {}) {
    this.indexes = new Map(Object.keys(indexers).map((name) => [name, new Map<string, Set<string>>()]));
  }

  get size(): number {
    return this.objects.size;
  }

  get(key: string): T | undefined {
    return this.objects.get(key);
  }

  keys(): IterableIterator<string> {
    return this.objects.keys();
  }

  list(namespace?: string): T[] {
    const all = [...this.objects.values()];
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  /** Errors: `TypeError` for an index that does not exist. */
  byIndex(index: string, value: string): T[] {
    const entries = this.indexes.get(index);
    if (entries === undefined) throw new TypeError(`there is no index ${JSON.stringify(index)}`);
    return [...(entries.get(value) ?? [])].map((key) => this.objects.get(key) as T);
  }

  /** Answers what was there before. */
  put(object: T): T | undefined {
    const key = objectKey(object);
    const old = this.delete(key);
    this.objects.set(key, object);
    this.forEachIndexValue(object, (entries, value) => {
      const keys = entries.get(value) ?? new Set();
      entries.set(value, keys.add(key));
    });
    return old;
  }

  /** Answers what was there. */
  delete(key: string): T | undefined {
    const old = this.objects.get(key);
    if (old === undefined) return undefined;
    this.objects.delete(key);
    this.forEachIndexValue(old, (entries, value) => {
      const keys = entries.get(value);
      keys?.delete(key);
      if (keys?.size === 0) entries.delete(value);
    });
    return old;
  }

  private forEachIndexValue(object: T, visit: (entries: Map<string, Set<string>>, value: string) => void): void {
    for (const [name, valuesOf] of Object.entries(this.indexers)) {
      for (const value of valuesOf(object)) visit(this.indexes.get(name) as Map<string, Set<string>>, value);
    }
  }
}
