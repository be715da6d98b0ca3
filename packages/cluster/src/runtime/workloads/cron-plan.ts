import { Cron } from 'croner';
import type { CronJobSpec } from 'kubernetes-types/batch/v1.js';

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const UNITS_MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The first time of a schedule behind another; milliseconds since 1970. Undefined when there is none any more. */
export function nextTime(schedule: string, timeZone: string | undefined, after: number): number | undefined {
  const every = /^@every (.+)$/.exec(schedule)?.[1];
  if (every !== undefined) return Math.floor(after / 1000) * 1000 + everyMs(every);
  // Where day of month and day of week are both given, one of them is enough, as in robfig/cron.
  const options = { legacyMode: true, ...(timeZone !== undefined && { timezone: timeZone }) };
  const pattern = (MACROS[schedule] ?? schedule).replaceAll('?', '*');
  return new Cron(pattern, options).nextRun(new Date(after))?.getTime();
}

/** At least a second, as in robfig/cron. */
function everyMs(text: string): number {
  const parts = [...text.matchAll(/(\d{1,9}(?:\.\d{1,9})?)(ns|us|ms|s|m|h)/g)];
  const sum = parts.reduce((total, [, number, unit = '']) => total + Number(number) * (UNITS_MS[unit] ?? 0), 0);
  return Math.max(1000, Math.floor(sum / 1000) * 1000);
}

export interface DueTime {
  /** The latest time that has come and was not served; undefined when there is none. */
  due?: number;
  /** The next time. */
  next?: number;
  /** A hundred or more were missed. */
  tooMany: boolean;
}

const MOST_MISSED = 100;

/**
 * Which time of a cron job is due. `since`: when it ran last, or was made. With `startingDeadlineSeconds`, what is older than
 * that is missed (`mostRecentScheduleTime`).
 */
export function dueTime(
  { schedule, timeZone, startingDeadlineSeconds: late }: CronJobSpec & { timeZone?: string },
  since: number,
  now: number,
): DueTime {
  let from = late === undefined ? since : Math.max(since, now - late * 1000);
  let due: number | undefined;
  let missed = 0;
  for (;;) {
    const next = nextTime(schedule, timeZone, from);
    if (next === undefined || next > now) {
      return { tooMany: missed >= MOST_MISSED, ...(due !== undefined && { due }), ...(next !== undefined && { next }) };
    }
    const gap = next - from;
    due = next;
    from = next;
    if (++missed === MOST_MISSED) from = nearNow(from, now, 10 * gap, (after) => nextTime(schedule, timeZone, after));
  }
}

/** After a long pause only the last times count: as near to now as there is still a time before it. */
function nearNow(from: number, now: number, window: number, next: (after: number) => number | undefined): number {
  for (let span = window; now - span > from; span *= 10) {
    if ((next(now - span) ?? Infinity) <= now) return now - span;
  }
  return from;
}

export interface CronCounts {
  /** Names, oldest first. */
  succeeded: readonly string[];
  failed: readonly string[];
}

/** Names of ended jobs that are no longer kept. */
export function outOfLimits(
  { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 }: CronJobSpec,
  { succeeded, failed }: CronCounts,
): string[] {
  const beyond = (names: readonly string[], limit: number) => names.slice(0, Math.max(0, names.length - limit));
  return [...beyond(succeeded, successfulJobsHistoryLimit), ...beyond(failed, failedJobsHistoryLimit)];
}
