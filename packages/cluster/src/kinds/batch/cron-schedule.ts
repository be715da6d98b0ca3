/** When cron jobs run: five fields, as `robfig/cron` reads them. */

interface Range {
  min: number;
  max: number;
  names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly Range[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];
const DESCRIPTORS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

/** What is wrong with a schedule; undefined when it can be kept. */
export function scheduleProblem(schedule: string): string | undefined {
  if (schedule.startsWith('@')) {
    if (DESCRIPTORS.includes(schedule)) return undefined;
    const every = /^@every (.+)$/.exec(schedule)?.[1];
    if (every !== undefined && /^(\d{1,9}(\.\d{1,9})?(ns|us|ms|s|m|h)){1,6}$/.test(every)) return undefined;
    return `unrecognized descriptor: ${schedule}`;
  }
  const fields = schedule.trim().split(/\s+/).filter(Boolean);
  if (fields.length !== FIELDS.length)
    return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  for (const [at, range] of FIELDS.entries()) {
    for (const part of (fields[at] ?? '').split(',')) {
      const problem = partProblem(part, range);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

/** `*`, `5`, `1-5`, `0-30/15`, `mon-fri/2`. */
function partProblem(part: string, { min, max, names }: Range): string | undefined {
  const [span = '', step, ...more] = part.split('/');
  if (more.length > 0) return `too many slashes: ${part}`;
  if (step !== undefined) {
    if (!/^\d{1,9}$/.test(step))
      return `failed to parse int from ${step}: strconv.Atoi: parsing ${JSON.stringify(step)}: invalid syntax`;
    if (Number(step) === 0) return `step of range should be a positive number: ${part}`;
  }
  if (span === '*' || span === '?') return undefined;
  const ends = span.split('-');
  if (ends.length > 2) return `too many hyphens: ${part}`;
  const numbers: number[] = [];
  for (const end of ends) {
    const named = names?.indexOf(end.toLowerCase()) ?? -1;
    if (named < 0 && !/^\d{1,9}$/.test(end)) {
      return `failed to parse int from ${end}: strconv.Atoi: parsing ${JSON.stringify(end)}: invalid syntax`;
    }
    numbers.push(named >= 0 ? named + min : Number(end));
  }
  const [from = 0, to = from] = numbers;
  if (from < min) return `beginning of range (${from}) below minimum (${min}): ${part}`;
  if (to > max) return `end of range (${to}) above maximum (${max}): ${part}`;
  if (from > to) return `beginning of range (${from}) beyond end of range (${to}): ${part}`;
  return undefined;
}
