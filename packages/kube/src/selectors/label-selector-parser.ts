import { checkSelectorKey, labelRequirement, type LabelOperator, type LabelRequirement } from './label-requirement.js';
import { tokenizeLabelSelector, type Token, type TokenType } from './label-selector-tokens.js';
import { SelectorError } from './selector-error.js';

const BINARY_OPERATORS: Partial<Record<TokenType, LabelOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};

/**
 * The requirements of a selector text, sorted by key. Errors: SelectorError, worded as `labels.Parse` does. `in` and `notin`
 * are words like others but where an operator is expected.
 */
export function parseLabelRequirements(text: string): LabelRequirement[] {
  return new Parser(tokenizeLabelSelector(text)).parse().sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

class Parser {
  private position = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    if (this.peek().type === 'end') return requirements;
    if (!this.startsRequirement()) {
      throw new SelectorError(`found '${this.peek().text}', expected: !, identifier, or 'end of string'`);
    }
    for (;;) {
      requirements.push(this.requirement());
      const { type, text } = this.next();
      if (type === 'end') return requirements;
      if (type !== ',') throw new SelectorError(`found '${text}', expected: ',' or 'end of string'`);
      if (!this.startsRequirement()) {
        throw new SelectorError(`found '${this.peek().text}', expected: identifier after ','`);
      }
    }
  }

  private requirement(): LabelRequirement {
    try {
      const negated = this.peek().type === '!';
      if (negated) this.next();
      const key = this.identifier();
      checkSelectorKey(key, '<nil>');
      const { type } = this.peek();
      if (type === 'end' || type === ',') return labelRequirement(key, negated ? '!' : 'exists', []);
      if (negated) return labelRequirement(key, '!', []);
      const operator = this.operator();
      const values = operator === 'in' || operator === 'notin' ? this.list() : [this.exactValue()];
      return labelRequirement(key, operator, values);
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      throw new SelectorError(`unable to parse requirement: ${error.message}`);
    }
  }

  private identifier(): string {
    const { type, text } = this.next();
    if (type !== 'identifier') throw new SelectorError(`found '${text}', expected: identifier`);
    return text;
  }

  private operator(): LabelOperator {
    const token = this.tokens[this.position] as Token;
    this.position++;
    const operator = BINARY_OPERATORS[token.type];
    if (operator !== undefined) return operator;
    throw new SelectorError(`found '${token.text}', expected: in, notin, =, ==, !=, gt, lt`);
  }

  private exactValue(): string {
    const { type } = this.peek();
    return type === 'end' || type === ',' ? '' : this.identifier();
  }

  /** `(a,b)`; a missing value between commas or brackets is the empty one. */
  private list(): string[] {
    const open = this.next();
    if (open.type !== '(') throw new SelectorError(`found '${open.text}' expected: '('`);
    if (this.peek().type === ')') {
      this.next();
      return [];
    }
    if (this.peek().type !== ',' && this.peek().type !== 'identifier') {
      throw new SelectorError(`found '${this.peek().text}', expected: ',', ')' or identifier`);
    }
    const values: string[] = [];
    for (;;) {
      const isValue = this.peek().type === 'identifier';
      values.push(isValue ? this.next().text : '');
      const { type, text } = this.next();
      if (type === ')') return values;
      if (type === ',') continue;
      throw new SelectorError(`found '${text}', expected: ${isValue ? "',' or ')'" : "',', or identifier"}`);
    }
  }

  private startsRequirement(): boolean {
    const { type } = this.peek();
    return type === 'identifier' || type === '!';
  }

  private peek(): Token {
    const token = this.tokens[this.position] as Token;
    return token.type === 'in' || token.type === 'notin' ? { type: 'identifier', text: token.text } : token;
  }

  /** The next token; the one at the end is never passed. */
  private next(): Token {
    const token = this.peek();
    if (token.type !== 'end') this.position++;
    return token;
  }
}
