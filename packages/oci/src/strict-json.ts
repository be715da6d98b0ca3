import { quote } from './quote.js';

/** Bytes are not the one unambiguous JSON text that we ask for. */
export class StrictJsonError extends Error {
  override readonly name = 'StrictJsonError';
  readonly code = 'JSON_INVALID';

  constructor(
    readonly fault: string,
    /** Where it is, in bytes from the start. */
    readonly offset: number,
  ) {
    super(`byte ${offset}: ${fault}`);
  }
}

const DEFAULT_DEPTH = 64;

/**
 * Reads JSON (RFC 8259) in UTF-8 without a byte order mark. Refuses what two readers may understand differently: an
 * object that names a key twice, however the key is escaped. Refuses nesting deeper than `maxDepth` (default 64).
 *
 * @throws {StrictJsonError}
 */
export function parseStrictJson(bytes: Uint8Array, options: { maxDepth?: number } = {}): unknown {
  const text = decodeUtf8(bytes);
  new Scanner(text, options.maxDepth ?? DEFAULT_DEPTH).scan();
  return JSON.parse(text) as unknown;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new StrictJsonError('invalid UTF-8', invalidUtf8Offset(bytes));
  }
}

/** Decoding leniently and encoding again first differs from the source inside the first invalid sequence. */
function invalidUtf8Offset(bytes: Uint8Array): number {
  const again = new TextEncoder().encode(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
  const offset = bytes.findIndex((byte, index) => again[index] !== byte);
  return Math.max(offset, 0);
}

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const LOWER_U = 0x75;
const SIMPLE_ESCAPES = new Set([...'"\\/bfnrt'].map((char) => char.charCodeAt(0)));

/**
 * Checks the grammar in one pass. `JSON.parse` alone keeps the last of two equal keys and, in some engine versions, does
 * not say where an error is.
 */
class Scanner {
  private position = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
  ) {}

  scan(): void {
    this.value();
    if (this.position < this.text.length) this.fail('unexpected text behind the value');
  }

  private value(): void {
    this.space();
    this.bareValue();
    this.space();
  }

  private bareValue(): void {
    const char = this.text.charCodeAt(this.position);
    if (char === QUOTE) this.string();
    else if (char === OPEN_BRACE) this.nested(() => this.members());
    else if (char === OPEN_BRACKET) this.nested(() => this.elements());
    else if (char === MINUS || isDigit(char)) this.number();
    else this.word();
  }

  private nested(content: () => void): void {
    if (++this.depth > this.maxDepth) this.fail(`nested deeper than ${this.maxDepth} levels`);
    this.position++;
    this.space();
    content();
    this.depth--;
  }

  private members(): void {
    if (this.skip(CLOSE_BRACE)) return;
    const keys = new KeySet();
    do {
      this.space();
      const start = this.position;
      const key = this.key();
      if (!keys.add(key)) this.fail(`duplicate key ${quote(key)}`, start);
      this.space();
      if (!this.skip(COLON)) this.fail('expected ":"');
      this.value();
    } while (this.skip(COMMA));
    if (!this.skip(CLOSE_BRACE)) this.fail('expected "," or "}"');
  }

  private elements(): void {
    if (this.skip(CLOSE_BRACKET)) return;
    do this.value();
    while (this.skip(COMMA));
    if (!this.skip(CLOSE_BRACKET)) this.fail('expected "," or "]"');
  }

  private key(): string {
    const start = this.position;
    if (this.text.charCodeAt(start) !== QUOTE) this.fail('expected a key in double quotes');
    const escaped = this.string();
    return escaped
      ? (JSON.parse(this.text.slice(start, this.position)) as string)
      : this.text.slice(start + 1, this.position - 1);
  }

  /** Answers whether there was an escape in it. */
  private string(): boolean {
    let escaped = false;
    for (this.position++; ; this.position++) {
      const char = this.text.charCodeAt(this.position);
      if (char === QUOTE) break;
      if (char === BACKSLASH) {
        escaped = true;
        this.escape();
      } else if (!(char >= 0x20)) {
        this.fail(this.position < this.text.length ? 'control character in a string' : 'string without an end');
      }
    }
    this.position++;
    return escaped;
  }

  private escape(): void {
    const char = this.text.charCodeAt(++this.position);
    if (char === LOWER_U) {
      if (!/^[0-9a-fA-F]{4}$/.test(this.text.slice(this.position + 1, this.position + 5))) {
        this.fail('expected four hexadecimal digits after \\u');
      }
      this.position += 4;
    } else if (!SIMPLE_ESCAPES.has(char)) {
      this.fail('unknown escape in a string');
    }
  }

  private number(): void {
    this.skip(MINUS);
    if (!this.skip(ZERO)) this.digits();
    if (this.skip(DOT)) this.digits();
    if ((this.text.charCodeAt(this.position) | 0x20) === 0x65) {
      this.position++;
      if (!this.skip(PLUS)) this.skip(MINUS);
      this.digits();
    }
  }

  private digits(): void {
    const start = this.position;
    while (isDigit(this.text.charCodeAt(this.position))) this.position++;
    if (this.position === start) this.fail('expected a digit');
  }

  private word(): void {
    const word = ['true', 'false', 'null'].find((candidate) => this.text.startsWith(candidate, this.position));
    if (word === undefined) this.fail(this.position < this.text.length ? 'expected a value' : 'unexpected end');
    else this.position += word.length;
  }

  private space(): void {
    for (; ; this.position++) {
      const char = this.text.charCodeAt(this.position);
      if (char !== 0x20 && char !== 0x0a && char !== 0x0d && char !== 0x09) return;
    }
  }

  private skip(char: number): boolean {
    if (this.text.charCodeAt(this.position) !== char) return false;
    this.position++;
    return true;
  }

  private fail(fault: string, position = this.position): never {
    throw new StrictJsonError(fault, new TextEncoder().encode(this.text.slice(0, position)).length);
  }
}

function isDigit(char: number): boolean {
  return char >= ZERO && char <= NINE;
}

const FEW_KEYS = 8;

/** The keys of one object. Most objects have so few that a list is cheaper than a set; the rest stay linear. */
class KeySet {
  private readonly few: string[] = [];
  private many?: Set<string>;

  /** Answers false when the key was there already. */
  add(key: string): boolean {
    if (this.many !== undefined) return this.many.size < this.many.add(key).size;
    if (this.few.includes(key)) return false;
    this.few.push(key);
    if (this.few.length > FEW_KEYS) this.many = new Set(this.few);
    return true;
  }
}
