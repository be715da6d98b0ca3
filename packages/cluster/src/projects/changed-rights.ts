/** Beyond so many, all namespaces are looked at at once. */
const MAX_NAMESPACES = 1000;

/** The namespaces in which the rights of a user can have changed since they were looked at last; each of them once. */
export class ChangedRights {
  #namespaces = new Set<string>();
  #wake: () => void = () => undefined;

  /** `namespace` empty: any. */
  add(namespace: string): void {
    if (namespace === '' || this.#namespaces.size >= MAX_NAMESPACES) this.#namespaces = new Set(['']);
    else if (!this.#namespaces.has('')) this.#namespaces.add(namespace);
    this.#wake();
  }

  get isEmpty(): boolean {
    return this.#namespaces.size === 0;
  }

  /** Those there are, which are none afterwards. */
  take(): readonly string[] | 'all' {
    const taken = this.#namespaces;
    this.#namespaces = new Set();
    return taken.has('') ? 'all' : [...taken];
  }

  /** Resolves when there are some. Only who asked last is told. */
  some(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.isEmpty) resolve();
      else this.#wake = resolve;
    });
  }
}
