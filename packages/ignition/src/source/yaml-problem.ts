import type { YAMLParseError } from 'yaml';
import { InputError } from './input-text.js';
import type { LineIndex } from './line-index.js';
import { tabProblem } from './yaml-tab.js';
import { openCollections, type OpenCollection } from './yaml-outline.js';

/**
 * What is wrong with a YAML text, in the words of the reference's YAML reader, which people search for. Its line numbers are
 * odd: faults of structure count from 0 and are told at the start of the collection; `position` is always the true place.
 */
export function yamlProblem(error: YAMLParseError, text: string, lines: LineIndex): InputError {
  const offset = firstVisible(text, error.pos[0]);
  const position = lines.position(error.pos[0]);
  const { words, line } = new Wording(error, text, offset, lines).tell();
  const where = line > 0 ? `line ${line}: ` : '';
  return new InputError('yaml-syntax', `yaml: ${where}${words}`, position);
}

interface Words {
  words: string;
  line: number;
}

class Wording {
  readonly #line: number;

  constructor(
    private readonly error: YAMLParseError,
    private readonly text: string,
    private readonly offset: number,
    private readonly lines: LineIndex,
  ) {
    this.#line = lines.position(offset).line - 1;
  }

  tell(): Words {
    const { code, message } = this.error;
    const tab = tabProblem(this.text, this.error.pos[0]);
    if (tab) return scanner(tab.words, tab.line);
    if (/quote$/.test(message)) return this.#unclosedQuote();
    if (/^[|>]/.test(this.text.slice(this.offset)) || message.startsWith('Block scalar header')) {
      return scanner('did not find expected comment or line break', this.#line);
    }
    switch (code) {
      case 'TAB_AS_INDENT':
      case 'BAD_SCALAR_START':
        return scanner('found character that cannot start any token', this.#line);
      case 'BAD_ALIAS':
        return scanner('did not find expected alphabetic or numeric character', this.#line);
      case 'BLOCK_IN_FLOW':
        return { words: 'did not find expected node content', line: this.#line };
      case 'BAD_DQ_ESCAPE':
        return scanner('found unknown escape character', this.#line);
      case 'BAD_DIRECTIVE':
        return scanner('found unknown directive name', this.#line);
      case 'MULTILINE_IMPLICIT_KEY':
        return this.#multilineKey();
      case 'BLOCK_AS_IMPLICIT_KEY':
        return message.startsWith('Nested') ? this.#valueNotAllowed() : this.#structure();
      case 'MISSING_CHAR':
        if (message.startsWith('Implicit map keys')) return scanner("could not find expected ':'", this.#line);
        return this.#structure();
      case 'BAD_INDENT':
      case 'UNEXPECTED_TOKEN':
        if (message.includes('block-seq-ind on same line')) {
          return scanner('block sequence entries are not allowed in this context', this.#line);
        }
        return this.#structure();
      default:
        return { words: message.charAt(0).toLowerCase() + message.slice(1), line: this.#line + 1 };
    }
  }

  #unclosedQuote(): Words {
    const quote = this.error.message.includes('"') ? '"' : "'";
    const before = this.text.slice(0, this.error.pos[0]);
    const start = Math.max(...[' ', '\n', '[', '{', ','].map((lead) => before.indexOf(lead + quote)));
    return scanner('found unexpected end of stream', this.lines.position(Math.max(start + 1, 0)).line - 1);
  }

  /** A key that must be one, since others stand at its column, needs its colon; else the next colon is one too many. */
  #multilineKey(): Words {
    const { column } = this.lines.position(this.offset);
    const open = this.#open(this.offset);
    if (open.at(-1)?.kind.startsWith('flow')) return this.#structure();
    const known = open.some(({ kind, column: own }) => kind === 'map' && own === column - 1);
    return known ? scanner("could not find expected ':'", this.#line) : this.#valueNotAllowed();
  }

  #valueNotAllowed(): Words {
    const colon = /:(\s|$)/.exec(this.text.slice(this.offset));
    const line = colon ? this.lines.position(this.offset + colon.index).line - 1 : this.#line;
    return scanner('mapping values are not allowed in this context', line);
  }

  /** Something stands where an entry of the open collection should be, or its end. */
  #structure(): Words {
    if (this.#missesNode()) return { words: 'did not find expected node content', line: this.#line };
    const open = this.#open(this.offset);
    const column = this.lines.position(this.offset).column - 1;
    const startsLine = this.text.slice(0, this.offset).split('\n').at(-1)?.trim() === '';
    const inner = open.findLast(({ kind, column: own }) => kind.startsWith('flow') || !startsLine || own <= column);
    const expected = this.#expected(inner);
    return { words: expected, line: inner?.line || this.#line };
  }

  /** A bracket closes, or a comma comes, where a value should be. */
  #missesNode(): boolean {
    return /^[}\],]/.test(this.text.slice(this.offset)) && /(^|[:[{,]|\s-)\s*$/.test(this.text.slice(0, this.offset));
  }

  #expected(inner: OpenCollection | undefined): string {
    switch (inner?.kind) {
      case 'flow list':
        return "did not find expected ',' or ']'";
      case 'flow map':
        return "did not find expected ',' or '}'";
      case 'list':
        return "did not find expected '-' indicator";
      default:
        return 'did not find expected key';
    }
  }

  #open(offset: number): OpenCollection[] {
    return openCollections(this.text, offset);
  }
}

/** Faults of characters are told at their line; the reader does not tell the first line. */
function scanner(words: string, line: number): Words {
  return { words, line: line > 0 ? line + 1 : 0 };
}

function firstVisible(text: string, offset: number): number {
  const rest = text.slice(offset);
  return offset + rest.length - rest.trimStart().length;
}
