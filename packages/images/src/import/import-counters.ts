import type { ImageImportStatus, ImageStreamImport } from '@longshore/kube';
import { SignatureCounters } from '../signatures/signature-counters.js';
import { countUp, RegistryLabels, type Count } from './counts.js';

export interface SuccessLabels {
  scheduled: 'true' | 'false';
  registry: string;
}

export interface ErrorLabels extends SuccessLabels {
  reason: string;
}

/**
 * How many images the controller imported (registry.md 7.1): what `openshift_imagestreamcontroller_success_count` and
 * `openshift_imagestreamcontroller_error_count` show.
 */
export class ImportCounters {
  readonly #success = new Map<string, Count<SuccessLabels>>();
  readonly #error = new Map<string, Count<ErrorLabels>>();
  readonly #registries = new RegistryLabels();
  readonly signatures = new SignatureCounters();

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
    const labels: SuccessLabels = {
      scheduled: isScheduled ? 'true' : 'false',
      registry: this.#registries.of(pullSpec),
    };
    if (status.status === 'Success') countUp(this.#success, labels);
    else countUp(this.#error, { ...labels, reason: status.reason ?? 'Unknown' });
  }
}
