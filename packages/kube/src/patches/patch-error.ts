import { ApiError } from '../api-error.js';

/**
 * What Kubernetes answers to a patch that is well-formed but does not fit the object: 422 with this text. `why` goes into the
 * causes.
 */
export function patchDoesNotApply(why: string): ApiError {
  return new ApiError('Invalid', 'the server rejected our request due to an error in our request', undefined, {
    causes: [{ reason: 'FieldValueInvalid', message: why }],
  });
}
