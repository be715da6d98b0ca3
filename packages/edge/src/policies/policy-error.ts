import type { Path } from '../yaml/decode.js';

/** Why no policies can be made of a template. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly code = 'POLICY_FAILED';

  constructor(
    message: string,
    /** Where in the template the reason stands. */
    readonly path: Path = [],
    /** The overlay does not fit the source: what the reference ends on with a stack trace and the exit code 2. */
    readonly clash = false,
  ) {
    super(message);
  }
}
