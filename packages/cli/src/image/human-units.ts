const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** Bytes in powers of 1000 with four digits, as `oc` prints them (docker's `units.HumanSize`): `392.9kB`, `1.05GB`. */
export function formatSize(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${Number(value.toPrecision(4))}${UNITS[unit]}`;
}

/** A length of time in its greatest unit (apimachinery's `ShortHumanDuration`): `5m`, `3d`, `2y`. */
export function formatSince(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  // Clocks that differ by a second are borne with.
  if (seconds < -1) return '<invalid>';
  if (seconds < MINUTE) return `${Math.max(seconds, 0)}s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}m`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)}h`;
  if (seconds < YEAR) return `${Math.floor(seconds / DAY)}d`;
  return `${Math.floor(seconds / YEAR)}y`;
}
