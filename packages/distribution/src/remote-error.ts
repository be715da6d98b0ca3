/**
 * What went wrong with a remote registry, and so whose move is next:
 *
 * - `UNAUTHORIZED` it wants credentials and none that we have gives access; `WRONG_CREDENTIALS` it does not know those that
 *   we sent; `DENIED` it knows them, and they lack the right.
 * - `NOT_FOUND` no such repository, tag, manifest or blob.
 * - `TOO_MANY_REQUESTS` (with `retryAfterSeconds` when it said so) and `UNAVAILABLE` (it cannot be reached, breaks off or
 *   answers 5xx): later.
 * - `NOT_A_REGISTRY` something else answers there; `HTTP_ONLY` it speaks http only and is not marked as insecure.
 * - `BLOCKED` our configuration forbids the registry; `ADDRESS_REFUSED` its address is not one that may be connected to.
 * - `DIGEST_MISMATCH` the content is not what its digest says; `TOO_LARGE` more than the bound; `INVALID` an answer that
 *   makes no sense, or a name that cannot be asked for.
 * - `LOOP` the registry sent our question back to ourselves (status 508).
 */
export type RemoteErrorCode =
  | 'UNAUTHORIZED'
  | 'WRONG_CREDENTIALS'
  | 'DENIED'
  | 'NOT_FOUND'
  | 'TOO_MANY_REQUESTS'
  | 'UNAVAILABLE'
  | 'NOT_A_REGISTRY'
  | 'HTTP_ONLY'
  | 'BLOCKED'
  | 'ADDRESS_REFUSED'
  | 'DIGEST_MISMATCH'
  | 'TOO_LARGE'
  | 'INVALID'
  | 'LOOP';

export interface RemoteErrorOptions {
  /** The status of the answer, when there was one. */
  status?: number;
  retryAfterSeconds?: number;
  /** Whether credentials were sent. Default false. */
  hadCredentials?: boolean;
  cause?: unknown;
}

/**
 * A failure of a remote registry. The message names the registry, the repository, what was asked for and a remedy; it never
 * holds credentials, tokens or signed addresses.
 */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly status?: number;
  readonly retryAfterSeconds?: number;
  readonly hadCredentials: boolean;

  constructor(
    readonly code: RemoteErrorCode,
    message: string,
    options: RemoteErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    if (options.status !== undefined) this.status = options.status;
    if (options.retryAfterSeconds !== undefined) this.retryAfterSeconds = options.retryAfterSeconds;
    this.hadCredentials = options.hadCredentials ?? false;
  }
}
