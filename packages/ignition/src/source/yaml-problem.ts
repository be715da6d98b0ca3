import type { YAMLParseError } from 'yaml';
import { InputError } from './input-text.js';
import type { LineIndex } from './line-index.js';

/**
 * What is wrong with a YAML text, in the words of the reference's YAML reader, which people search for. Its line numbers are
 * those of the enclosing collection for some problems (edge.md 1.2, stage 1); `position` is always the true place.
 */
export function yamlProblem(error: YAMLParseError, text: string, lines: LineIndex): InputError {
  const offset = error.pos[0];
  const position = lines.position(offset);
  const { words, line } = wordsOf(error, text, position.line, offset);
  const where = line > 0 ? `line ${line}: ` : '';
  return new InputError('yaml-syntax', `yaml: ${where}${words}`, position);
}

function wordsOf(
  { code, message }: YAMLParseError,
  text: string,
  line: number,
  offset: number,
): { words: string; line: number } {
  switch (code) {
    case 'TAB_AS_INDENT':
      return { words: 'found character that cannot start any token', line: scannerLine(line) };
    case 'BAD_INDENT':
      if (message.startsWith('Flow')) return { words: flowWords(message), line: flowLine(text, line, offset) };
      return { words: 'did not find expected key', line: enclosingMapLine(text, line, offset) };
    case 'UNEXPECTED_TOKEN':
      return { words: 'did not find expected key', line: enclosingMapLine(text, line, offset) };
    case 'MISSING_CHAR':
      if (message.includes('quote')) return { words: 'found unexpected end of stream', line: scannerLine(line) };
      if (message.startsWith('Flow')) return { words: flowWords(message), line: flowLine(text, line, offset) };
      return { words: "could not find expected ':'", line: scannerLine(line) };
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return { words: 'mapping values are not allowed in this context', line: scannerLine(line) };
    case 'BAD_DIRECTIVE':
      return { words: 'found unknown directive name', line: scannerLine(line) };
    case 'BAD_DQ_ESCAPE':
      return { words: 'found unknown escape character', line: scannerLine(line) };
    case 'BAD_SCALAR_START':
      return { words: 'found character that cannot start any token', line: scannerLine(line) };
    default:
      return { words: lowerFirst(message), line };
  }
}

/** The reader does not tell the first line. */
function scannerLine(line: number): number {
  return line > 1 ? line : 0;
}

function flowWords(message: string): string {
  return message.includes('map') ? "did not find expected ',' or '}'" : "did not find expected ',' or ']'";
}

/** The line before the flow collection that is not closed, or before the end when that is in the first line. */
function flowLine(text: string, line: number, offset: number): number {
  let closed = 0;
  for (let at = offset - 1; at >= 0; at--) {
    const char = text.charAt(at);
    if ('}]'.includes(char)) closed++;
    else if ('{['.includes(char) && closed-- === 0) return text.slice(0, at).split('\n').length - 1 || line - 1;
  }
  return line - 1;
}

/** The line before the block map that ends unexpectedly: the reader counts that line from 0. */
function enclosingMapLine(text: string, line: number, offset: number): number {
  const all = text.slice(0, offset).split('\n');
  const indent = indentOf(text.split('\n', line)[line - 1] ?? '');
  let start = 0;
  let least = Infinity;
  for (let at = Math.min(line - 1, all.length) - 1; at >= 0; at--) {
    const candidate = all[at] ?? '';
    if (candidate.trim() === '' || candidate.trimStart().startsWith('#')) continue;
    const own = indentOf(candidate);
    if (own < indent) {
      if (least === Infinity) start = at;
      else if (own < least) break;
      least = Math.min(least, own);
      if (own === least) start = at;
    }
  }
  return start;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
