/** systemd cuts longer lines. */
const MAX_LINE = 2048;

/** One `Name=value` of a unit file. */
export interface UnitOption {
  section: string;
  name: string;
  value: string;
}

/** A unit file cannot be read; the message is that of the reference's reader. */
export class UnitFileError extends Error {
  override readonly name = 'UnitFileError';
  readonly code = 'unit-content';
}

/**
 * The options of a unit file, in order. Reads as the reference does (edge.md 1.7): text before the first section is skipped, a
 * backslash at the end of a line continues it. Throws {@link UnitFileError}.
 */
export function parseUnitFile(text: string): UnitOption[] {
  return new UnitFileReader(text).options();
}

class UnitFileReader {
  #at = 0;
  #section = '';
  /** The end of the current line, or of one before. */
  #feed = -1;

  constructor(private readonly text: string) {}

  options(): UnitOption[] {
    const options: UnitOption[] = [];
    if (!this.#skipToSection()) return options;
    for (;;) {
      const next = this.text[this.#at];
      if (next === undefined) return options;
      this.#checkLine();
      if (next === '[') this.#readSection();
      else if (next === '#' || next === ';') this.#comment();
      else if (/\s/.test(next)) this.#at++;
      else options.push(this.#readOption());
    }
  }

  /** Any opening bracket begins a section there, but in a comment. */
  #skipToSection(): boolean {
    for (;;) {
      const next = this.text[this.#at];
      if (next === undefined) return false;
      if (this.#at > 0) this.#checkLine();
      if (next === '[') {
        this.#readSection();
        return true;
      }
      if (next === '#' || next === ';') this.#comment();
      else this.#at++;
    }
  }

  #readSection(): void {
    this.#checkLine();
    const end = this.text.indexOf(']', this.#at);
    if (end === -1) throw new UnitFileError('unable to find end of section');
    this.#section = this.text.slice(this.#at + 1, end);
    this.#at = end + 1;
    this.#checkLine();
    const garbage = this.#line().trim();
    if (garbage !== '') throw new UnitFileError(`found garbage after section name : ${JSON.stringify(garbage)}`);
  }

  #readOption(): UnitOption {
    const end = /[=\r\n]/.exec(this.text.slice(this.#at, this.#at + MAX_LINE));
    if (!end) throw new UnitFileError('EOF');
    if (end[0] !== '=') throw new UnitFileError('unexpected newline encountered while parsing option name');
    const name = this.text.slice(this.#at, this.#at + end.index).trim();
    this.#at += end.index + 1;
    let value = '';
    for (;;) {
      this.#checkLine();
      const line = this.#line();
      if (line.trim() === '') break;
      value += line;
      if (!line.endsWith('\\') || this.#at >= this.text.length) break;
      value += '\n';
    }
    return { section: this.#section, name, value: value.replace(/\n$/, '') };
  }

  /** A comment goes on behind a backslash, too, unlike for systemd itself. */
  #comment(): void {
    this.#at++;
    this.#checkLine();
    while (/\\ ?$/.test(this.#line()) && this.#at < this.text.length);
  }

  /** The rest of the line, without its end. */
  #line(): string {
    const feed = this.text.indexOf('\n', this.#at);
    const end = feed === -1 ? this.text.length : feed;
    const line = this.text.slice(this.#at, end);
    this.#at = feed === -1 ? end : end + 1;
    return line;
  }

  #checkLine(): void {
    if (this.#feed < this.#at) this.#feed = nextLineEnd(this.text, this.#at);
    // A UTF-16 unit takes three bytes at most.
    if (3 * (this.#feed - this.#at) < MAX_LINE) return;
    const bytes = Buffer.byteLength(this.text.slice(this.#at, Math.min(this.#feed, this.#at + MAX_LINE)));
    if (bytes >= MAX_LINE) throw new UnitFileError(`line too long (max ${MAX_LINE} bytes)`);
  }
}

/** Where the line at an offset ends, or the text. */
function nextLineEnd(text: string, from: number): number {
  const end = /[\r\n]/g;
  end.lastIndex = from;
  return end.exec(text)?.index ?? text.length;
}
