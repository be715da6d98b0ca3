/** A regular expression, taken apart. */
export type Pattern =
  | { readonly kind: 'empty' }
  /** One character out of ranges of code points, both ends included. */
  | { readonly kind: 'char'; readonly ranges: readonly Range[] }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly part: Pattern; readonly min: number; readonly max: number };

export type Range = readonly [from: number, to: number];
export type Assertion = 'begin' | 'end' | 'word' | 'no-word';

/** A regular expression that cannot be used. The message says what is wrong, not where. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
  readonly code = 'PATTERN_INVALID';
}

const LAST = 0x10ffff;
const MAX_LENGTH = 1000;
const MAX_DEPTH = 50;
/** As in Go's regexp package. */
const MAX_COUNT = 1000;

const DIGIT: readonly Range[] = [[0x30, 0x39]];
const UPPER: readonly Range[] = [[0x41, 0x5a]];
const LOWER: readonly Range[] = [[0x61, 0x7a]];
const WORD: readonly Range[] = [...DIGIT, ...UPPER, [0x5f, 0x5f], ...LOWER];
const SPACE: readonly Range[] = [
  [0x09, 0x0a],
  [0x0c, 0x0d],
  [0x20, 0x20],
];
const NOT_LINE_FEED = invert([[0x0a, 0x0a]]);

const CLASSES: Readonly<Record<string, readonly Range[]>> = {
  d: DIGIT,
  D: invert(DIGIT),
  w: WORD,
  W: invert(WORD),
  s: SPACE,
  S: invert(SPACE),
};

const NAMED: Readonly<Record<string, readonly Range[]>> = {
  alnum: [...DIGIT, ...UPPER, ...LOWER],
  alpha: [...UPPER, ...LOWER],
  digit: DIGIT,
  lower: LOWER,
  upper: UPPER,
  space: [[0x09, 0x0d], ...SPACE],
  word: WORD,
  xdigit: [...DIGIT, [0x41, 0x46], [0x61, 0x66]],
  punct: invert([[0, 0x20], ...DIGIT, ...UPPER, ...LOWER, [0x7f, LAST]]),
};

const ASSERTIONS: Readonly<Record<string, Assertion>> = { A: 'begin', z: 'end', b: 'word', B: 'no-word' };
const ESCAPES: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

/**
 * Takes a regular expression apart, in the syntax of Go's regexp package, which distribution's files are written for.
 * Without Unicode classes, `\Q…\E`, and flags other than `i` and `s`. Throws PatternError.
 */
export function parsePattern(source: string): Pattern {
  if (source.length > MAX_LENGTH) throw new PatternError(`longer than ${MAX_LENGTH} characters`);
  return new PatternParser(Array.from(source)).parse();
}

class PatternParser {
  private at = 0;
  private depth = 0;
  private ignoreCase = false;
  private dotAll = false;

  constructor(private readonly chars: readonly string[]) {}

  parse(): Pattern {
    const pattern = this.choice();
    if (this.at < this.chars.length) throw new PatternError('")" without "("');
    return pattern;
  }

  private choice(): Pattern {
    const parts = [this.sequence()];
    while (this.take('|')) parts.push(this.sequence());
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  private sequence(): Pattern {
    const parts: Pattern[] = [];
    while (this.at < this.chars.length && this.peek() !== '|' && this.peek() !== ')') parts.push(this.repeated());
    return { kind: 'sequence', parts };
  }

  private repeated(): Pattern {
    const part = this.single();
    const count = this.count();
    if (!count) return part;
    this.take('?');
    if (this.count()) throw new PatternError('a repetition directly behind another');
    return { kind: 'repeat', part, ...count };
  }

  private count(): { min: number; max: number } | undefined {
    if (this.take('*')) return { min: 0, max: Infinity };
    if (this.take('+')) return { min: 1, max: Infinity };
    if (this.take('?')) return { min: 0, max: 1 };
    if (this.peek() !== '{') return undefined;
    const rest = this.chars.slice(this.at, this.at + 12).join('');
    const match = /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(rest);
    if (!match) return undefined;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === undefined ? Infinity : Number(match[3]);
    if (min > MAX_COUNT || (max > MAX_COUNT && max !== Infinity))
      throw new PatternError(`more than ${MAX_COUNT} times`);
    if (max < min) throw new PatternError('a repetition whose end is before its begin');
    this.at += match[0].length;
    return { min, max };
  }

  private single(): Pattern {
    const char = this.next();
    switch (char) {
      case '(':
        return this.group();
      case '[':
        return this.charClass();
      case '\\':
        return this.escape();
      case '.':
        return { kind: 'char', ranges: this.dotAll ? [[0, LAST]] : NOT_LINE_FEED };
      case '^':
        return { kind: 'assert', what: 'begin' };
      case '$':
        return { kind: 'assert', what: 'end' };
      case '*':
      case '+':
      case '?':
        throw new PatternError(`"${char}" with nothing to repeat`);
      default:
        return this.char([pointOf(char)]);
    }
  }

  private group(): Pattern {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw new PatternError(`groups nested deeper than ${MAX_DEPTH}`);
    const flags = [this.ignoreCase, this.dotAll] as const;
    const alone = this.take('?') && this.groupHead();
    const inner: Pattern = alone ? { kind: 'empty' } : this.choice();
    if (!this.take(')')) throw new PatternError('"(" without ")"');
    // Flags that stand alone, `(?i)`, hold until the end of the group around them.
    if (!alone) [this.ignoreCase, this.dotAll] = flags;
    this.depth -= 1;
    return inner;
  }

  /** Reads what follows `(?`; true when it sets flags and holds no pattern. */
  private groupHead(): boolean {
    const rest = this.chars.slice(this.at, this.at + 80).join('');
    const match = /^(?:P?<\w{1,64}>|([is]{0,2})([:)]))/.exec(rest);
    if (!match) throw new PatternError('a group that begins with "(?" and is not known here');
    if (match[1]?.includes('i')) this.ignoreCase = true;
    if (match[1]?.includes('s')) this.dotAll = true;
    const alone = match[2] === ')';
    this.at += match[0].length - (alone ? 1 : 0);
    return alone;
  }

