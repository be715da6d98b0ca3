/**
 * Why images are not mirrored. `USAGE` the arguments make no sense; `PLANNING` nothing was copied, as what is wanted is not there
 * or cannot be read; `COPYING` some or all could not be copied.
 */
export class MirrorError extends Error {
  override readonly name = 'MirrorError';

  constructor(
    readonly code: 'USAGE' | 'PLANNING' | 'COPYING' | 'NO_SPACE',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
