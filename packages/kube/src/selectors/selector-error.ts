/** A selector that cannot be understood; the message is Kubernetes' and goes into a `BadRequest`. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
  readonly code = 'SELECTOR_INVALID';
}
