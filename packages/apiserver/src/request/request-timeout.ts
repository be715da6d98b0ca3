import { ApiError, badRequest } from '@longshore/kube';
import type { Exchange } from './exchange.js';

/** What kube-apiserver gives a request (`--request-timeout`). */
const DEFAULT_MS = 60_000;
const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Ends a request that takes too long with 504; watches, which have limits of their own, do not come here. Nobody gets
 * more than `longestMs`. Returns what to call when it is over.
 * Errors: `BadRequest` for a `timeout` that is no duration.
 */
export function requestTimeout(
  exchange: Exchange,
  fail: (error: ApiError) => void,
  longestMs = DEFAULT_MS,
): () => void {
  const asked = parseDuration(exchange.query.get('timeout'));
  const timer = setTimeout(
    () => {
      const error = new ApiError('Timeout', 'Timeout: request did not complete within the allotted timeout');
      fail(error);
      exchange.cancel(error);
    },
    Math.min(asked ?? longestMs, longestMs),
  );
  return () => clearTimeout(timer);
}

/** `1m30s` in milliseconds; undefined for none and for zero. */
function parseDuration(text: string | null): number | undefined {
  if (!text) return undefined;
  const parts = [...text.slice(0, 32).matchAll(/(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)/g)];
  if (parts.map(([part]) => part).join('') !== text && text !== '0') {
    throw badRequest('invalid timeout specified in the request URL');
  }
  const sum = parts.reduce((total, [, number, unit]) => total + Number(number) * (UNITS[unit ?? ''] ?? 0), 0);
  return sum === 0 ? undefined : sum;
}
