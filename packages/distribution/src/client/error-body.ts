const LONGEST_MESSAGE = 200;
const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;

/**
 * What the first entry of an error body says, `MANIFEST_UNKNOWN: manifest unknown`. Empty when the body is none. The words
 * are a stranger's: on one line, short, and without queries of addresses, which may be signed.
 */
export function describeBody(body: Uint8Array): string {
  const entry = firstEntry(body);
  if (entry === undefined) return '';
  const code = typeof entry.code === 'string' && CODE.test(entry.code) ? entry.code : '';
  const message = typeof entry.message === 'string' ? plainWords(entry.message) : '';
  return [code, message].filter((part) => part !== '').join(': ');
}

/** True when a body is one of the registry API. */
export function isErrorBody(body: Uint8Array): boolean {
  return firstEntry(body) !== undefined;
}

function firstEntry(body: Uint8Array): { code?: unknown; message?: unknown } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
  const errors = typeof value === 'object' && value !== null && 'errors' in value ? value.errors : undefined;
  const entry: unknown = Array.isArray(errors) ? errors[0] : undefined;
  return typeof entry === 'object' && entry !== null ? entry : undefined;
}

function plainWords(text: string): string {
  const line = text
    .slice(0, 2 * LONGEST_MESSAGE)
    .replace(/[\p{C}\s]+/gu, ' ')
    .replace(/\?\S+/g, '?…')
    .replace(/\b(bearer|basic) \S+/gi, '$1 …')
    .trim();
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}…` : line;
}
