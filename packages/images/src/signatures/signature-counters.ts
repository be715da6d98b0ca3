import { countUp, RegistryLabels, type Count } from '../import/counts.js';

/** What the import of signatures did, by the registries of the images. */
export class SignatureCounters {
  readonly #imported = new Map<string, Count<{ registry: string }>>();
  readonly #failed = new Map<string, Count<{ registry: string; reason: string }>>();
  readonly #registries = new RegistryLabels();

  imported(): Count<{ registry: string }>[] {
    return [...this.#imported.values()];
  }

  failed(): Count<{ registry: string; reason: string }>[] {
    return [...this.#failed.values()];
  }

  countImported(pullSpec: string, signatures: number): void {
    countUp(this.#imported, { registry: this.#registries.of(pullSpec) }, signatures);
  }

  countFailed(pullSpec: string, reason: string): void {
    countUp(this.#failed, { registry: this.#registries.of(pullSpec), reason });
  }
}
