import type { Clock } from '../clock.js';
import { Backoff } from '../backoff.js';
import { UnreachableError, type Transport, type TransportRequest, type TransportResponse } from './transport.js';

export interface RetryOptions {
  /** How often a request is sent at most. */
  attempts: number;
  baseMs: number;
  maxMs: number;
}

export const DEFAULT_RETRY: RetryOptions = { attempts: 6, baseMs: 100, maxMs: 10_000 };

/** Longest wait that a server can ask for. */
const MAX_RETRY_AFTER_MS = 60_000;

/**
 * Sends a request until it is answered. Repeated are: any request that the server asks to repeat (429 or 5xx with
 * `Retry-After`), and those that only read when the server fails or cannot be reached. The last answer is returned as it is.
 */
export async function requestWithRetry(
  transport: Transport,
  request: TransportRequest,
  options: RetryOptions,
  clock: Clock,
): Promise<TransportResponse> {
  const backoff = new Backoff(options.baseMs, options.maxMs);
  const isRepeatable = request.body === undefined || typeof request.body === 'string';
  const reads = request.method === 'GET';
  for (let attempt = 1; ; attempt++) {
    request.signal?.throwIfAborted();
    const isLast = attempt >= options.attempts || !isRepeatable;
    let wait = backoff.next();
    try {
      const response = await transport.request(request);
      const asked = retryAfter(response);
      const fails = response.status === 429 || response.status >= 500;
      if (isLast || !fails || (asked === undefined && !(reads && response.status !== 501))) return response;
      await discard(response);
      wait = Math.max(wait, asked ?? 0);
    } catch (error) {
      if (isLast || !reads || !(error instanceof UnreachableError)) throw error;
    }
    await clock.sleep(wait, request.signal);
  }
}

/** Milliseconds; dates are not understood, as Kubernetes never sends them. */
function retryAfter({ headers }: TransportResponse): number | undefined {
  const text = headers['retry-after'];
  if (text === undefined || !/^\d{1,9}$/.test(text)) return undefined;
  return Math.min(Number(text) * 1000, MAX_RETRY_AFTER_MS);
}

const MAX_DISCARDED_BYTES = 64 * 1024;

/** Ends an exchange whose body nobody wants: reads a short one, so that the connection stays, and leaves a long one. */
export async function discard({ body }: TransportResponse): Promise<void> {
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > MAX_DISCARDED_BYTES) break;
    }
  } catch {
    // It broke off, which ends it as well.
  }
}
