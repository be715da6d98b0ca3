import { RemoteError, type RemoteErrorCode } from '@longshore/distribution';
import { RegistryError, type Digest } from '@longshore/oci';
import { StorageError } from '@longshore/storage';

/** A download by another process cannot be waited for: read from upstream instead. */
export class DownloadStalled extends Error {
  override readonly name = 'DownloadStalled';
  readonly code = 'DOWNLOAD_STALLED';
}

/** True for a failure to keep what upstream gives, or for limits that forbid it: it can still be served. */
export function isOurs(error: unknown): boolean {
  if (error instanceof RegistryError) return error.code === 'DENIED' || error.code === 'UNAVAILABLE';
  return error instanceof StorageError || error instanceof DownloadStalled;
}

/** Which failure is told when all sources failed: what passes by itself, then what somebody can mend. */
const MOST_TELLING: readonly RemoteErrorCode[] = [
  'LOOP',
  'TOO_MANY_REQUESTS',
  'UNAVAILABLE',
  'DIGEST_MISMATCH',
  'TOO_LARGE',
  'INVALID',
  'WRONG_CREDENTIALS',
  'UNAUTHORIZED',
  'DENIED',
  'HTTP_ONLY',
  'ADDRESS_REFUSED',
  'NOT_A_REGISTRY',
  'BLOCKED',
  'NOT_FOUND',
];

/** One error for those of all sources: the most telling one's code, the words of all. */
export function summaryOf(failures: readonly RemoteError[]): RemoteError {
  const [first] = failures.toSorted((a, b) => MOST_TELLING.indexOf(a.code) - MOST_TELLING.indexOf(b.code));
  if (!first) return new RemoteError('NOT_FOUND', 'the image stream names no other registry that has it');
  const { status, retryAfterSeconds, hadCredentials } = first;
  const message = [...new Set(failures.map((failure) => failure.message))].join('; ');
  return new RemoteError(first.code, message, {
    ...(status !== undefined && { status }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    hadCredentials,
    cause: first,
  });
}

/** What the client hears of a blob that could not be pulled through; other errors as they are (reference registry 4.1). */
export function blobError(digest: Digest, error: unknown): unknown {
  if (!(error instanceof RemoteError)) return error;
  const detail = { digest, cause: error.message };
  return passingError(error) ?? new RegistryError('BLOB_UNKNOWN', { detail, cause: error });
}

/** As `blobError`, of a manifest. `reference`: where it should have come from. */
export function manifestError(reference: string, error: unknown): unknown {
  if (!(error instanceof RemoteError)) return error;
  const message = `unable to pull manifest from ${reference}: ${error.message}`;
  const detail = { reference, cause: error.message };
  return passingError(error) ?? new RegistryError('OPENSHIFT_PULLTHROUGH_MANIFEST', { message, detail, cause: error });
}

/** What is passed on as it is: other than that upstream does not have it. Undefined for all else. */
export function passingError(error: unknown): RegistryError | undefined {
  if (!(error instanceof RemoteError)) return undefined;
  const { code, status, retryAfterSeconds, message } = error;
  const told = { detail: { cause: message }, cause: error };
  const headers = { 'Retry-After': String(Math.ceil(retryAfterSeconds ?? 1)) };
  if (code === 'TOO_MANY_REQUESTS') return new RegistryError('TOOMANYREQUESTS', { ...told, headers });
  if (code === 'UNAVAILABLE' && status === 503) return new RegistryError('UNAVAILABLE', { ...told, headers });
  // RFC 5842, 7.2: the registries on the way see by it that there is no use in trying again.
  if (code === 'LOOP')
    return new RegistryError('UNSUPPORTED', { ...told, message: 'registries in a circle', status: 508 });
  return undefined;
}
