import { CATALOGUE, type Code } from './catalogue.js';
import type { Diagnostic, Path, Stage } from './diagnostic.js';

/** Collects what one stage finds. Paths are in the space of what is checked, YAML or JSON. */
export class Report {
  readonly entries: Diagnostic[] = [];

  constructor(readonly stage: Stage) {}

  /** Adds an error with the words of the catalogue, or with its own. */
  error(path: Path, code: Code, message: string = CATALOGUE[code]): void {
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
