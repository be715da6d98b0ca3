import { gunzipSync, gzipSync } from 'node:zlib';

/** Characters that a data URL carries as they are (RFC 2396 `unreserved`). */
const UNRESERVED = /[A-Za-z0-9\-_.!~*'()]/;
const ESCAPED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

/** A data URL cannot be decoded; the message is that of the reference's decoder. */
export class DataUrlError extends Error {
  override readonly name = 'DataUrlError';
  readonly code = 'data-url-invalid';
}

/** Contents as a data URL. */
export interface EncodedContents {
  source: string;
  /** `gzip` when the contents were compressed, else empty. */
  compression: '' | 'gzip';
}

/** How contents may be written. `escape`: percent escapes only; `plain`: also base64; `smallest`: also compressed. */
export type ContentsEncoding = 'escape' | 'plain' | 'smallest';

/**
 * Writes contents as the shortest data URL (edge.md 1.5): percent escapes, base64 when that is strictly shorter, and gzip when
 * its base64 is shorter by more than four characters.
 */
export function encodeDataUrl(contents: Uint8Array, encoding: ContentsEncoding): EncodedContents {
  const bytes = Buffer.from(contents.buffer, contents.byteOffset, contents.byteLength);
  if (encoding === 'escape') return { source: `data:,${escape(bytes)}`, compression: '' };
  const base64Length = ';base64,'.length + 4 * Math.ceil(bytes.length / 3);
  const escaped = escapedLength(bytes) + 1 <= base64Length ? `,${escape(bytes)}` : undefined;
  const best = escaped ?? `;base64,${bytes.toString('base64')}`;
  if (encoding === 'smallest' && mayShrink(best)) {
    const zipped = `;base64,${gzipSync(bytes, { level: 9 }).toString('base64')}`;
    if (zipped.length + 4 < best.length) return { source: `data:${zipped}`, compression: 'gzip' };
  }
  return { source: `data:${best}`, compression: '' };
}

/** The contents of a data URL, decompressed if the resource says so. Throws {@link DataUrlError}. */
export function decodeDataUrl(source: string, compression = ''): Buffer {
  const { base64, data } = splitDataUrl(source);
  const bytes = base64 ? decodeBase64(data) : unescape(data);
  if (compression !== 'gzip') return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_DECOMPRESSED_BYTES });
  } catch (error) {
    throw new DataUrlError('the contents cannot be decompressed', { cause: error });
  }
}

/** A bomb of 16 MiB could unfold to 16 GiB. */
const MAX_DECOMPRESSED_BYTES = 256 * 1024 * 1024;

/** No gzip stream is shorter than 20 bytes, 28 characters in base64. */
function mayShrink(best: string): boolean {
  return best.length > ';base64,'.length + 28 + 4;
}

function escapedLength(bytes: Buffer): number {
  let length = 0;
  for (const byte of bytes) length += ESCAPED[byte]?.length ?? 3;
  return length;
}

function escape(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) text += ESCAPED[byte];
  return text;
}

