import type { Position } from './diagnostic.js';

/**
 * Finds the line and the column of an offset in a text. Columns count characters (code points), as YAML readers do, or bytes of
 * UTF-8, as the reference's JSON reader does.
 */
export class LineIndex {
  #lines?: readonly number[];
  #wide?: readonly number[];

  constructor(
    private readonly text: string,
    private readonly unit: 'characters' | 'bytes' = 'characters',
  ) {}

  /** Offsets beyond the text are taken as its end. Takes logarithmic time, however long the lines are. */
  position(offset: number): Position {
    const at = Math.min(offset, this.text.length);
    const lines = (this.#lines ??= lineStarts(this.text));
    const wide = (this.#wide ??= this.unit === 'bytes' ? moreBytes(this.text) : secondHalves(this.text));
    const line = countUpTo(lines, at);
    const start = lines[line - 1] ?? 0;
    const before = countUpTo(wide, at - 1) - countUpTo(wide, start - 1);
    return { line, column: at - start + (this.unit === 'bytes' ? before : -before) + 1 };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Where the second halves of characters stand that take two UTF-16 units. */
function secondHalves(text: string): number[] {
  return [...text.matchAll(/[\udc00-\udfff]/g)].map(({ index }) => index);
}

/** Where the UTF-16 units stand that take more than one byte: once for each more. Each half of a pair takes two. */
function moreBytes(text: string): number[] {
  return [...text.matchAll(/[^\0-\x7f]/g)].flatMap(({ 0: unit, index }) => {
    return unit < '\u0800' || (unit >= '\ud800' && unit < '\ue000') ? [index] : [index, index];
  });
}

/** How many of the ascending numbers are at most the given one. */
function countUpTo(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
