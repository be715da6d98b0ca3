import { RemoteError, type RemoteErrorCode } from '@longshore/distribution';
import {
  ApiError,
  badRequest,
  IMAGE_GROUP,
  internalError,
  invalid,
  notFound,
  tooManyRequests,
  unauthorized,
  type ImageImportStatus,
  type ImportStatus,
} from '@longshore/kube';
import { invalidValue } from '@longshore/apiserver';
import { InvalidReferenceError, ManifestError } from '@longshore/oci';

const IMAGES = { group: IMAGE_GROUP, resource: 'dockerimage' };
const KIND = { group: IMAGE_GROUP, kind: 'ImageStreamImport' };
const DEFAULT_RETRY_SECONDS = 60;

export const SUCCESS: ImportStatus = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };

/**
 * What an import tells of an error (registry.md 3.9). No secret is in it: errors of registries hold none.
 *
 * @param pullSpec as the user wrote it
 * @param registry the host that was asked for
 */
export function importFailure(error: unknown, pullSpec: string, registry: string): ImportStatus {
  if (error instanceof RemoteError) return remoteFailure(error, pullSpec, registry);
  if (error instanceof ApiError) return error.toStatus();
  if (error instanceof InvalidReferenceError) {
    return invalid(KIND, '', [invalidValue('from.name', pullSpec, error.message)]).toStatus();
  }
  if (error instanceof ManifestError)
    return badRequest(`the manifest of "${pullSpec}" cannot be imported: ${error.message}`).toStatus();
  return internalError(error).toStatus();
}

type Failure = (pullSpec: string, registry: string, error: RemoteError) => ImportStatus;

const noAccess: Failure = (pullSpec, _registry, { hadCredentials }) => {
  const without = hadCredentials ? '' : ' and did not have credentials to the repository';
  return unauthorized(`you may not have access to the container image "${pullSpec}"${without}`).toStatus();
};

/** The other codes are internal errors. */
const FAILURES: Partial<Record<RemoteErrorCode, Failure>> = {
  NOT_FOUND: (pullSpec) => notFound(IMAGES, pullSpec).toStatus(),
  UNAUTHORIZED: noAccess,
  DENIED: noAccess,
  WRONG_CREDENTIALS: (pullSpec) => unauthorized(`incorrect username or password for image "${pullSpec}"`).toStatus(),
  HTTP_ONLY: (_pullSpec, registry) =>
    badRequest(`registry ${registry} is HTTP only and requires the insecure flag to import`).toStatus(),
  NOT_A_REGISTRY: (_pullSpec, registry) => ({
    ...forbidden(`registry ${registry} does not support the registry API version 2`),
    reason: 'NotV2Registry',
  }),
  BLOCKED: (_pullSpec, _registry, error) => forbidden(error.message),
  ADDRESS_REFUSED: (_pullSpec, registry) =>
    forbidden(
      `registry ${registry} is at an address that imports must not reach; ` +
        'an administrator can name it in the image configuration of the cluster',
    ),
  TOO_MANY_REQUESTS: (_pullSpec, registry, { retryAfterSeconds = DEFAULT_RETRY_SECONDS }) =>
    tooManyRequests(`registry ${registry} answers no more requests for now`, retryAfterSeconds).toStatus(),
};

function remoteFailure(error: RemoteError, pullSpec: string, registry: string): ImportStatus {
  return FAILURES[error.code]?.(pullSpec, registry, error) ?? internalError(error).toStatus();
}

function forbidden(message: string): ImportStatus {
  return new ApiError('Forbidden', message).toStatus();
}

/** What a whole repository tells, by what its images do. */
export function repositoryStatus(images: readonly ImageImportStatus[]): ImportStatus {
  const failed = images.filter(({ status }) => status.status !== 'Success').length;
  if (failed === 0) return SUCCESS;
  const who = failed === 1 ? 'one' : String(failed);
  const message = `${who} of the images from this repository failed to import`;
  return { ...SUCCESS, status: 'Failure', reason: 'ImportFailed', message };
}