const TOKEN = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/;
/** Escapes of the reference's language in a quoted string. */
const QUOTED_ESCAPE = /\\(?:[abfnrtv\\"]|x[0-9a-fA-F]{2}|[0-3][0-7]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/g;
const MEDIA_TYPES = /^([xX]-|text|image|audio|video|application|message|multipart)/;

/** Takes a data URL apart; refuses what the reference's decoder refuses. */
function splitDataUrl(source: string): { base64: boolean; data: string } {
  if (!source.startsWith('data:')) throw new DataUrlError('missing data prefix');
  const header = new HeaderReader(source, 'data:'.length);
  header.mediaType();
  let base64 = false;
  while (header.take(';')) base64 = header.parameter() || base64;
  if (!header.take(','))
    throw new DataUrlError(header.atEnd ? 'missing comma before data' : 'expected semicolon or comma');
  const data = source.slice(header.at);
  const allowed = base64 ? /^[A-Za-z0-9+/=]*$/ : /^[\x21\x24-\x3b=?-Z_a-z~]*$/;
  if (!allowed.test(data)) throw new DataUrlError('invalid data character');
  return { base64, data };
}

class HeaderReader {
  constructor(
    private readonly text: string,
    public at: number,
  ) {}

  get atEnd(): boolean {
    return this.at >= this.text.length;
  }

  take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  mediaType(): void {
    if (this.atEnd) throw new DataUrlError('missing comma before data');
    if (';,'.includes(this.#next)) return;
    if (!TOKEN.test(this.#next)) throw new DataUrlError('invalid character after data prefix');
    const type = this.#token('/', 'invalid character for media type', 'missing media type slash');
    if (!MEDIA_TYPES.test(type)) throw new DataUrlError('invalid media type');
    this.at++;
    this.#token(';,', 'invalid character for media subtype', 'incomplete media type');
  }

  /** Reads `base64` or `name=value`; true for the former. */
  parameter(): boolean {
    const unfinished = 'unterminated parameter sequence';
    if (this.atEnd || '=,'.includes(this.#next)) throw new DataUrlError(unfinished);
    const name = this.#token('=,', 'invalid character for parameter attribute', unfinished);
    if (this.#next === ',') {
      if (name !== 'base64') throw new DataUrlError(`expected base64, got ${name}`);
      return true;
    }
    this.at++;
    if (this.#next === '"') this.#quoted();
    else unescape(this.#value());
    return false;
  }

  get #next(): string {
    return this.text[this.at] ?? '';
  }

  #token(ends: string, wrong: string, unfinished: string): string {
    const start = this.at;
    for (; !this.atEnd && !ends.includes(this.#next); this.at++) {
      if (!TOKEN.test(this.#next)) throw new DataUrlError(wrong);
    }
    if (this.atEnd) throw new DataUrlError(unfinished);
    return this.text.slice(start, this.at);
  }

  #value(): string {
    const wrong = 'invalid character for parameter value';
    const value = this.#token(';,', wrong, 'missing comma before data');
    if (value === '') throw new DataUrlError(wrong);
    return value;
  }

  #quoted(): void {
    const start = ++this.at;
    for (; !this.atEnd && this.#next !== '"'; this.at++) {
      if (this.#next > '\x7f') throw new DataUrlError('invalid character for parameter value');
      if (this.#next === '\\' && (this.text[++this.at] ?? '') > '\x7f') {
        throw new DataUrlError('invalid escaped character');
      }
    }
    if (this.atEnd) throw new DataUrlError('unclosed quoted string');
    const unescaped = this.text.slice(start, this.at).replaceAll(QUOTED_ESCAPE, '');
    if (unescaped.includes('\\')) throw new DataUrlError('invalid syntax');
    this.at++;
  }
}

function decodeBase64(data: string): Buffer {
  const bad = badBase64(data);
  if (bad !== undefined) throw new DataUrlError(`illegal base64 data at input byte ${bad}`);
  return Buffer.from(data, 'base64');
}

/** Where strict base64 (RFC 4648, with padding) goes wrong. */
function badBase64(data: string): number | undefined {
  const padding = data.indexOf('=');
  const digits = padding === -1 ? data.length : padding;
  const missing = (4 - (digits % 4)) % 4;
  if (padding === -1) return missing === 0 ? undefined : digits - (digits % 4);
  if (missing === 0 || missing === 3) return padding;
  const rest = data.length - padding;
  if (rest < missing) return data.length;
  return rest > missing ? padding + missing : undefined;
}

function unescape(data: string): Buffer {
  const bytes = Buffer.alloc(data.length);
  let length = 0;
  for (let at = 0; at < data.length; at++) {
    const code = data.charCodeAt(at);
    if (code !== 0x25) {
      bytes[length++] = code;
      continue;
    }
    const digits = data.slice(at + 1, at + 3);
    if (!/^[0-9a-fA-F]{2}$/.test(digits)) throw new DataUrlError(escapeProblem(digits));
    bytes[length++] = Number.parseInt(digits, 16);
    at += 2;
  }
  return bytes.subarray(0, length);
}

function escapeProblem(digits: string): string {
  if (/^[0-9a-fA-F]?$/.test(digits)) return 'rfc2396: unexpected end of unescape sequence';
  return 'rfc2396: invalid char 0x25 in unescape sequence';
}
