import type { Position } from './diagnostic.js';

/** Finds the line and the column of an offset in a text. Columns count characters (code points), as YAML readers do. */
export class LineIndex {
  #starts?: number[];

  constructor(private readonly text: string) {}

  /** Offsets beyond the text are taken as its end. */
  position(offset: number): Position {
    const starts = (this.#starts ??= lineStarts(this.text));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: characters(this.text, starts[low] ?? 0, offset) + 1 };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Counts surrogate pairs once. */
function characters(text: string, from: number, to: number): number {
  let count = 0;
  const end = Math.min(to, text.length);
  for (let at = from; at < end; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0xdc00 || unit > 0xdfff) count++;
  }
  return count;
}
