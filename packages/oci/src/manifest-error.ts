/** A manifest that we do not take. `field` is the path of what is wrong, `layers[3].digest`; the message begins with it. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly code = 'MANIFEST_INVALID';

  constructor(
    readonly field: string,
    fault: string,
    options?: { cause?: unknown },
  ) {
    super(`${field}: ${fault}`, options);
  }
}
