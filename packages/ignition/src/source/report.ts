import { CATALOGUE, type Code } from './catalogue.js';
import type { Diagnostic, Path, Stage } from './diagnostic.js';

/** So many errors are told; a text of 16 MiB could have millions. */
export const MAX_ERRORS = 10_000;

/** Collects what one stage finds. Paths are in the space of what is checked, YAML or JSON. */
export class Report {
  readonly entries: Diagnostic[] = [];
  #errors = 0;

  constructor(readonly stage: Stage) {}

  /** No more errors are told. */
  get isFull(): boolean {
    return this.#errors >= MAX_ERRORS;
  }

  /** Adds an error with the words of the catalogue, or with its own. */
  error(path: Path, code: Code, message: string = CATALOGUE[code]): void {
    if (this.isFull) return;
    this.#errors++;
    this.entries.push({ severity: 'error', code, message, stage: this.stage, path });
  }

  /** Adds a warning with the words of the catalogue, or with its own. */
  warning(path: Path, code: Code, message: string = CATALOGUE[code], hint?: string): void {
    const entry: Diagnostic = { severity: 'warning', code, message, stage: this.stage, path };
    this.entries.push(hint === undefined ? entry : { ...entry, hint });
  }

  /** Makes errors of the warnings of a rule. */
  escalate(code: Code): void {
    for (const entry of this.entries) if (entry.code === code) entry.severity = 'error';
  }
}
