/** Durations as Go prints and reads them (`time.Duration`, `metav1.Duration`): `1h30m`, `1.5s`. */

export class DurationError extends Error {
  override readonly name = 'DurationError';
  readonly code = 'DURATION_INVALID';
}

const NANOSECONDS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1000n],
  ['µs', 1000n],
  ['μs', 1000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);
const MAX_NANOSECONDS = 2n ** 63n - 1n;
const MAX_LENGTH = 256;
const PART = /(\d*)(?:\.(\d*))?([^\d.]*)/y;

/** Nanoseconds. Errors: {@link DurationError} with Go's words. */
export function parseDuration(text: string): bigint {
  const invalid = new DurationError(`time: invalid duration ${JSON.stringify(text.slice(0, MAX_LENGTH))}`);
  const unsigned = text.replace(/^[+-]/, '');
  if (unsigned === '0') return 0n;
  if (unsigned === '' || text.length > MAX_LENGTH) throw invalid;
  let total = 0n;
  PART.lastIndex = 0;
  while (PART.lastIndex < unsigned.length) {
    const [, whole = '', fraction = '', unit = ''] = PART.exec(unsigned) ?? [];
    if (whole + fraction === '') throw invalid;
    if (unit === '') throw new DurationError(`time: missing unit in duration ${JSON.stringify(text)}`);
    const scale = NANOSECONDS.get(unit);
    if (scale === undefined) {
      throw new DurationError(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    }
    total += (BigInt(whole + fraction) * scale) / 10n ** BigInt(fraction.length);
    if (total > MAX_NANOSECONDS) throw invalid;
  }
  return text.startsWith('-') ? -total : total;
}

/** Milliseconds; what is finer becomes a fraction. Errors: as {@link parseDuration}. */
export function durationMilliseconds(text: string): number {
  return Number(parseDuration(text)) / 1e6;
}

/** As Go prints it: `1h0m0s`, `1.5s`, `2ms`, `0s`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s';
  const sign = nanoseconds < 0n ? '-' : '';
  const value = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (value < 1000n) return `${sign}${value}ns`;
  if (value < 1_000_000n) return `${sign}${decimal(value, 3)}µs`;
  if (value < 1_000_000_000n) return `${sign}${decimal(value, 6)}ms`;
  const hours = value / 3_600_000_000_000n;
  const minutes = (value / 60_000_000_000n) % 60n;
  const seconds = `${decimal(value % 60_000_000_000n, 9)}s`;
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0n ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

/** `value` / 10^`digits` without needless zeros. */
function decimal(value: bigint, digits: number): string {
  const unit = 10n ** BigInt(digits);
  const fraction = String(value % unit)
    .padStart(digits, '0')
    .replace(/0+$/, '');
  return fraction === '' ? `${value / unit}` : `${value / unit}.${fraction}`;
}
