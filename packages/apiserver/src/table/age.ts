const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** How long ago something was, in at most two units (apimachinery, `duration.HumanDuration`): `5m3s`, `3d2h`, `2y`. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  // Clocks that differ by a second are borne with.
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 2 * MINUTE) return `${seconds}s`;
  if (seconds < 10 * MINUTE) return twoUnits(seconds, MINUTE, 'm', 1, 's');
  if (seconds < 3 * HOUR) return oneUnit(seconds, MINUTE, 'm');
  if (seconds < 8 * HOUR) return twoUnits(seconds, HOUR, 'h', MINUTE, 'm');
  if (seconds < 2 * DAY) return oneUnit(seconds, HOUR, 'h');
  if (seconds < 8 * DAY) return twoUnits(seconds, DAY, 'd', HOUR, 'h');
  if (seconds < 2 * YEAR) return oneUnit(seconds, DAY, 'd');
  if (seconds < 8 * YEAR) return twoUnits(seconds, YEAR, 'y', DAY, 'd');
  return oneUnit(seconds, YEAR, 'y');
}

function oneUnit(seconds: number, unit: number, letter: string): string {
  return `${Math.floor(seconds / unit)}${letter}`;
}

function twoUnits(seconds: number, unit: number, letter: string, smaller: number, smallerLetter: string): string {
  const rest = Math.floor((seconds % unit) / smaller);
  return oneUnit(seconds, unit, letter) + (rest === 0 ? '' : `${rest}${smallerLetter}`);
}

/** The age of a time as objects carry it, as columns show it. */
export function ageSince(timestamp: string | undefined, now: Date): string {
  if (timestamp === undefined || timestamp === '') return '<unknown>';
  const time = Date.parse(timestamp);
  return Number.isNaN(time) ? '<invalid>' : formatAge(now.getTime() - time);
}
