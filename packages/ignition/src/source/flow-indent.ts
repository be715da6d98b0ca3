import { Outline } from './yaml-outline.js';

/** A text with spaces added, and where each place of it is in the original. */
export interface IndentedText {
  text: string;
  original: (offset: number) => number;
}

/** Wider or deeper texts are not worth a second try. */
const MAX_COLUMN = 1000;
const MAX_OPEN = 100;

/**
 * Indents the lines within flow collections and quoted scalars deeper than the block around them. The reference's reader does not
 * ask for that, while YAML does. Undefined when there is nothing to indent, or too much is open at once.
 */
export function indentFlow(text: string): IndentedText | undefined {
  const outline = new Outline();
  const added: { at: number; total: number }[] = [];
  let total = 0;
  let offset = 0;
  const lines: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (outline.open.length > MAX_OPEN) return undefined;
    const block = outline.open.findLast(({ kind }) => !kind.startsWith('flow'));
    const width = outline.isFlow && block && block.column < MAX_COLUMN ? block.column + 1 : 0;
    outline.line(line, index);
    if (width > 0) {
      total += width;
      added.push({ at: offset + total, total });
    }
    offset += line.length + 1;
    lines.push(' '.repeat(width) + line);
  }
  if (total === 0) return undefined;
  return { text: lines.join('\n'), original: (place) => place - addedBefore(added, place) };
}

function addedBefore(added: readonly { at: number; total: number }[], place: number): number {
  let [low, high] = [0, added.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((added[middle]?.at ?? Infinity) <= place) low = middle + 1;
    else high = middle;
  }
  return added[low - 1]?.total ?? 0;
}
