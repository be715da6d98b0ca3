/** Where the bytes of an answer stand in the whole. */
export interface BodyRange {
  /** Offset of the first byte. */
  start: number;
  /** Length of the whole; undefined when the server does not say. */
  size: number | undefined;
}

const CONTENT_RANGE = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/i;

/** Reads the headers of a 200 or 206 (RFC 9110 14.4). Undefined when a 206 does not say what part it is. */
export function bodyRange(
  status: number,
  headers: { 'content-range'?: string | string[] | undefined; 'content-length'?: string | string[] | undefined },
): BodyRange | undefined {
  if (status !== 206) return { start: 0, size: readLength(headers['content-length']) };
  const [whole, first, last, total] = CONTENT_RANGE.exec(String(headers['content-range'] ?? '').trim()) ?? [];
  if (whole === undefined || Number(first) > Number(last)) return undefined;
  const size = total === '*' ? undefined : Number(total);
  if (size !== undefined && Number(last) >= size) return undefined;
  return { start: Number(first), size };
}

/** Reads `Content-Length`; undefined when it is missing or no number. */
export function readLength(header: string | string[] | undefined): number | undefined {
  const text = String(header ?? '');
  return /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}
