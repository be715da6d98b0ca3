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

/** What a text may hold. Both bound the time and the memory that a hostile text of a bounded size can take. */
export interface StrictJsonLimits {
  /** Levels of nesting. Default 64. */
  maxDepth?: number;
  /** Values of all kinds at all levels. Default 200 000. */
  maxValues?: number;
}

const DEFAULT_DEPTH = 64;
const DEFAULT_VALUES = 200_000;

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
const LOWER_A = 0x61;
const LOWER_E = 0x65;
const LOWER_F = 0x66;
const LOWER_U = 0x75;
const HEX_DIGITS_OF_ESCAPE = 4;
const SIMPLE_ESCAPES = new Set([...'"\\/bfnrt'].map((char) => char.charCodeAt(0)));

/**
 * Checks the grammar in one pass. `JSON.parse` alone keeps the last of two equal keys and, in some engine versions, does
 * not say where an error is.
 */
export class JsonScanner {
  private readonly maxDepth: number;
  private readonly maxValues: number;
  private position = 0;
  private depth = 0;
  private values = 0;

  constructor(
    private readonly text: string,
    limits: StrictJsonLimits = {},
  ) {
    this.maxDepth = limits.maxDepth ?? DEFAULT_DEPTH;
    this.maxValues = limits.maxValues ?? DEFAULT_VALUES;
  }

  /** Throws StrictJsonError where the text leaves the grammar or the limits. */
  scan(): void {
    this.value();
    if (this.position < this.text.length) this.fail('unexpected text behind the value');
  }

  private value(): void {
    if (++this.values > this.maxValues) this.fail(`more than ${this.maxValues} values`);
    this.space();
    this.bareValue();
    this.space();
  }

  private bareValue(): void {
    const char = this.text.charCodeAt(this.position);
    if (char === QUOTE) this.string();
    else if (char === OPEN_BRACE) this.members();
    else if (char === OPEN_BRACKET) this.elements();
    else if (char === MINUS || isDigit(char)) this.number();
    else this.word();
  }

  private open(): void {
    if (++this.depth > this.maxDepth) this.fail(`nested deeper than ${this.maxDepth} levels`);
    this.position++;
    this.space();
  }

  /** Steps over the closing character when it is next. */
  private close(char: number): boolean {
    if (!this.skip(char)) return false;
    this.depth--;
    return true;
  }

  private members(): void {
    this.open();
    if (this.close(CLOSE_BRACE)) return;
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
    if (!this.close(CLOSE_BRACE)) this.fail('expected "," or "}"');
  }

  private elements(): void {
    this.open();
    if (this.close(CLOSE_BRACKET)) return;
    do this.value();
    while (this.skip(COMMA));
    if (!this.close(CLOSE_BRACKET)) this.fail('expected "," or "]"');
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
    const { text } = this;
    let escaped = false;
    for (let at = this.position + 1; ; at++) {
      const char = text.charCodeAt(at);
      if (char === QUOTE) {
        this.position = at + 1;
        return escaped;
      }
      if (char === BACKSLASH) {
        escaped = true;
        at = this.escape(at + 1);
      } else if (!(char >= 0x20)) {
        this.fail(at < text.length ? 'control character in a string' : 'string without an end', at);
      }
    }
  }

  /** Checks what follows a backslash and answers where its last character is. */
  private escape(at: number): number {
    const char = this.text.charCodeAt(at);
    if (SIMPLE_ESCAPES.has(char)) return at;
    if (char !== LOWER_U) this.fail('unknown escape in a string', at);
    const last = at + HEX_DIGITS_OF_ESCAPE;
    for (let digit = at + 1; digit <= last; digit++) {
      if (!isHexDigit(this.text.charCodeAt(digit))) this.fail('expected four hexadecimal digits after \\u', digit);
    }
    return last;
  }

  private number(): void {
    this.skip(MINUS);
    if (!this.skip(ZERO)) this.digits();
    if (this.skip(DOT)) this.digits();
    if ((this.text.charCodeAt(this.position) | 0x20) === LOWER_E) {
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

function isHexDigit(char: number): boolean {
  const lower = char | 0x20;
  return isDigit(char) || (lower >= LOWER_A && lower <= LOWER_F);
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
