interface CatalogueEntry {
  status: number;
  message: string;
}

const CATALOGUE = {
  UNKNOWN: { status: 500, message: 'unknown error' },
  UNSUPPORTED: { status: 405, message: 'The operation is unsupported.' },
  UNAUTHORIZED: { status: 401, message: 'authentication required' },
  DENIED: { status: 403, message: 'requested access to the resource is denied' },
  UNAVAILABLE: { status: 503, message: 'service unavailable' },
  TOOMANYREQUESTS: { status: 429, message: 'too many requests' },
  DIGEST_INVALID: { status: 400, message: 'provided digest did not match uploaded content' },
  SIZE_INVALID: { status: 400, message: 'provided length did not match content length' },
  NAME_INVALID: { status: 400, message: 'invalid repository name' },
  TAG_INVALID: { status: 400, message: 'manifest tag did not match URI' },
  MANIFEST_INVALID: { status: 400, message: 'manifest invalid' },
  MANIFEST_UNVERIFIED: { status: 400, message: 'manifest failed signature verification' },
  MANIFEST_BLOB_UNKNOWN: { status: 400, message: 'blob unknown to registry' },
  PAGINATION_NUMBER_INVALID: { status: 400, message: 'invalid number of results requested' },
  SIGNATURE_INVALID: { status: 400, message: 'invalid image signature' },
  NAME_UNKNOWN: { status: 404, message: 'repository name not known to registry' },
  MANIFEST_UNKNOWN: { status: 404, message: 'manifest unknown' },
  BLOB_UNKNOWN: { status: 404, message: 'blob unknown to registry' },
  BLOB_UPLOAD_UNKNOWN: { status: 404, message: 'blob upload unknown to registry' },
  BLOB_UPLOAD_INVALID: { status: 404, message: 'blob upload invalid' },
  OPENSHIFT_PULLTHROUGH_MANIFEST: { status: 404, message: 'unable to pull manifest from the remote registry' },
  SIGNATURE_EXISTS: { status: 409, message: 'image signature already exists' },
  RANGE_INVALID: { status: 416, message: 'invalid content range' },
} as const satisfies Record<string, CatalogueEntry>;

/** The codes of the registry's error body (reference registry 1.4). */
export type ErrorCode = keyof typeof CATALOGUE;

function column<Key extends keyof CatalogueEntry>(key: Key): Record<ErrorCode, CatalogueEntry[Key]> {
  const pairs = Object.entries(CATALOGUE).map(([code, entry]: [string, CatalogueEntry]) => [code, entry[key]] as const);
  return Object.fromEntries(pairs) as Record<ErrorCode, CatalogueEntry[Key]>;
}

/** The HTTP status that goes with a code unless the thrower says otherwise. */
export const errorStatus: Readonly<Record<ErrorCode, number>> = column('status');

/** The words that go with a code unless the thrower says otherwise. */
export const errorMessage: Readonly<Record<ErrorCode, string>> = column('message');

export interface RegistryErrorOptions {
  message?: string;
  /** A string or an object with content, for the client to read. Never a secret. */
  detail?: unknown;
  status?: number;
  /** Headers that the answer needs, such as `Retry-After` or `WWW-Authenticate`. */
  headers?: Record<string, string>;
  cause?: unknown;
}

/** A failure that the client hears of, as one entry of the error body. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly status: number;
  readonly detail?: unknown;
  readonly headers?: Record<string, string>;

  constructor(
    readonly code: ErrorCode,
    options: RegistryErrorOptions = {},
  ) {
    super(options.message ?? errorMessage[code], options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status ?? errorStatus[code];
    this.detail = options.detail;
    this.headers = options.headers;
  }
}

export interface ErrorBody {
  errors: { code: ErrorCode; message: string; detail?: unknown }[];
}

/** The JSON body of an error answer; `detail` is left out where there is none. */
export function errorBody(errors: readonly RegistryError[]): ErrorBody {
  return {
    errors: errors.map(({ code, message, detail }) => ({ code, message, ...(detail !== undefined && { detail }) })),
  };
}
