/**
 * Why nothing vouches for a release. `INVALID` what cannot be read; `BAD` bytes that no key has signed; `EXPIRED`; `OTHER_DIGEST`
 * a signature of something else; `UNAVAILABLE` a store that does not answer; `CONFIG` a verifier that could never accept anything.
 */
export class SignatureError extends Error {
  override readonly name = 'SignatureError';

  constructor(
    readonly code: 'INVALID' | 'BAD' | 'EXPIRED' | 'OTHER_DIGEST' | 'UNAVAILABLE' | 'CONFIG',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
