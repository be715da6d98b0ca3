const UNITS = new Set(['ns', 'us', 'µs', 'μs', 'ms', 's', 'm', 'h']);

/**
 * What is wrong with an evaluation interval, in the words of Go's duration parser; undefined when it is right: a duration such
 * as `1h30m`, or `never` or `watch` (edge.md 4.3).
 */
export function intervalProblem(text: string): string | undefined {
  if (text === 'never' || text === 'watch') return undefined;
  const invalid = `time: invalid duration ${JSON.stringify(text)}`;
  let rest = /^[-+]/.test(text) ? text.slice(1) : text;
  if (rest === '0') return undefined;
  if (rest === '') return invalid;
  while (rest !== '') {
    const number = /^(?:\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) return invalid;
    const unit = /^[^.\d]*/.exec(rest.slice(number.length))?.[0] ?? '';
    if (unit === '') return `time: missing unit in duration ${JSON.stringify(text)}`;
    if (!UNITS.has(unit)) return `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`;
    rest = rest.slice(number.length + unit.length);
  }
  return undefined;
}
