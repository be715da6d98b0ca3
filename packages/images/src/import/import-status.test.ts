import { RemoteError, type RemoteErrorCode } from '@longshore/distribution';
import { ApiError, type ImageImportStatus } from '@longshore/kube';
import { InvalidReferenceError, ManifestError } from '@longshore/oci';
import { describe, expect, it } from 'vitest';
import { importFailure, repositoryStatus, SUCCESS } from './import-status.js';

const SPEC = 'quay.io/team/app:v1';
const remote = (code: RemoteErrorCode, options = {}) => new RemoteError(code, 'what the registry did', options);

describe('importFailure', () => {
  it.each<[string, unknown, string, number, string]>([
    ['no such image', remote('NOT_FOUND'), 'NotFound', 404, `dockerimage.image.openshift.io "${SPEC}" not found`],
    [
      'no access, and nothing to show',
      remote('UNAUTHORIZED'),
      'Unauthorized',
      401,
      `you may not have access to the container image "${SPEC}" and did not have credentials to the repository`,
    ],
    [
      'no access with what was shown',
      remote('UNAUTHORIZED', { hadCredentials: true }),
      'Unauthorized',
      401,
      `you may not have access to the container image "${SPEC}"`,
    ],
    [
      'no right',
      remote('DENIED', { hadCredentials: true }),
      'Unauthorized',
      401,
      `you may not have access to the container image "${SPEC}"`,
    ],
    [
      'a wrong password',
      remote('WRONG_CREDENTIALS', { hadCredentials: true }),
      'Unauthorized',
      401,
      `incorrect username or password for image "${SPEC}"`,
    ],
    [
      'http only',
      remote('HTTP_ONLY'),
      'BadRequest',
      400,
      'registry quay.io is HTTP only and requires the insecure flag to import',
    ],
    [
      'something else than a registry',
      remote('NOT_A_REGISTRY'),
      'NotV2Registry',
      403,
      'registry quay.io does not support the registry API version 2',
    ],
    ['a blocked registry', remote('BLOCKED'), 'Forbidden', 403, 'what the registry did'],
    ['an address of the inside', remote('ADDRESS_REFUSED'), 'Forbidden', 403, 'registry quay.io is at an address'],
    [
      'too many requests',
      remote('TOO_MANY_REQUESTS', { retryAfterSeconds: 7 }),
      'TooManyRequests',
      429,
      'registry quay.io answers no more requests for now',
    ],
    ['no answer', remote('UNAVAILABLE'), 'InternalError', 500, 'Internal error occurred: what the registry did'],
    ['a broken digest', remote('DIGEST_MISMATCH'), 'InternalError', 500, 'Internal error occurred'],
    ['a limit of the cluster', new ApiError('Forbidden', 'too large'), 'Forbidden', 403, 'too large'],
    ['a name that cannot be read', new InvalidReferenceError('A', 'is wrong'), 'Invalid', 422, 'is wrong'],
    ['a manifest that cannot be read', new ManifestError('layers', 'is wrong'), 'BadRequest', 400, 'layers: is wrong'],
    ['anything else', new Error('oh'), 'InternalError', 500, 'Internal error occurred: oh'],
  ])('tells of %s', (_what, error, reason, code, message) => {
    const status = importFailure(error, SPEC, 'quay.io');
    expect(status).toMatchObject({ kind: 'Status', status: 'Failure', reason, code });
    expect(status.message).toContain(message);
  });

  it('tells when to come again', () => {
    const status = importFailure(remote('TOO_MANY_REQUESTS', { retryAfterSeconds: 7 }), SPEC, 'quay.io');
    expect(status.details?.retryAfterSeconds).toBe(7);
  });
});

describe('repositoryStatus', () => {
  const good: ImageImportStatus = { status: SUCCESS, tag: 'a' };
  const bad: ImageImportStatus = { status: { ...SUCCESS, status: 'Failure' }, tag: 'b' };
  const failed = (message: string) => ({ ...SUCCESS, status: 'Failure', reason: 'ImportFailed', message });
  it.each([
    ['nothing', [], SUCCESS],
    ['good ones', [good, good], SUCCESS],
    ['one bad one', [good, bad], failed('one of the images from this repository failed to import')],
    ['bad ones', [bad, good, bad], failed('2 of the images from this repository failed to import')],
  ])('of %s', (_what, images, expected) => {
    expect(repositoryStatus(images)).toEqual(expected);
  });
});
