import { failureOf } from '../client/failure.js';
import { ConnectionError } from '../http/connection-error.js';
import { Retryable } from '../http/retry.js';
import { RemoteError } from '../remote-error.js';
import { CopyError } from './place.js';
import { statusOf } from './s3-client.js';

/** What went wrong with an object, as the error for the caller: a RemoteError, or CopyError NOT_FOUND. */
export function s3Failure(error: unknown, { store, key, host }: { store: string; key: string; host: string }): unknown {
  if (error instanceof CopyError || error instanceof RemoteError) return error;
  if (error instanceof ConnectionError) {
    const failure = failureOf(error, `${store}/${key}`, host);
    return failure instanceof Retryable ? failure.error : failure;
  }
  const status = statusOf(error);
  const { name = 'Error', message = '' } = error as Error;
  const words = `${store}/${key}: ${name}${message === '' || message === name ? '' : `: ${message}`}`;
  const options = { cause: error, ...(status !== undefined && { status }) };
  if (status === 404 && name === 'NoSuchBucket') return new RemoteError('NOT_FOUND', words, options);
  if (status === 404) return new CopyError('NOT_FOUND', `${store}/${key}: there is no such object`, { cause: error });
  if (name === 'CredentialsProviderError') {
    const remedy = 'log in to the host, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
    return new RemoteError('UNAUTHORIZED', `${store}: there are no credentials for it; ${remedy}`, { cause: error });
  }
  if (status === 401 || name === 'InvalidAccessKeyId' || name === 'SignatureDoesNotMatch') {
    return new RemoteError('WRONG_CREDENTIALS', words, options);
  }
  if (status === 403) return new RemoteError('DENIED', words, options);
  if (status === 429) return new RemoteError('TOO_MANY_REQUESTS', words, options);
  return new RemoteError(status !== undefined && status < 500 ? 'INVALID' : 'UNAVAILABLE', words, options);
}
