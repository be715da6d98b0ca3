/** Nobody could be asked just now; the request is answered with 503. The message never holds a secret. */
export class AccessUnavailableError extends Error {
  override readonly name = 'AccessUnavailableError';
  readonly code = 'ACCESS_UNAVAILABLE';
}
