import type { DocumentPath } from './document-path.js';
import type { MapEntry, TreeNode } from './tree.js';

/** JSON text that is none, with the index at which reading stopped. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  readonly code = 'JSON_SYNTAX';

  constructor(
    message: string,
    readonly index: number,
  ) {
    super(message);
  }
}

const MAX_DEPTH = 100;
const ESCAPES: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', '/': '/' };
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS: [string, boolean | null][] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/**
 * Reads JSON (RFC 8259) into a tree. `offsetOf` tells where in the file a character of `text` stands, so that JSON inside a
 * YAML scalar or inside another JSON string keeps its places. Of equal keys the last one counts.
 * @throws JsonSyntaxError
 */
export function parseJsonTree(
  text: string,
  offsetOf: (index: number) => number = (index) => index,
  path?: DocumentPath,
): TreeNode {
  return new JsonReader(text, offsetOf).document(path);
}

class JsonReader {
  private at = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly offsetOf: (index: number) => number,
  ) {}

  document(path: DocumentPath | undefined): TreeNode {
    this.skipSpace();
    const node = this.value(path);
    this.skipSpace();
    if (this.at < this.text.length) this.fail(`expected the end of the JSON text, found ${this.here()}`);
    return node;
  }

  private value(path: DocumentPath | undefined): TreeNode {
    const char = this.text[this.at];
    if (char === '{' || char === '[') {
      if (++this.depth > MAX_DEPTH) this.fail(`nested more than ${MAX_DEPTH} levels deep`);
      const node = char === '{' ? this.map(path) : this.list(path);
      this.depth--;
      return node;
    }
    if (char === '"') return this.string(path);
    return this.word(path);
  }

  private map(path: DocumentPath | undefined): TreeNode {
    const start = this.at++;
    const entries = new Map<string, MapEntry>();
    for (this.skipSpace(); !this.take('}'); this.skipSpace()) {
      if (entries.size > 0) {
        this.expect(',');
        this.skipSpace();
      }
      if (this.text[this.at] !== '"') this.fail(`expected a key in double quotes, found ${this.here()}`);
      const key = this.string(path);
      const name = key.kind === 'scalar' ? String(key.value) : '';
      this.skipSpace();
      this.expect(':');
      this.skipSpace();
      const value = this.value({ parent: path, step: name });
      entries.set(name, { key: key.span, value });
    }
    return { kind: 'map', entries, span: this.span(start), path };
  }

  private list(path: DocumentPath | undefined): TreeNode {
    const start = this.at++;
    const items: TreeNode[] = [];
    for (this.skipSpace(); !this.take(']'); this.skipSpace()) {
      if (items.length > 0) {
        this.expect(',');
        this.skipSpace();
      }
      items.push(this.value({ parent: path, step: items.length }));
    }
    return { kind: 'list', items, span: this.span(start), path };
  }

  private string(path: DocumentPath | undefined): TreeNode {
    const start = this.at++;
    /** Index in the text of each value character that follows an escape; between them places run in parallel. */
    const jumps: { value: number; text: number }[] = [{ value: 0, text: this.at }];
    let value = '';
    for (;;) {
      const from = this.at;
      while (this.at < this.text.length && !this.isSpecial(this.text.charCodeAt(this.at))) this.at++;
      value += this.text.slice(from, this.at);
      if (this.take('"')) break;
      if (this.text[this.at] !== '\\') this.fail(`a string must not contain ${this.here()}`);
      value += this.escape();
      jumps.push({ value: value.length, text: this.at });
    }
    const { offsetOf } = this;
    return {
      kind: 'scalar',
      value,
      span: this.span(start),
      path,
      offsetOf: (index) => {
        let low = 0;
        let high = jumps.length - 1;
        while (low < high) {
          const middle = (low + high + 1) >> 1;
          if ((jumps[middle]?.value ?? 0) <= index) low = middle;
          else high = middle - 1;
        }
        const jump = jumps[low] ?? { value: 0, text: start };
        return offsetOf(jump.text + index - jump.value);
      },
    };
  }

  private isSpecial(code: number): boolean {
    return code === 0x22 || code === 0x5c || code < 0x20;
  }

  private escape(): string {
    const letter = this.text[this.at + 1] ?? '';
    if (letter === 'u') {
      const hex = this.text.slice(this.at + 2, this.at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.fail('expected four hexadecimal digits after \\u');
      this.at += 6;
      return String.fromCharCode(parseInt(hex, 16));
    }
    const char = ESCAPES[letter];
    if (char === undefined) this.fail(`\\${letter} is no escape of JSON`);
    this.at += 2;
    return char;
  }

  private word(path: DocumentPath | undefined): TreeNode {
    const start = this.at;
    const known = WORDS.find(([word]) => this.text.startsWith(word, start));
    NUMBER.lastIndex = start;
    const digits = known === undefined ? NUMBER.exec(this.text)?.[0] : undefined;
    if (known === undefined && digits === undefined) this.fail(`expected a value, found ${this.here()}`);
    this.at += (known?.[0] ?? digits ?? '').length;
    const value = known === undefined ? Number(digits) : known[1];
    return { kind: 'scalar', value, span: this.span(start), path, offsetOf: (index) => this.offsetOf(start + index) };
  }

  private span(start: number) {
    return { start: this.offsetOf(start), end: this.offsetOf(this.at - 1) + 1 };
  }

  private skipSpace(): void {
    while (' \t\n\r'.includes(this.text[this.at] ?? 'x')) this.at++;
  }

  private take(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private expect(char: string): void {
    if (!this.take(char)) this.fail(`expected '${char}', found ${this.here()}`);
  }

  private here(): string {
    const char = this.text[this.at];
    if (char === undefined) return 'the end of the text';
    return char < ' ' ? `the control character U+${char.charCodeAt(0).toString(16).padStart(4, '0')}` : `'${char}'`;
  }

  private fail(message: string): never {
    throw new JsonSyntaxError(message, this.at);
  }
}
