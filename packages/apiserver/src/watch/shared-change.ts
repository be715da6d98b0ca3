import type { Change, Entry } from '../store/store.js';

/** A change on its way to many watchers. What one of them has made of it (parsed, encoded), the others take. */
export class SharedChange {
  readonly type: Change['type'];
  readonly entry: Entry;
  readonly previous: Entry | undefined;
  private readonly made = new Map<string, unknown>();

  constructor(change: Change) {
    this.type = change.type;
    this.entry = change.entry;
    this.previous = change.type === 'put' ? change.previous : undefined;
  }

  get revision(): number {
    return this.entry.revision;
  }

  /** Bytes of the values that it keeps in memory. */
  get bytes(): number {
    return this.entry.value.length + (this.previous?.value.length ?? 0);
  }

  /** What is called by this name, made for the first who asks: `change.shared('json', () => encode(change))`. */
  shared<T>(name: string, make: () => T): T {
    const known = this.made.get(name);
    if (known !== undefined) return known as T;
    const made = make();
    this.made.set(name, made);
    return made;
  }
}
