/** A pass that has to be repeated: something was refused, or others were faster. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  constructor(
    readonly code: 'APPLY_FAILED' | 'VIEW_STALE' | 'KINDS_MISSING',
    message: string,
  ) {
    super(message);
  }
}
