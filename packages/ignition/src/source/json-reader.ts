import { InputError } from './input-text.js';
import { LineIndex } from './line-index.js';
import type { MapEntry, SourceNode } from './source-node.js';
import { MAX_DEPTH } from './yaml-reader.js';

/** Values of a JSON text: bounds time and memory, since 16 MiB could hold eight million. */
const MAX_VALUES = 1_000_000;

/** A JSON text, parsed, with the place of each value. */
export interface JsonSource {
  root: SourceNode;
  lines: LineIndex;
}

const LITERALS = ['true', 'false', 'null'];
const ESCAPES: Record<string, string> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Reads a JSON text and keeps the place of each value. Throws {@link InputError} in the words of the reference's reader, with
 * the place behind the wrong character (edge.md 2.3; golden: `{not json` is told at column 3).
 */
export function readJson(text: string): JsonSource {
  const lines = new LineIndex(text, 'bytes');
  const reader = new JsonReader(text, lines);
  return { root: reader.document(), lines };
}

class JsonReader {
  #at = 0;
  #depth = 0;
  #values = 0;

  constructor(
    private readonly text: string,
    private readonly lines: LineIndex,
  ) {}

  document(): SourceNode {
    const root = this.#value('looking for beginning of value');
    this.#space();
    if (this.#at < this.text.length) throw this.#unexpected('after top-level value');
    return root;
  }

  #value(looking: string): SourceNode {
    this.#space();
    if (++this.#values > MAX_VALUES) throw this.#tooMuch(`has more than ${MAX_VALUES} values`);
    const next = this.text[this.#at];
    switch (next) {
      case '{':
        return this.#nested(() => this.#map());
      case '[':
        return this.#nested(() => this.#list());
      case '"': {
        const offset = this.#at;
        const value = this.#string();
        return { kind: 'scalar', offset, end: this.#at, value, plain: false };
      }
      default:
        if (next === '-' || isDigit(next)) return this.#number();
        return this.#literal(looking);
    }
  }

  #nested(read: () => SourceNode): SourceNode {
    if (++this.#depth > MAX_DEPTH) throw this.#tooMuch('is nested too deeply');
    const node = read();
    this.#depth--;
    return node;
  }

  #map(): SourceNode {
    const offset = this.#at++;
    const entries: MapEntry[] = [];
    this.#space();
    if (this.text[this.#at] === '}') this.#at++;
    else {
      for (;;) {
        entries.push(this.#entry());
        if (!this.#more('}', 'after object key:value pair')) break;
      }
    }
    return { kind: 'map', offset, end: this.#at, entries };
  }

  #entry(): MapEntry {
    this.#space();
    if (this.text[this.#at] !== '"') throw this.#unexpected('looking for beginning of object key string');
    const offset = this.#at;
    const name = this.#string();
    const key: SourceNode = { kind: 'scalar', offset, end: this.#at, value: name, plain: false };
    this.#space();
    if (this.text[this.#at] !== ':') throw this.#unexpected('after object key');
    this.#at++;
    return { key, name, value: this.#value('looking for beginning of value') };
  }

  #list(): SourceNode {
    const offset = this.#at++;
    const items: SourceNode[] = [];
    this.#space();
    if (this.text[this.#at] === ']') this.#at++;
    else {
      for (;;) {
        items.push(this.#value('looking for beginning of value'));
        if (!this.#more(']', 'after array element')) break;
      }
    }
    return { kind: 'list', offset, end: this.#at, items };
  }

  #more(close: string, after: string): boolean {
    this.#space();
    const next = this.text[this.#at];
    if (next !== ',' && next !== close) throw this.#unexpected(after);
    this.#at++;
    return next === ',';
  }

  #string(): string {
    let value = '';
    let from = ++this.#at;
    for (;;) {
      const next = this.text[this.#at];
      if (next === undefined || next < ' ') throw this.#unexpected('in string literal');
      if (next === '"') break;
      if (next !== '\\') {
        this.#at++;
        continue;
      }
      value += this.text.slice(from, this.#at++) + this.#escape();
      from = this.#at;
    }
    return value + this.text.slice(from, this.#at++);
  }

  #escape(): string {
    const next = this.text[this.#at] ?? '';
    if (next === 'u') {
      for (let digit = 1; digit <= 4; digit++) {
        this.#at++;
        if (!/^[0-9a-fA-F]$/.test(this.text[this.#at] ?? '')) {
          throw this.#unexpected('in \\u hexadecimal character escape');
        }
      }
      this.#at++;
      return String.fromCharCode(Number.parseInt(this.text.slice(this.#at - 4, this.#at), 16));
    }
    const escaped = ESCAPES[next];
    if (escaped === undefined) throw this.#unexpected('in string escape code');
    this.#at++;
    return escaped;
  }

  #number(): SourceNode {
    const offset = this.#at;
    if (this.text[this.#at] === '-') this.#at++;
    if (this.text[this.#at] === '0') this.#at++;
    else this.#digits('in numeric literal');
    if (this.text[this.#at] === '.') {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    if (this.text[this.#at] === 'e' || this.text[this.#at] === 'E') {
      this.#at++;
      if (this.text[this.#at] === '+' || this.text[this.#at] === '-') this.#at++;
      this.#digits('in exponent of numeric literal');
    }
    return { kind: 'scalar', offset, end: this.#at, value: this.text.slice(offset, this.#at), plain: true };
  }

  #digits(where: string): void {
    if (!isDigit(this.text[this.#at])) throw this.#unexpected(where);
    while (isDigit(this.text[this.#at])) this.#at++;
  }

  #literal(looking: string): SourceNode {
    const offset = this.#at;
    const literal = LITERALS.find((word) => word[0] === this.text[offset]);
    if (!literal) throw this.#unexpected(looking);
    for (const letter of literal) {
      if (this.text[this.#at] !== letter) throw this.#unexpected(`in literal ${literal} (expecting '${letter}')`);
      this.#at++;
    }
    return { kind: 'scalar', offset, end: this.#at, value: literal, plain: true };
  }

  #space(): void {
    while (' \t\r\n'.includes(this.text[this.#at] ?? 'x')) this.#at++;
  }

  #tooMuch(what: string): InputError {
    return new InputError('input-too-large', `the text ${what}`, this.lines.position(this.#at));
  }

  #unexpected(where: string): InputError {
    const character = this.text.codePointAt(this.#at);
    if (character === undefined) {
      return new InputError('json-syntax', 'unexpected end of JSON input', this.lines.position(this.text.length));
    }
    const shown = quotedCharacter(String.fromCodePoint(character));
    return new InputError('json-syntax', `invalid character ${shown} ${where}`, this.lines.position(this.#at + 1));
  }
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

function quotedCharacter(character: string): string {
  if (character === "'") return String.raw`'\''`;
  if (character === '"') return `'"'`;
  const json = JSON.stringify(character).slice(1, -1);
  return `'${json}'`;
}
