import { RemoteError, type RemoteErrorCode } from '@longshore/distribution';
import { digestOf } from '@longshore/oci';
import { describe, expect, it } from 'vitest';
import { blobError, manifestError, summaryOf } from './errors.js';

const DIGEST = digestOf(Buffer.from('content'));

describe('what a client hears', () => {
  it.each<[RemoteErrorCode, object, string, number, string | undefined]>([
    ['TOO_MANY_REQUESTS', { status: 429, retryAfterSeconds: 7.2 }, 'TOOMANYREQUESTS', 429, '8'],
    ['TOO_MANY_REQUESTS', { status: 429 }, 'TOOMANYREQUESTS', 429, '1'],
    ['UNAVAILABLE', { status: 503, retryAfterSeconds: 30 }, 'UNAVAILABLE', 503, '30'],
    ['LOOP', { status: 508 }, 'UNSUPPORTED', 508, undefined],
  ])('is passed on: %s', (code, options, answered, status, retryAfter) => {
    const error = new RemoteError(code, 'up.example says so', options);
    const expected = {
      code: answered,
      status,
      detail: { cause: 'up.example says so' },
      headers: retryAfter === undefined ? undefined : { 'Retry-After': retryAfter },
    };
    expect(blobError(DIGEST, error)).toMatchObject(expected);
    expect(manifestError('up.example/app', error)).toMatchObject(expected);
  });

  it.each<RemoteErrorCode>(['NOT_FOUND', 'UNAVAILABLE', 'UNAUTHORIZED', 'HTTP_ONLY', 'ADDRESS_REFUSED', 'BLOCKED'])(
    'is that it is not there, and why: %s',
    (code) => {
      const error = new RemoteError(code, 'up.example fails');
      expect(blobError(DIGEST, error)).toMatchObject({
        code: 'BLOB_UNKNOWN',
        status: 404,
        detail: { digest: DIGEST, cause: 'up.example fails' },
      });
      expect(manifestError('up.example/app', error)).toMatchObject({
        code: 'OPENSHIFT_PULLTHROUGH_MANIFEST',
        status: 404,
        message: 'unable to pull manifest from up.example/app: up.example fails',
      });
    },
  );

  it('is another error as it is', () => {
    const error = new Error('other');
    expect(blobError(DIGEST, error)).toBe(error);
    expect(manifestError('up.example/app', error)).toBe(error);
  });
});

describe('the failures of several places', () => {
  it('become one with the most telling code and all words', () => {
    const failures = [
      new RemoteError('NOT_FOUND', 'a has none'),
      new RemoteError('UNAVAILABLE', 'b is down', { status: 503, retryAfterSeconds: 3, hadCredentials: true }),
      new RemoteError('NOT_FOUND', 'a has none'),
    ];
    expect(summaryOf(failures)).toMatchObject({
      code: 'UNAVAILABLE',
      status: 503,
      retryAfterSeconds: 3,
      hadCredentials: true,
      message: 'a has none; b is down',
    });
  });

  it('are that nobody has it when nobody was asked', () => {
    expect(summaryOf([])).toMatchObject({ code: 'NOT_FOUND' });
  });
});
