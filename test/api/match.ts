/**
 * Compares an answer with what a behaviour expects. Objects may have more fields than expected, lists may not. Strings in
 * angle brackets stand for what differs from run to run:
 *
 * `<any>` something, `<absent>` nothing, `<string>`, `<number>`, `<uid>`, `<time>`, `<text REGEX>`, `<starts TEXT>`.
 *
 * Returns the first difference, with its path; undefined when there is none.
 */
export function difference(actual: unknown, expected: unknown, path = ''): string | undefined {
  if (typeof expected === 'string' && /^<.*>$/s.test(expected)) return matcherDifference(actual, expected, path);
  if (Array.isArray(expected)) return listDifference(actual, expected, path);
  if (typeof expected === 'object' && expected !== null) return objectDifference(actual, expected, path);
  return actual === expected ? undefined : wrong(actual, expected, path);
}

const UID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

const MATCHERS: Record<string, (actual: unknown, argument: string) => boolean> = {
  any: (actual) => actual !== undefined,
  absent: (actual) => actual === undefined,
  string: (actual) => typeof actual === 'string',
  number: (actual) => typeof actual === 'number',
  uid: (actual) => typeof actual === 'string' && UID.test(actual),
  time: (actual) => typeof actual === 'string' && TIME.test(actual),
  text: (actual, regex) => typeof actual === 'string' && new RegExp(regex, 's').test(actual),
  starts: (actual, text) => typeof actual === 'string' && actual.startsWith(text),
};

function matcherDifference(actual: unknown, matcher: string, path: string): string | undefined {
  const [, name = '', argument = ''] = /^<(\w+)\s?(.*)>$/s.exec(matcher) ?? [];
  const matches = MATCHERS[name];
  if (matches === undefined) throw new Error(`${path}: there is no matcher ${matcher}`);
  return matches(actual, argument) ? undefined : wrong(actual, matcher, path);
}

function listDifference(actual: unknown, expected: unknown[], path: string): string | undefined {
  if (!Array.isArray(actual)) return wrong(actual, expected, path);
  if (actual.length !== expected.length) return wrong(actual, expected, `${path}.length`);
  for (const [index, each] of expected.entries()) {
    const found = difference(actual[index], each, `${path}[${index}]`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function objectDifference(actual: unknown, expected: object, path: string): string | undefined {
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return wrong(actual, expected, path);
  for (const [key, value] of Object.entries(expected)) {
    const found = difference((actual as Record<string, unknown>)[key], value, path === '' ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function wrong(actual: unknown, expected: unknown, path: string): string {
  return `${path || 'the body'}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
}
