import { isObject, own } from '../schema/json.js';

/** A path that cannot be read; the message names the place. */
export class JsonPathError extends Error {
  readonly code = 'JSON_PATH_INVALID';
  constructor(path: string, at: number, problem: string) {
    super(`invalid path ${JSON.stringify(path)} at ${at}: ${problem}`);
    this.name = 'JsonPathError';
  }
}

type Literal = string | number | boolean;

type Step =
  | { type: 'field'; name: string }
  | { type: 'index'; index: number }
  | { type: 'all' }
  | { type: 'filter'; path: readonly Step[]; operator?: Operator; value?: Literal };

type Operator = '==' | '!=' | '<=' | '>=' | '<' | '>';

const MAX_LENGTH = 1024;
const OPERATORS: readonly Operator[] = ['==', '!=', '<=', '>=', '<', '>'];

/** A path into an object as printer columns and scale subresources have it: the part of Kubernetes' JSONPath that they use. */
export class JsonPath {
  private constructor(private readonly steps: readonly Step[]) {}

  /** `.spec.replicas`, `.status.conditions[?(@.type=="Ready")].status`, `['a.b']`, `[0]`, `[*]`. Errors: JsonPathError. */
  static parse(text: string): JsonPath {
    return new JsonPath(new Parser(text).parse());
  }

  /** All values at the path, in order; empty when there are none. */
  find(value: unknown): unknown[] {
    return walk([value], this.steps);
  }

  /** The names of the fields, when the path has nothing but fields. */
  get fields(): string[] | undefined {
    const names = this.steps.flatMap((step) => (step.type === 'field' ? [step.name] : []));
    return names.length === this.steps.length ? names : undefined;
  }
}

function walk(values: unknown[], steps: readonly Step[]): unknown[] {
  let current = values;
  for (const step of steps) current = current.flatMap((value) => children(value, step));
  return current;
}

function children(value: unknown, step: Step): unknown[] {
  switch (step.type) {
    case 'field': {
      const child = isObject(value) ? own(value, step.name) : undefined;
      return child === undefined ? [] : [child];
    }
    case 'index': {
      const child: unknown = Array.isArray(value) ? value.at(step.index) : undefined;
      return child === undefined ? [] : [child];
    }
    case 'all':
      return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
    case 'filter':
      return Array.isArray(value) ? value.filter((item) => passes(item, step)) : [];
  }
}

function passes(item: unknown, { path, operator, value }: Extract<Step, { type: 'filter' }>): boolean {
  const [found] = walk([item], path);
  if (operator === undefined || value === undefined) return found !== undefined;
  if (typeof found !== typeof value) return false;
  const actual = found as Literal;
  switch (operator) {
    case '==':
      return actual === value;
    case '!=':
      return actual !== value;
    case '<=':
      return actual <= value;
    case '>=':
      return actual >= value;
    case '<':
      return actual < value;
    case '>':
      return actual > value;
  }
}

class Parser {
  private at = 0;

  constructor(private readonly text: string) {}

  parse(): Step[] {
    if (this.text.length > MAX_LENGTH) throw new JsonPathError('…', MAX_LENGTH, 'too long');
    const isWrapped = this.text.startsWith('{') && this.text.endsWith('}');
    if (isWrapped) this.at = 1;
    const end = this.text.length - (isWrapped ? 1 : 0);
    if (this.text[this.at] === '$') this.at++;
    if (this.at === end) this.fail('a field is missing');
    const steps: Step[] = [];
    while (this.at < end) steps.push(this.step());
    return steps;
  }

  private fail(problem: string): never {
    throw new JsonPathError(this.text, this.at, problem);
  }

  private take(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  private expect(text: string): void {
    if (!this.take(text)) this.fail(`expected ${text}`);
  }

  private step(): Step {
    if (this.take('[')) return this.bracket();
    this.expect('.');
    if (this.text[this.at] === '[') {
      this.at++;
      return this.bracket();
    }
    return { type: 'field', name: this.name() };
  }

  /** A field's name up to the next step; a backslash takes the next character as it is. */
  private name(): string {
    let name = '';
    while (this.at < this.text.length && !'.[]{}()=!<> '.includes(this.text[this.at] as string)) {
      if (this.text[this.at] === '\\') this.at++;
      name += this.text[this.at++] ?? '';
    }
    if (name === '') this.fail('a field is missing');
    return name;
  }

  private bracket(): Step {
    if (this.take('?(')) return this.filter();
    let step: Step;
    const character = this.text[this.at] ?? '';
    if (this.take('*')) step = { type: 'all' };
    else if (character === "'" || character === '"') step = { type: 'field', name: this.quoted() };
    else step = { type: 'index', index: this.number() };
    this.expect(']');
    return step;
  }

  private filter(): Step {
    this.expect('@');
    const path: Step[] = [];
    while (this.text[this.at] === '.' || this.text[this.at] === '[') path.push(this.step());
    this.spaces();
    const operator = OPERATORS.find((candidate) => this.take(candidate));
    this.spaces();
    const value = operator === undefined ? undefined : this.literal();
    this.spaces();
    this.expect(')]');
    return { type: 'filter', path, ...(operator !== undefined && { operator, value: value as Literal }) };
  }

  private spaces(): void {
    while (this.take(' '));
  }

  private literal(): Literal {
    const character = this.text[this.at] ?? '';
    if (character === '"' || character === "'") return this.quoted();
    if (this.take('true')) return true;
    if (this.take('false')) return false;
    return this.number();
  }

  private quoted(): string {
    const quote = this.text[this.at++];
    let value = '';
    while (this.at < this.text.length && this.text[this.at] !== quote) {
      if (this.text[this.at] === '\\') this.at++;
      value += this.text[this.at++] ?? '';
    }
    if (this.text[this.at++] !== quote) this.fail('the quote is not closed');
    return value;
  }

  private number(): number {
    const start = this.at;
    while (this.at < this.text.length && '+-.0123456789'.includes(this.text[this.at] as string)) this.at++;
    const value = Number(this.text.slice(start, this.at));
    if (start === this.at || Number.isNaN(value)) this.fail('expected a number, a quoted name or *');
    return value;
  }
}
