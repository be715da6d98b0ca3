/** How a scalar is written in YAML. */
export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

/**
 * Where each character of a scalar's value stands in the YAML text: an array one longer than the value. The two texts are
 * walked in step; indents, folded line breaks and escapes (YAML 1.2.2, 7.3 and 8.1) are what the value has lost.
 */
export function scalarOffsets(
  text: string,
  start: number,
  end: number,
  style: ScalarStyle,
  value: string,
): Uint32Array {
  const offsets = new Uint32Array(value.length + 1);
  const walk = style === 'literal' || style === 'folded' ? walkBlock : walkFlow;
  walk(text, start, end, style, value, offsets);
  return offsets;
}

type Walk = (text: string, start: number, end: number, style: ScalarStyle, value: string, offsets: Uint32Array) => void;

const walkBlock: Walk = (text, start, end, style, value, offsets) => {
  let at = lineAfter(text, start);
  const indent = blockIndent(text, at, value);
  at = skipIndent(text, at, indent);
  for (let index = 0; index < value.length; index++) {
    const isBreak = value[index] === '\n' || (style === 'folded' && value[index] === ' ' && isLineEnd(text, at));
    offsets[index] = Math.min(at, end);
    if (!isBreak) {
      at++;
      continue;
    }
    at = skipIndent(text, lineAfter(text, at), indent);
    // A folded block writes one line break more than the value has.
    if (style === 'folded' && value[index + 1] !== '\n') {
      while (at < end && isLineEnd(text, at)) at = skipIndent(text, lineAfter(text, at), indent);
    }
  }
  offsets[value.length] = Math.min(at, end);
};

/** The spaces that each line of a block scalar begins with: what its first text line has in the file and not in the value. */
function blockIndent(text: string, content: number, value: string): number {
  return leadingSpaces(text, content) - leadingSpaces(value, 0);
}

function leadingSpaces(text: string, from: number): number {
  for (let at = from; at < text.length; at = lineAfter(text, at)) {
    let first = at;
    while (text[first] === ' ') first++;
    if (!isLineEnd(text, first)) return first - at;
  }
  return 0;
}

const walkFlow: Walk = (text, start, end, style, value, offsets) => {
  const quoted = style !== 'plain';
  let at = quoted ? start + 1 : start;
  const last = quoted ? end - 1 : end;
  for (let index = 0; index < value.length;) {
    while (style === 'double' && text[at] === '\\' && isLineEnd(text, at + 1))
      at = skipBlank(text, lineAfter(text, at));
    const fold = foldLength(text, at);
    if (fold > 0) {
      const breaks = countBreaks(text, at, at + fold);
      const written = breaks === 1 ? 1 : breaks - 1;
      for (let n = 0; n < written && index < value.length; n++) offsets[index++] = Math.min(at, last);
      at += fold;
      continue;
    }
    offsets[index] = Math.min(at, last);
    const [taken, given] = style === 'double' ? escapeLength(text, at) : [quoted && text[at] === "'" ? 2 : 1, 1];
    for (let n = 1; n < given && index + n < value.length; n++) offsets[index + n] = Math.min(at, last);
    at += taken;
    index += given;
  }
  offsets[value.length] = last;
};

/** How many characters an escape takes in the text, and how many it gives to the value. */
function escapeLength(text: string, at: number): [taken: number, given: number] {
  if (text[at] !== '\\') return [1, 1];
  switch (text[at + 1]) {
    case 'x':
      return [4, 1];
    case 'u':
      return [6, 1];
    case 'U':
      return [10, parseInt(text.slice(at + 2, at + 10), 16) > 0xffff ? 2 : 1];
    default:
      return [2, 1];
  }
}

/** The length of blanks around at least one line break; 0 when the text goes on in this line. */
function foldLength(text: string, at: number): number {
  let end = skipBlank(text, at);
  if (!isLineEnd(text, end)) return 0;
  while (isLineEnd(text, end) && end < text.length) end = skipBlank(text, lineAfter(text, end));
  return end - at;
}

function countBreaks(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

function skipBlank(text: string, at: number): number {
  let end = at;
  while (text[end] === ' ' || text[end] === '\t') end++;
  return end;
}

function skipIndent(text: string, at: number, indent: number): number {
  let end = at;
  while (end < at + indent && text[end] === ' ') end++;
  return end;
}

function isLineEnd(text: string, at: number): boolean {
  return at >= text.length || text[at] === '\n' || (text[at] === '\r' && text[at + 1] === '\n');
}

function lineAfter(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end + 1;
}
