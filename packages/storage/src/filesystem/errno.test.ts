import { describe, expect, it } from 'vitest';
import { StorageError } from '../errors.js';
import { errnoOf, toStorageError } from './errno.js';

function failedCall(code: string): Error {
  const message = `${code}: it failed, open '/srv/registry/secret-place/file'`;
  return Object.assign(new Error(message), { code, errno: -1, syscall: 'open' });
}

describe('toStorageError', () => {
  it.each([
    ['ENOENT', 'PATH_NOT_FOUND'],
    ['ENOTDIR', 'PATH_NOT_FOUND'],
    ['ELOOP', 'PATH_NOT_FOUND'],
    ['ENOSPC', 'DEVICE_OUT_OF_SPACE'],
    ['EDQUOT', 'DEVICE_OUT_OF_SPACE'],
    ['EROFS', 'READ_ONLY_FILESYSTEM'],
    ['EFBIG', 'FILE_TOO_LARGE'],
    ['EEXIST', 'ALREADY_EXISTS'],
    ['ENOTEMPTY', 'ALREADY_EXISTS'],
    ['EISDIR', 'ALREADY_EXISTS'],
    ['EINVAL', 'INVALID_PATH'],
    ['ENAMETOOLONG', 'INVALID_PATH'],
    ['EACCES', 'UNKNOWN'],
    ['EIO', 'UNKNOWN'],
    ['EMFILE', 'UNKNOWN'],
  ])('turns %s into %s and names the driver path only', (errno, code) => {
    const error = toStorageError('/a/file', failedCall(errno));
    expect(error).toMatchObject({ code, path: '/a/file' });
    expect(error.message).toMatch(/^\/a\/file: ./);
    expect(error.message).not.toContain('secret-place');
  });

  it('keeps the cause of what it does not know, and its errno in the message', () => {
    const cause = failedCall('EIO');
    expect(toStorageError('/a', cause)).toMatchObject({ message: '/a: EIO', cause });
    expect(toStorageError('/a', new TypeError('strange'))).toMatchObject({ code: 'UNKNOWN', path: '/a' });
    expect(toStorageError('/a', 'a string')).toMatchObject({ code: 'UNKNOWN', cause: 'a string' });
  });

  it('returns a StorageError as it is', () => {
    const error = new StorageError('INVALID_OFFSET', '/b');
    expect(toStorageError('/a', error)).toBe(error);
  });
});

describe('errnoOf', () => {
  it('knows system calls from other errors with a code', () => {
    expect(errnoOf(failedCall('ENOENT'))).toBe('ENOENT');
    expect(errnoOf(new StorageError('PATH_NOT_FOUND', '/a'))).toBeUndefined();
    expect(errnoOf(Object.assign(new Error('no'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBeUndefined();
    expect(errnoOf(undefined)).toBeUndefined();
  });
});
