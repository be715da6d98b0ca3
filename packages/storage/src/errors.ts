/** The codes of `imageregistry_storage_errors_total` (reference registry 7.1), and one more for `move`. */
export type StorageErrorCode =
  | 'PATH_NOT_FOUND'
  | 'INVALID_PATH'
  | 'INVALID_OFFSET'
  | 'ALREADY_EXISTS'
  | 'UNSUPPORTED_METHOD'
  | 'READ_ONLY_FILESYSTEM'
  | 'FILE_TOO_LARGE'
  | 'DEVICE_OUT_OF_SPACE'
  | 'UNKNOWN';

/** A failure of a storage driver. `message` never holds the content of a file. */
export class StorageError extends Error {
  override readonly name = 'StorageError';

  constructor(
    readonly code: StorageErrorCode,
    readonly path: string,
    message?: string,
    options?: { cause?: unknown },
  ) {
    super(`${path}: ${message ?? code}`, options);
  }
}

/** True when `error` says that there is nothing at the path. */
export function isNotFound(error: unknown): boolean {
  return error instanceof StorageError && error.code === 'PATH_NOT_FOUND';
}
