import { checkLabelValue, checkQualifiedName } from '../validation/names.js';
import { SelectorError } from './selector-error.js';

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/** One condition of a label selector. Made by {@link labelRequirement}, which checks it. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** Sorted, each once. */
  readonly values: readonly string[];
}

const invalid = (path: string, value: string, problem: string) => `${path}: Invalid value: ${value}: ${problem}`;

function valueCountProblem(operator: LabelOperator, count: number): string | undefined {
  switch (operator) {
    case 'in':
    case 'notin':
      return count === 0 ? "for 'in', 'notin' operators, values set can't be empty" : undefined;
    case '=':
    case '==':
    case '!=':
      return count === 1 ? undefined : 'exact-match compatibility requires one single value';
    case 'exists':
    case '!':
      return count === 0 ? undefined : 'values set must be empty for exists and does not exist';
    case 'gt':
    case 'lt':
      return count === 1 ? undefined : "for 'Gt', 'Lt' operators, exactly one value is required";
  }
}

/** A 64-bit integer as Go's `strconv.ParseInt` reads it, undefined for anything else. */
function parseInteger(text: string): bigint | undefined {
  if (text.length > 64 || !/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** Errors: SelectorError for a bad key. `path` is what Kubernetes prints before the problem. */
export function checkSelectorKey(key: string, path: string): void {
  const problems = checkQualifiedName(key);
  if (problems.length > 0) throw new SelectorError(invalid(path, JSON.stringify(key), problems.join('; ')));
}

/** A checked requirement. Errors: SelectorError with all problems, as `labels.NewRequirement` words them. */
export function labelRequirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const sorted = [...new Set(values)].sort();
  const problems: string[] = [];
  const ofKey = checkQualifiedName(key);
  if (ofKey.length > 0) problems.push(invalid('key', JSON.stringify(key), ofKey.join('; ')));
  const ofCount = valueCountProblem(operator, sorted.length);
  const list = `[]string{${sorted.map((value) => JSON.stringify(value)).join(', ')}}`;
  if (ofCount !== undefined) problems.push(invalid('values', list, ofCount));
  for (const [index, value] of sorted.entries()) {
    if ((operator === 'gt' || operator === 'lt') && parseInteger(value) === undefined) {
      const problem = "for 'Gt', 'Lt' operators, the value must be an integer";
      problems.push(invalid(`values[${index}]`, JSON.stringify(value), problem));
    }
    const ofValue = checkLabelValue(value);
    if (ofValue.length > 0) {
      problems.push(invalid(`values[${index}][${key}]`, JSON.stringify(value), ofValue.join('; ')));
    }
  }
  if (problems.length === 1) throw new SelectorError(problems[0]);
  if (problems.length > 1) throw new SelectorError(`[${problems.join(', ')}]`);
  return { key, operator, values: sorted };
}

export function matchesRequirement(
  { key, operator, values }: LabelRequirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'gt':
    case 'lt': {
      const actual = value === undefined ? undefined : parseInteger(value);
      const bound = parseInteger(values[0] ?? '');
      if (actual === undefined || bound === undefined) return false;
      return operator === 'gt' ? actual > bound : actual < bound;
    }
  }
}

export function formatRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`;
    case 'gt':
      return `${key}>${values[0] ?? ''}`;
    case 'lt':
      return `${key}<${values[0] ?? ''}`;
    default:
      return `${key}${operator}${values[0] ?? ''}`;
  }
}
