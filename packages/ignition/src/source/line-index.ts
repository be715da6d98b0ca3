import type { Position } from './diagnostic.js';

/** Finds the line and the column of an offset in a text. Columns count characters (code points), as YAML readers do. */
export class LineIndex {
  #lines?: readonly number[];
  #pairs?: readonly number[];

  constructor(private readonly text: string) {}

  /** Offsets beyond the text are taken as its end. Takes logarithmic time, however long the lines are. */
  position(offset: number): Position {
    const at = Math.min(offset, this.text.length);
    const lines = (this.#lines ??= lineStarts(this.text));
    const pairs = (this.#pairs ??= secondHalves(this.text));
    const line = countUpTo(lines, at);
    const start = lines[line - 1] ?? 0;
    const secondHalvesBefore = countUpTo(pairs, at - 1) - countUpTo(pairs, start - 1);
    return { line, column: at - start - secondHalvesBefore + 1 };
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
