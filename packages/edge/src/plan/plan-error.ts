/** A wish that cannot be met, or is not well said; the message names what would be right. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
  readonly code = 'PLAN_INVALID';

  constructor(
    message: string,
    /** The key of the intent that it is about, as `partitions[0].size`; empty when it is about the whole. */
    readonly path: string = '',
  ) {
    super(message);
  }
}
