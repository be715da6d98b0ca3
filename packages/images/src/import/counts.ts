import { registryOf } from './importer.js';

/** One line of a counter: its labels, and how often it happened. */
export interface Count<Labels> {
  labels: Labels;
  value: number;
}

/** Users name registries; those behind so many are counted as one. */
const MOST_REGISTRIES = 500;
const OTHER_REGISTRIES = 'other';

/** The registries of pull specs, as labels of a counter. */
export class RegistryLabels {
  readonly #known = new Set<string>();

  of(pullSpec: string): string {
    const registry = registryOf(pullSpec);
    if (this.#known.size >= MOST_REGISTRIES && !this.#known.has(registry)) return OTHER_REGISTRIES;
    this.#known.add(registry);
    return registry;
  }
}

export function countUp<Labels>(counts: Map<string, Count<Labels>>, labels: Labels, by = 1): void {
  const key = JSON.stringify(labels);
  const count = counts.get(key) ?? { labels, value: 0 };
  count.value += by;
  counts.set(key, count);
}
