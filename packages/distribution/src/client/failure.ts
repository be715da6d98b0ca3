import type { IncomingHttpHeaders } from 'undici/types/header.js';
import { ConnectionError } from '../http/connection-error.js';
import { BodyTooLargeError } from '../http/read-body.js';
import { RedirectError } from '../http/redirects.js';
import { parseRetryAfter } from '../http/retry-after.js';
import { Retryable } from '../http/retry.js';
import { ProxyError } from '../http/proxy.js';
import { RemoteError } from '../remote-error.js';
import type { RemoteErrorCode } from '../remote-error.js';
import { describeBody } from './error-body.js';

/** What somebody asked for, in messages: `quay.io/team/app:1.2`. */
export type Subject = string;

/** An answer that is no success. */
export interface RefusedAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** The beginning of the body. */
  body: Buffer;
}

/** What happened while a request was sent or its answer read, as the error for the caller; Retryable where it may pass. */
export function failureOf(error: unknown, subject: Subject, host: string): unknown {
  if (error instanceof ConnectionError) return connectionFailure(error, subject, host);
  if (error instanceof BodyTooLargeError) return new RemoteError('TOO_LARGE', `${subject}: ${error.message}`);
  if (error instanceof RedirectError || error instanceof ProxyError) {
    return new RemoteError('INVALID', `${subject}: ${error.message}`, { cause: error });
  }
  return error;
}

function connectionFailure(error: ConnectionError, subject: Subject, host: string): RemoteError | Retryable {
  const make = (code: RemoteErrorCode, words: string) =>
    new RemoteError(code, told(subject, host, words), { cause: error });
  switch (error.code) {
    case 'ADDRESS_REFUSED':
      return make(
        'ADDRESS_REFUSED',
        `${error.message}; only public addresses and those allowed by configuration may be`,
      );
    case 'HTTP_ONLY':
      return make(
        'HTTP_ONLY',
        `${host} is HTTP only (http: server gave HTTP response to HTTPS client); mark the registry as insecure to use it all the same`,
      );
    case 'CERTIFICATE':
      return make(
        'UNAVAILABLE',
        `the certificate of ${host} cannot be trusted (${error.message}); trust the authority that issued it, ` +
          'or mark the registry as insecure',
      );
    case 'UNREACHABLE':
      return make('UNAVAILABLE', `${host} cannot be reached (${error.message}); check its name and the network`);
    case 'TIMEOUT':
      return make('UNAVAILABLE', `${host} does not answer in time (${error.message})`);
    case 'BROKEN':
      return new Retryable(make('UNAVAILABLE', `${host} breaks off the connection (${error.message})`));
  }
}

/** How an answer that is no success becomes an error; Retryable where it may pass. 401 and 403 are judged elsewhere. */
export function answerFailure(
  answer: RefusedAnswer,
  context: { subject: Subject; host: string; hadCredentials: boolean; now: number },
): RemoteError | Retryable {
  const { subject, host, hadCredentials, now } = context;
  const { status } = answer;
  const retryAfterSeconds = parseRetryAfter(answer.headers['retry-after'], now);
  const make = (code: RemoteErrorCode, words: string) =>
    new RemoteError(code, `${told(subject, host, words)} (${describe(answer)})`, {
      status,
      hadCredentials,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    });
  if (status === 404) return make('NOT_FOUND', `${host} does not have it`);
  if (status === 429) return new Retryable(make('TOO_MANY_REQUESTS', `${host} has had too many requests; try later`));
  if (status === 508) return make('LOOP', `${host} leads back to where the request came from; check the mirrors`);
  if (RETRIED.has(status)) return new Retryable(make('UNAVAILABLE', `${host} cannot answer now; try later`));
  if (status >= 500) return make('UNAVAILABLE', `${host} cannot answer`);
  return make('INVALID', `${host} does not accept the request`);
}

/** The words name the host: it is not said twice when that is all that was asked for. */
function told(subject: Subject, host: string, words: string): string {
  return subject === host ? words : `${subject}: ${words}`;
}

const RETRIED: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/** The status and what the body says: `404 MANIFEST_UNKNOWN: manifest unknown`. */
export function describe({ status, body }: RefusedAnswer): string {
  const words = describeBody(body);
  return words === '' ? String(status) : `${status} ${words}`;
}
