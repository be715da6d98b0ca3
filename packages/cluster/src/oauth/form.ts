import type { IncomingMessage } from 'node:http';
import { readText } from '@longshore/kube';
import { OAuthError } from './oauth-error.js';

const MAX_BYTES = 16 * 1024;

/** The fields of a form that was sent. Errors: OAuthError `invalid_request`. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    throw new OAuthError('invalid_request', 'expected a body of type application/x-www-form-urlencoded');
  }
  if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES) throw tooLong();
  return new URLSearchParams(
    await readText(request, MAX_BYTES).catch(() => {
      throw tooLong();
    }),
  );
}

function tooLong(): OAuthError {
  return new OAuthError('invalid_request', `expected a body of at most ${MAX_BYTES} bytes`);
}
