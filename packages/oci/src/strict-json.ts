import { JsonScanner, StrictJsonError } from './json-scanner.js';
import type { StrictJsonLimits } from './json-scanner.js';

export { StrictJsonError } from './json-scanner.js';
export type { StrictJsonLimits } from './json-scanner.js';

/**
 * Reads JSON (RFC 8259) in UTF-8 without a byte order mark. Refuses what two readers may understand differently: an
 * object that names a key twice, however the key is escaped. Refuses what is beyond `limits`.
 *
 * @throws {StrictJsonError}
 */
export function parseStrictJson(bytes: Uint8Array, limits: StrictJsonLimits = {}): unknown {
  const text = decodeUtf8(bytes);
  new JsonScanner(text, limits).scan();
  return JSON.parse(text) as unknown;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new StrictJsonError('invalid UTF-8', invalidUtf8Offset(bytes));
  }
}

/** Decoding leniently and encoding again first differs from the source inside the first invalid sequence, or behind one cut off. */
function invalidUtf8Offset(bytes: Uint8Array): number {
  const again = new TextEncoder().encode(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
  const offset = bytes.findIndex((byte, index) => again[index] !== byte);
  return offset < 0 ? bytes.length : offset;
}
