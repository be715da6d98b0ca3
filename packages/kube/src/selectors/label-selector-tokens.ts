/** The words of a label selector (apimachinery `labels.Lexer`). */

export type TokenType = 'end' | 'identifier' | 'in' | 'notin' | '!' | '=' | '==' | '!=' | '>' | '<' | '(' | ')' | ',';

export interface Token {
  type: TokenType;
  /** As written; empty at the end. */
  text: string;
}

const WORD_OR_SYMBOL = /[ \t\r\n]*(?:(==|!=|[=!(),<>])|([^ \t\r\n=!(),<>]+))/y;

/** All tokens, with one of type `end` behind them. */
export function tokenizeLabelSelector(text: string): Token[] {
  const tokens: Token[] = [];
  WORD_OR_SYMBOL.lastIndex = 0;
  for (;;) {
    const match = WORD_OR_SYMBOL.exec(text);
    if (match === null) break;
    const [, symbol, word = ''] = match;
    if (symbol !== undefined) tokens.push({ type: symbol as TokenType, text: symbol });
    else tokens.push({ type: word === 'in' || word === 'notin' ? word : 'identifier', text: word });
  }
  tokens.push({ type: 'end', text: '' });
  return tokens;
}
