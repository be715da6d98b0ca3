import type { Span } from '../diagnostics/diagnostic.js';

/** A block scalar whose text is not indented (EL002), as documents print it. */
interface UnindentedBlock {
  /** The bar. */
  header: Span;
  /** The first line of the text that should be indented. */
  firstLine: Span;
  /** How many spaces are missing. */
  missing: number;
}

/** A text made readable, and the way back to the offsets of the file. */
interface MendedYaml {
  text: string;
  blocks: UnindentedBlock[];
  original: (offset: number) => number;
}

/** `key: |` at the end of a line, the key perhaps behind dashes of lists. */
const HEADER = /^((?: |- )*)([\w.-]+):[ \t]+[|>][+-]?[ \t]*\r?$/;
const STEP = 2;

/**
 * Indents the JSON texts of block scalars that stand at or left of their key, so that the rest of the file can be looked at.
 * Undefined when there are none.
 */
export function mendYaml(text: string): MendedYaml | undefined {
  const blocks: UnindentedBlock[] = [];
  const inserts: { at: number; count: number }[] = [];
  let start = 0;
  let open: { header: Span; column: number } | undefined;
  let inside: { depth: number; missing: number } | undefined;
  for (const line of text.split('\n')) {
    const indent = line.length - line.trimStart().length;
    const blank = line.trim() === '';
    if (inside === undefined && open !== undefined && !blank) {
      if (indent <= open.column && /^[[{]/.test(line.trimStart())) {
        const missing = open.column + STEP - indent;
        inside = { depth: 0, missing };
        blocks.push({
          header: open.header,
          firstLine: { start: start + indent, end: start + line.trimEnd().length },
          missing,
        });
      }
      open = undefined;
    }
    if (inside !== undefined) {
      if (!blank) inserts.push({ at: start, count: inside.missing });
      inside.depth += depthOf(line);
      if (inside.depth <= 0) inside = undefined;
    } else {
      const [, lead = '', key = ''] = HEADER.exec(line) ?? [];
      const bar = start + line.trimEnd().length - 1;
      if (key !== '') open = { header: { start: start + lead.length, end: bar + 1 }, column: lead.length };
    }
    start += line.length + 1;
  }
  return blocks.length === 0 ? undefined : { text: withSpaces(text, inserts), blocks, original: wayBack(inserts) };
}

/** How many more brackets a line of JSON opens than it closes, those in strings not counted. */
function depthOf(line: string): number {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const char = line[at];
    if (quoted && char === '\\') at++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && (char === '{' || char === '[')) depth++;
    else if (!quoted && (char === '}' || char === ']')) depth--;
  }
  return depth;
}

function withSpaces(text: string, inserts: readonly { at: number; count: number }[]): string {
  let mended = '';
  let from = 0;
  for (const { at, count } of inserts) {
    mended += text.slice(from, at) + ' '.repeat(count);
    from = at;
  }
  return mended + text.slice(from);
}

function wayBack(inserts: readonly { at: number; count: number }[]): (offset: number) => number {
  return (offset) => {
    let added = 0;
    for (const { at, count } of inserts) {
      if (at + added > offset) break;
      if (offset < at + added + count) return at;
      added += count;
    }
    return offset - added;
  };
}
