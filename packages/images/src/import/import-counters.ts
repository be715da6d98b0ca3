import type { ImageImportStatus, ImageStreamImport } from '@longshore/kube';
import { registryOf } from './importer.js';

/** One line of a counter: its labels, and how often it happened. */
export interface Count<Labels> {
  labels: Labels;
  value: number;
}

export interface SuccessLabels {
  scheduled: 'true' | 'false';
  registry: string;
}

export interface ErrorLabels extends SuccessLabels {
  reason: string;
}

/** Users name registries; those behind so many are counted as one. */
const MOST_REGISTRIES = 500;
const OTHER_REGISTRIES = 'other';

/**
 * How many images the controller imported (registry.md 7.1): what `openshift_imagestreamcontroller_success_count` and
 * `openshift_imagestreamcontroller_error_count` show.
 */
export class ImportCounters {
  readonly #success = new Map<string, Count<SuccessLabels>>();
  readonly #error = new Map<string, Count<ErrorLabels>>();
  readonly #registries = new Set<string>();

  success(): Count<SuccessLabels>[] {
    return [...this.#success.values()];
  }

  errors(): Count<ErrorLabels>[] {
    return [...this.#error.values()];
  }

  /** Counts the images of an import that was answered; a repository that could not be listed counts as one. */
  count({ spec, status = {} }: ImageStreamImport, isScheduled: boolean): void {
    for (const [index, result] of (status.images ?? []).entries()) {
      this.#countOne(spec.images?.[index]?.from.name ?? '', result, isScheduled);
    }
    const { repository } = status;
    if (repository?.status === undefined) return;
    const results = repository.images ?? [{ status: repository.status, tag: '' }];
    for (const result of results) this.#countOne(spec.repository?.from.name ?? '', result, isScheduled);
  }

  #countOne(pullSpec: string, { status }: ImageImportStatus, isScheduled: boolean): void {
    const labels: SuccessLabels = { scheduled: isScheduled ? 'true' : 'false', registry: this.#label(pullSpec) };
    if (status.status === 'Success') countUp(this.#success, labels);
    else countUp(this.#error, { ...labels, reason: status.reason ?? 'Unknown' });
  }

  #label(pullSpec: string): string {
    const registry = registryOf(pullSpec);
    if (this.#registries.size >= MOST_REGISTRIES && !this.#registries.has(registry)) return OTHER_REGISTRIES;
    this.#registries.add(registry);
    return registry;
  }
}

function countUp<Labels>(counts: Map<string, Count<Labels>>, labels: Labels): void {
  const key = JSON.stringify(labels);
  const count = counts.get(key) ?? { labels, value: 0 };
  count.value += 1;
  counts.set(key, count);
}
