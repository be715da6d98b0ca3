import type { Path } from '../yaml/decode.js';

/** Why no resources can be made of a SiteConfig. */
export class SiteError extends Error {
  override readonly name = 'SiteError';
  readonly code = 'SITE_FAILED';

  constructor(
    message: string,
    /** Where in the SiteConfig the reason stands. */
    readonly path: Path = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
