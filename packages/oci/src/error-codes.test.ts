import { describe, expect, it } from 'vitest';
import { errorBody, errorMessage, errorStatus, RegistryError } from './error-codes.js';
import type { ErrorCode } from './error-codes.js';

describe('the catalogue', () => {
  it.each<[number, ErrorCode[]]>([
    [400, ['DIGEST_INVALID', 'SIZE_INVALID', 'NAME_INVALID', 'TAG_INVALID', 'PAGINATION_NUMBER_INVALID']],
    [400, ['MANIFEST_INVALID', 'MANIFEST_UNVERIFIED', 'MANIFEST_BLOB_UNKNOWN', 'SIGNATURE_INVALID']],
    [401, ['UNAUTHORIZED']],
    [403, ['DENIED']],
    [404, ['NAME_UNKNOWN', 'MANIFEST_UNKNOWN', 'BLOB_UNKNOWN', 'BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID']],
    [404, ['OPENSHIFT_PULLTHROUGH_MANIFEST']],
    [405, ['UNSUPPORTED']],
    [409, ['SIGNATURE_EXISTS']],
    [416, ['RANGE_INVALID']],
    [429, ['TOOMANYREQUESTS']],
    [500, ['UNKNOWN']],
    [503, ['UNAVAILABLE']],
  ])('answers %i for %j', (status, codes) => {
    for (const code of codes) expect(errorStatus[code]).toBe(status);
  });

  it('has words for every code', () => {
    expect(Object.keys(errorMessage)).toEqual(Object.keys(errorStatus));
    for (const message of Object.values(errorMessage)) expect(message).toMatch(/\w/);
  });
});

describe('RegistryError', () => {
  it('takes status and words from the catalogue', () => {
    const error = new RegistryError('BLOB_UNKNOWN', { detail: { digest: 'sha256:x' } });
    expect(error).toMatchObject({ code: 'BLOB_UNKNOWN', status: 404, message: 'blob unknown to registry' });
    expect(error).toMatchObject({ name: 'RegistryError', detail: { digest: 'sha256:x' }, headers: undefined });
    expect(Object.hasOwn(error, 'cause')).toBe(false);
  });

  it('lets the thrower say otherwise', () => {
    const cause = new Error('inner');
    const headers = { 'Retry-After': '3' };
    const error = new RegistryError('MANIFEST_INVALID', { message: 'too large', status: 413, headers, cause });
    expect(error).toMatchObject({ message: 'too large', status: 413, headers, cause });
  });
});

describe('errorBody', () => {
  it('leaves out an absent detail and keeps an empty one', () => {
    const errors = [new RegistryError('DENIED'), new RegistryError('UNKNOWN', { detail: '' })];
    expect(JSON.parse(JSON.stringify(errorBody(errors)))).toEqual({
      errors: [
        { code: 'DENIED', message: 'requested access to the resource is denied' },
        { code: 'UNKNOWN', message: 'unknown error', detail: '' },
      ],
    });
  });

  it('shows neither cause nor headers', () => {
    const error = new RegistryError('UNKNOWN', { cause: new Error('secret'), headers: { 'X-A': 'secret' } });
    expect(JSON.stringify(errorBody([error]))).not.toContain('secret');
  });
});
