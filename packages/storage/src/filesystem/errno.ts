import { StorageError } from '../errors.js';
import type { StorageErrorCode } from '../errors.js';

const CODES: Readonly<Record<string, { code: StorageErrorCode; message: string }>> = {
  ENOENT: { code: 'PATH_NOT_FOUND', message: 'not found' },
  ENOTDIR: { code: 'PATH_NOT_FOUND', message: 'a part of the path is no folder' },
  // What O_NOFOLLOW answers for a symbolic link.
  ELOOP: { code: 'PATH_NOT_FOUND', message: 'symbolic links are not followed' },
  ENOSPC: { code: 'DEVICE_OUT_OF_SPACE', message: 'no space left on the device' },
  EDQUOT: { code: 'DEVICE_OUT_OF_SPACE', message: 'the disk quota is used up' },
  EROFS: { code: 'READ_ONLY_FILESYSTEM', message: 'the file system is read-only' },
  EFBIG: { code: 'FILE_TOO_LARGE', message: 'the file system cannot hold so large a file' },
  EEXIST: { code: 'ALREADY_EXISTS', message: 'already exists' },
  ENOTEMPTY: { code: 'ALREADY_EXISTS', message: 'is a folder that is not empty' },
  EISDIR: { code: 'ALREADY_EXISTS', message: 'is a folder' },
  EINVAL: { code: 'INVALID_PATH', message: 'the file system refuses this path' },
  ENAMETOOLONG: { code: 'INVALID_PATH', message: 'the path is too long for the file system' },
};

/** The errno name of a failed system call, such as `ENOENT`; undefined for other errors. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('errno' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/**
 * Turns what a system call on `path` (a driver path) threw into a StorageError; one of those is returned as it is. The
 * message never holds the path on this machine.
 */
export function toStorageError(path: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const errno = errnoOf(error);
  const known = errno === undefined ? undefined : CODES[errno];
  if (known !== undefined) return new StorageError(known.code, path, known.message);
  return new StorageError('UNKNOWN', path, errno ?? 'unexpected failure', { cause: error });
}
