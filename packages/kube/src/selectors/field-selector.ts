import { SelectorError } from './selector-error.js';

/** `metadata.name=web`, `status.phase!=Running`. */
export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** Which values of fields are meant (apimachinery `fields.ParseSelector`). Which fields there are, the server knows. */
export class FieldSelector {
  static readonly everything = new FieldSelector([]);

  private constructor(readonly requirements: readonly FieldRequirement[]) {}

  /** Reads `a=b,c!=d`; a backslash stands before `,`, `=` and itself in values. Errors: {@link SelectorError}. */
  static parse(text: string): FieldSelector {
    const terms = splitTerms(text).sort();
    return new FieldSelector(terms.filter((term) => term !== '').map((term) => parseTerm(term, text)));
  }

  /** `valueOf` answers the value of a field as text, empty when the object has none. */
  matches(valueOf: (field: string) => string): boolean {
    return this.requirements.every(({ field, operator, value }) => (valueOf(field) === value) === (operator === '='));
  }

  /** The value that the field must have, when the selector says exactly one. */
  exactMatch(field: string): string | undefined {
    return this.requirements.find((term) => term.field === field && term.operator === '=')?.value;
  }

  toString(): string {
    return this.requirements.map(({ field, operator, value }) => `${field}${operator}${escapeValue(value)}`).join(',');
  }
}

/** A value as a field selector holds it. */
export function escapeValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&');
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === ',') {
      terms.push(text.slice(start, index));
      start = index + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function parseTerm(term: string, selector: string): FieldRequirement {
  const match = /^([^=!]*(?:!(?!=)[^=!]*)*)(!=|==|=)/.exec(term);
  if (match === null) throw new SelectorError(`invalid selector: '${selector}'; can't understand '${term}'`);
  const [start, field = '', operator] = match;
  return { field, operator: operator === '!=' ? '!=' : '=', value: unescapeValue(term.slice(start.length)) };
}

function unescapeValue(text: string): string {
  let value = '';
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string;
    if (character === '\\') {
      const escaped = text[++index] ?? '';
      if (escaped === '' || !'\\,='.includes(escaped)) {
        throw new SelectorError(`invalid field selector: invalid escape sequence: \\${escaped}`);
      }
      value += escaped;
    } else if (character === '=' || character === ',') {
      // Kubernetes prints the number of the character.
      throw new SelectorError(`invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`);
    } else {
      value += character;
    }
  }
  return value;
}
