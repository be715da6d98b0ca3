import { BLOCK_SCALAR } from './yaml-outline.js';

/** What may begin a plain scalar. */
const PLAIN = /^[^\s[\]{},#&*!|>'"%@`]/;

/** What the reference's reader says of a tab that indents, and at which line, from 0. */
export interface TabProblem {
  words: string;
  line: number;
}

/**
 * Words the fault of a line that a tab indents, by what stands before it: a block scalar, or a plain scalar that the line may go
 * on with. Undefined when the offset is in no such line, or nothing of the kind stands before it.
 */
export function tabProblem(text: string, offset: number): TabProblem | undefined {
  const lines = text.slice(0, offset).split('\n');
  const rest = text.slice(offset).split('\n', 1)[0] ?? '';
  const line = lines.length - 1;
  const tab = /^( *)\t/.exec((lines[line] ?? '') + rest)?.[1]?.length;
  if (tab === undefined) return undefined;
  const header = blockScalarAbove(lines, line, tab);
  if (header !== undefined)
    return { words: 'found a tab character where an indentation space is expected', line: header };
  const before = lines.findLastIndex((other, index) => index < line && other.trim() !== '');
  const indent = plainScalarIndent(lines[before] ?? '');
  if (indent === undefined || tab >= indent) return undefined;
  return { words: 'found a tab character that violates indentation', line: before };
}

/** The line of the block scalar that reaches down to the line, when its contents are indented deeper than the tab. */
function blockScalarAbove(lines: readonly string[], line: number, tab: number): number | undefined {
  let contents = Infinity;
  for (let above = line - 1; above >= 0 && contents > 0; above--) {
    const text = lines[above] ?? '';
    if (text.trim() === '') continue;
    if (BLOCK_SCALAR.test(text) && contents > parentColumn(text)) return tab < contents ? above : undefined;
    contents = Math.min(contents, text.length - text.trimStart().length);
  }
  return undefined;
}

/** Where the key or the last dash of a line stands. */
function parentColumn(text: string): number {
  const lead = /^ *(?:- +)*/.exec(text)?.[0] ?? '';
  return /:(\s|$)/.test(text.slice(lead.length)) ? lead.length : lead.lastIndexOf('-');
}

/** How deep a line must be indented to go on with the plain scalar that ends this line. */
function plainScalarIndent(text: string): number | undefined {
  const lead = /^ *(?:- +)*/.exec(text)?.[0] ?? '';
  const content = text.slice(lead.length);
  const value = /^[^"'[{][^:]*:\s+(.*)$/.exec(content)?.[1] ?? (lead.includes('-') ? content : '');
  return PLAIN.test(value) && !/\s#/.test(value) ? parentColumn(text) + 1 : undefined;
}
