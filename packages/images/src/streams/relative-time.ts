const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const MONTH = 30 * DAY;
const YEAR = 365 * DAY;

/** How long ago a time is, as `oc` shows it: `3 weeks ago`; empty without a time. */
export function relativeTime(time: string | undefined, now: Date): string {
  if (time === undefined || time === '') return '';
  return `${duration(now.getTime() - Date.parse(time))} ago`;
}

/** As Docker's units print durations (`HumanDuration`). */
function duration(milliseconds: number): string {
  const whole = (unit: number) => Math.floor(milliseconds / unit);
  if (milliseconds < SECOND) return 'Less than a second';
  if (milliseconds < 2 * SECOND) return '1 second';
  if (milliseconds < MINUTE) return `${whole(SECOND)} seconds`;
  if (milliseconds < 2 * MINUTE) return 'About a minute';
  if (milliseconds < HOUR - MINUTE / 2) return `${whole(MINUTE)} minutes`;
  if (milliseconds < 2 * HOUR) return 'About an hour';
  if (milliseconds < 2 * DAY) return `${whole(HOUR)} hours`;
  if (milliseconds < 2 * WEEK) return `${whole(DAY)} days`;
  if (milliseconds < 2 * MONTH) return `${whole(WEEK)} weeks`;
  if (milliseconds < 2 * YEAR) return `${whole(MONTH)} months`;
  return `${whole(YEAR)} years`;
}
