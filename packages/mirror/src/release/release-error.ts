/**
 * What is wrong with a release. `USAGE` called wrongly; `NOT_A_RELEASE` the image holds none; `INVALID` its files are not what they
 * should be; `NOT_FOUND` it has no such component or file; `UNVERIFIED` no signature vouches for it.
 */
export class ReleaseError extends Error {
  override readonly name = 'ReleaseError';

  constructor(
    readonly code: 'USAGE' | 'NOT_A_RELEASE' | 'INVALID' | 'NOT_FOUND' | 'UNVERIFIED',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
