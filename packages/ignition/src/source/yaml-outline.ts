/** A block or flow collection that is open at some place of a YAML text. */
export interface OpenCollection {
  kind: 'map' | 'list' | 'flow map' | 'flow list';
  /** Of its first entry, or its bracket; both from 0. */
  line: number;
  column: number;
}

const KEY = /^(?:"(?:[^"\\]|\\.)*"\s*|'[^']*'\s*|[^\s"'#[\]{},&*!|>%@`](?:[^#:]|:(?=\S))*):(?:\s|$)/;
/** A key may have as many characters (YAML 1.1, section 9.3.1). */
const KEY_LENGTH = 1024;
/** The header of a block scalar at the end of a line. */
export const BLOCK_SCALAR = /(?:^|[\s:-])[|>][-+0-9]*\s*(?:#[^]*)?$/;

/**
 * Guesses from the indentation which collections are open at an offset, outermost first. Only used to word what is wrong with a
 * text that is no YAML.
 */
export function openCollections(text: string, offset: number): OpenCollection[] {
  const outline = new Outline();
  text
    .slice(0, offset)
    .split('\n')
    .forEach((line, index) => outline.line(line, index));
  return outline.open;
}

/** Follows a text line by line. */
export class Outline {
  readonly open: OpenCollection[] = [];
  /** The quote of a scalar that goes on in the next line. */
  #quote = '';
  /** Indentation of the collection whose block scalar is being passed over. */
  #scalarColumn?: number;

  /** True when the next line goes on with a flow collection or a quoted scalar: its indentation means nothing. */
  get isFlow(): boolean {
    return this.#quote !== '' || (this.open.at(-1)?.kind.startsWith('flow') ?? false);
  }

  line(text: string, line: number): void {
    if (this.#quote !== '') {
      this.#brackets(text, line, 0);
      return;
    }
    const indent = text.length - text.trimStart().length;
    if (text.trim() === '' || text.trimStart().startsWith('#')) return;
    if (this.#scalarColumn !== undefined && indent > this.#scalarColumn) return;
    this.#scalarColumn = undefined;
    if (this.open.at(-1)?.kind.startsWith('flow')) {
      this.#brackets(text, line, 0);
      return;
    }
    this.#block(text, line, indent);
  }

  #block(text: string, line: number, indent: number): void {
    let column = indent;
    this.#close(column, text.startsWith('-', column));
    while (/^-(\s|$)/.test(text.slice(column))) {
      this.#enter({ kind: 'list', line, column });
      const rest = text.slice(column + 1);
      column += 1 + rest.length - rest.trimStart().length;
    }
    const content = text.slice(column);
    if (KEY.test(content.slice(0, KEY_LENGTH))) this.#enter({ kind: 'map', line, column });
    if (BLOCK_SCALAR.test(content)) this.#scalarColumn = this.open.at(-1)?.column ?? -1;
    else this.#brackets(text, line, column);
  }

  /** A list may begin at the column of the map around it, and ends at the next key there. */
  #close(column: number, dash: boolean): void {
    for (;;) {
      const last = this.open.at(-1);
      const ended = last && (last.column > column || (last.column === column && last.kind === 'list' && !dash));
      if (!ended) return;
      this.open.pop();
    }
  }

  #enter(collection: OpenCollection): void {
    const last = this.open.at(-1);
    if (last?.column !== collection.column || last.kind !== collection.kind) this.open.push(collection);
  }

  #brackets(text: string, line: number, from: number): void {
    let quote = this.#quote;
    this.#quote = '';
    for (let column = from; column < text.length; column++) {
      const character = text[column] ?? '';
      if (quote !== '') {
        if (character === '\\' && quote === '"') column++;
        else if (character === quote) quote = '';
      } else if ((character === '"' || character === "'") && /[\s,[{:]/.test(text[column - 1] ?? ' '))
        quote = character;
      else if (character === '#' && /\s/.test(text[column - 1] ?? ' ')) return;
      else this.#bracket(character, line, column, text[column - 1] ?? ' ');
    }
    this.#quote = quote;
  }

  #bracket(character: string, line: number, column: number, before: string): void {
    const inFlow = this.open.at(-1)?.kind.startsWith('flow') ?? false;
    if ((character === '[' || character === '{') && (inFlow || /[\s:-]/.test(before))) {
      this.open.push({ kind: character === '[' ? 'flow list' : 'flow map', line, column });
    } else if (inFlow && (character === ']' || character === '}')) this.open.pop();
  }
}
