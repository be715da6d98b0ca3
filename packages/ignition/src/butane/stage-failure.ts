import type { Diagnostic } from '../source/diagnostic.js';
import { InputError } from '../source/input-text.js';

/** A stage has found errors after which nothing more can be said. */
export class StageFailure extends Error {
  override readonly name = 'StageFailure';

  constructor(
    /** In one line, as the reference ends with it. */
    readonly reason: string,
    /** What was found last. */
    readonly entries: readonly Diagnostic[] = [],
  ) {
    super(reason);
  }
}

/** Makes a stage failure of a text that cannot be read; other errors are thrown. */
export function unreadable(error: unknown, prefix: string): StageFailure {
  if (!(error instanceof InputError)) throw error;
  const { code, message, position } = error;
  const entry: Diagnostic = { severity: 'error', code, message, stage: 'read', path: [] };
  return new StageFailure(`${prefix}${message}`, [position ? { ...entry, position } : entry]);
}
