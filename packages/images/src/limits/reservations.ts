/** A failed write keeps what was reserved for it no longer than this. */
const LIFETIME_MS = 30_000;

/**
 * What was admitted to a namespace, but is not stored yet: the next that is admitted must count it. Between admission and
 * storing there is only the write itself; what was not stored by then is forgotten.
 */
export class Reservations<T> {
  readonly #namespaces = new Map<string, Map<string, { value: T; until: number }>>();

  constructor(private readonly now: () => number) {}

  add(namespace: string, name: string, value: T): void {
    let reserved = this.#namespaces.get(namespace);
    if (reserved === undefined)
      this.#namespaces.set(namespace, (reserved = new Map<string, { value: T; until: number }>()));
    reserved.set(name, { value, until: this.now() + LIFETIME_MS });
  }

  remove(namespace: string, name: string): void {
    const reserved = this.#namespaces.get(namespace);
    reserved?.delete(name);
    if (reserved?.size === 0) this.#namespaces.delete(namespace);
  }

  /** By name, of a namespace. */
  of(namespace: string): Map<string, T> {
    const reserved = this.#namespaces.get(namespace) ?? [];
    const now = this.now();
    for (const [name, { until }] of reserved) if (until <= now) this.remove(namespace, name);
    return new Map([...reserved].map(([name, { value }]) => [name, value]));
  }
}
