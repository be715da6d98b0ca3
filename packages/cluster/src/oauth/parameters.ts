import { OAuthError } from './oauth-error.js';

const MAX_LENGTH = 4096;

/** A parameter, undefined when it is missing or empty (RFC 6749, 3.1). Errors: OAuthError `invalid_request` for two of them. */
export function parameter(parameters: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = parameters.getAll(name);
  if (others.length > 0) throw new OAuthError('invalid_request', `${name} may be given only once`);
  if (value !== undefined && value.length > MAX_LENGTH) throw new OAuthError('invalid_request', `${name} is too long`);
  return value === '' ? undefined : value;
}
