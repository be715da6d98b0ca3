/** A pass that has to be repeated: something was refused. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  constructor(
    readonly code: 'APPLY_FAILED' | 'KINDS_MISSING',
    message: string,
  ) {
    super(message);
  }
}