  private escape(): Pattern {
    const letter = this.peek() ?? '';
    if (Object.hasOwn(ASSERTIONS, letter)) {
      this.at += 1;
      return { kind: 'assert', what: ASSERTIONS[letter]! };
    }
    return this.char(this.escaped());
  }

  /** What stands behind a backslash: one code point, or a class. */
  private escaped(): [point: number] | readonly Range[] {
    const letter = this.next('a backslash at the end');
    if (Object.hasOwn(CLASSES, letter)) return CLASSES[letter]!;
    if (Object.hasOwn(ESCAPES, letter)) return [ESCAPES[letter]!];
    if (letter === 'x') return [this.hex()];
    if (/[A-Za-z0-9]/.test(letter)) throw new PatternError(`"\\${letter}", which is not known here`);
    return [pointOf(letter)];
  }

  private hex(): number {
    const match = /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(this.chars.slice(this.at, this.at + 8).join(''));
    const point = match ? parseInt(match[1] ?? match[2]!, 16) : Infinity;
    if (!match || point > LAST) throw new PatternError('"\\x" without a character number');
    this.at += match[0].length;
    return point;
  }

  private charClass(): Pattern {
    const negated = this.take('^');
    const ranges: Range[] = [];
    for (let first = true; first || this.peek() !== ']'; first = false) ranges.push(...this.classItem());
    this.at += 1;
    const folded = this.ignoreCase ? withOtherCase(ranges) : ranges;
    return { kind: 'char', ranges: negated ? invert(folded) : folded };
  }

  private classItem(): readonly Range[] {
    const named = /^\[:(\^?)(\w{1,8}):\]/.exec(this.chars.slice(this.at, this.at + 14).join(''));
    if (named) {
      this.at += named[0].length;
      const ranges = Object.hasOwn(NAMED, named[2]!) ? NAMED[named[2]!]! : undefined;
      if (!ranges) throw new PatternError(`"${named[0]}", which is not known here`);
      return named[1] === '' ? ranges : invert(ranges);
    }
    const from = this.classPoint();
    if (!isPoint(from)) return from;
    if (this.peek() !== '-' || this.chars[this.at + 1] === ']') return [[from[0], from[0]]];
    this.at += 1;
    const to = this.classPoint();
    if (!isPoint(to) || to[0] < from[0]) throw new PatternError('a range in brackets whose end is before its begin');
    return [[from[0], to[0]]];
  }

  private classPoint(): [point: number] | readonly Range[] {
    const char = this.next('"[" without "]"');
    return char === '\\' ? this.escaped() : [pointOf(char)];
  }

  private char(what: [point: number] | readonly Range[]): Pattern {
    const ranges: readonly Range[] = isPoint(what) ? [[what[0], what[0]]] : what;
    return { kind: 'char', ranges: this.ignoreCase && isPoint(what) ? withOtherCase(ranges) : ranges };
  }

  private peek(): string | undefined {
    return this.chars[this.at];
  }

  private next(atEnd = 'an end where something must follow'): string {
    const char = this.chars[this.at];
    if (char === undefined) throw new PatternError(atEnd);
    this.at += 1;
    return char;
  }

  private take(char: string): boolean {
    if (this.peek() !== char) return false;
    this.at += 1;
    return true;
  }
}

function isPoint(what: [point: number] | readonly Range[]): what is [point: number] {
  return typeof what[0] === 'number';
}

function pointOf(char: string): number {
  return char.codePointAt(0)!;
}

/** All code points that are in none of the ranges. */
function invert(ranges: readonly Range[]): Range[] {
  const inverted: Range[] = [];
  let next = 0;
  for (const [from, to] of [...ranges].sort((left, right) => left[0] - right[0])) {
    if (from > next) inverted.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= LAST) inverted.push([next, LAST]);
  return inverted;
}

/** The ranges, and the ASCII letters in them in the other case. */
function withOtherCase(ranges: readonly Range[]): Range[] {
  const others = ranges.flatMap(([from, to]): Range[] => [
    [Math.max(from, 0x41) + 0x20, Math.min(to, 0x5a) + 0x20],
    [Math.max(from, 0x61) - 0x20, Math.min(to, 0x7a) - 0x20],
  ]);
  return [...ranges, ...others.filter(([from, to]) => from <= to)];
}
