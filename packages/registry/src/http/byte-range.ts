/** What a Range header asks of a file of `size` bytes: a part, the whole, or nothing that exists (416). */
export type ByteRange = { start: number; end: number } | 'whole' | 'unsatisfiable';

/**
 * Reads a Range header (RFC 9110, 14.2). Several ranges, another unit or a malformed header ask for the whole; a range whose
 * end lies before its start is unsatisfiable, as the conformance suite has it. `end` is exclusive.
 */
export function parseRange(header: string | undefined, size: number): ByteRange {
  const match = header === undefined ? null : /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/.exec(header);
  if (!match) return 'whole';
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return 'whole';
  if (first === '') return tail(Number(last), size);
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  return start < end ? { start, end } : 'unsatisfiable';
}

function tail(length: number, size: number): ByteRange {
  if (length === 0 || size === 0) return 'unsatisfiable';
  return { start: Math.max(0, size - length), end: size };
}

/** The Content-Range of an upload chunk: `<start>-<end>`, both inclusive, with or without the `bytes` unit. */
export function parseChunkRange(header: string): { start: number; length: number } | undefined {
  const match = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d{1,15}|\*))?$/.exec(header.trim());
  if (!match) return undefined;
  const start = Number(match[1]);
  const length = Number(match[2]) - start + 1;
  return length >= 0 ? { start, length } : undefined;
}
