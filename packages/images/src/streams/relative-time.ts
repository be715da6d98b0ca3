const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** In hours. */
const DAY = 24;
const WEEK = 7 * DAY;
const MONTH = 30 * DAY;
const YEAR = 365 * DAY;

/** How long ago a time is, as `oc` shows it: `3 weeks ago`; empty without a time. */
export function relativeTime(time: string | undefined, now: Date): string {
  if (time === undefined || time === '') return '';
  return `${duration(now.getTime() - Date.parse(time))} ago`;
}

/** As Docker's units print durations (`HumanDuration`): from an hour on, hours are rounded, and all else counts these. */
function duration(milliseconds: number): string {
  const [seconds, minutes] = [SECOND, MINUTE].map((unit) => Math.floor(milliseconds / unit)) as [number, number];
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(milliseconds / HOUR);
  const whole = (unit: number) => Math.floor(hours / unit);
  if (hours === 1) return 'About an hour';
  if (hours < 2 * DAY) return `${hours} hours`;
  if (hours < 2 * WEEK) return `${whole(DAY)} days`;
  if (hours < 2 * MONTH) return `${whole(WEEK)} weeks`;
  if (hours < 2 * YEAR) return `${whole(MONTH)} months`;
  return `${Math.floor(milliseconds / HOUR / YEAR)} years`;
}
