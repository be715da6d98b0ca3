/** A failed write keeps what was reserved for it no longer than this. */
const LIFETIME_MS = 30_000;

interface Reservation<T> {
  namespace: string;
  name: string;
  value: T;
  until: number;
}

/**
 * What was admitted to a namespace, but is not stored yet: the next that is admitted must count it. Between admission and
 * storing there is only the write itself; what was not stored by then is forgotten.
 */
export class Reservations<T> {
  /** By namespace and name; the oldest first. */
  readonly #all = new Map<string, Reservation<T>>();

  constructor(private readonly now: () => number) {}

  add(namespace: string, name: string, value: T): void {
    this.#forgetOld();
    this.remove(namespace, name);
    this.#all.set(keyOf(namespace, name), { namespace, name, value, until: this.now() + LIFETIME_MS });
  }

  remove(namespace: string, name: string): void {
    this.#all.delete(keyOf(namespace, name));
  }

  /** By name, of a namespace. */
  of(namespace: string): Map<string, T> {
    this.#forgetOld();
    const own = [...this.#all.values()].filter((reservation) => reservation.namespace === namespace);
    return new Map(own.map(({ name, value }) => [name, value]));
  }

  #forgetOld(): void {
    const now = this.now();
    for (const [key, { until }] of this.#all) {
      if (until > now) return;
      this.#all.delete(key);
    }
  }
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
