/** More is taken for this much: a day. */
const LONGEST_SECONDS = 86_400;

/** Reads `Retry-After` (RFC 9110 10.2.3): seconds or a date. Undefined when it is missing or makes no sense. */
export function parseRetryAfter(header: string | string[] | undefined, now: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? '';
  if (/^\d{1,10}$/.test(text)) return Math.min(Number(text), LONGEST_SECONDS);
  if (!/^[A-Z][a-z]{2,8}, /.test(text) || text.length > 40) return undefined;
  const date = Date.parse(text);
  if (Number.isNaN(date)) return undefined;
  return Math.min(Math.max(Math.ceil((date - now) / 1000), 0), LONGEST_SECONDS);
}
