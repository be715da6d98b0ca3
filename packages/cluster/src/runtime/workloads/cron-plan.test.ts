import { describe, expect, it } from 'vitest';
import { dueTime, nextTime, outOfLimits } from './cron-plan.js';

const at = (text: string) => Date.parse(`2030-01-${text}Z`);
const spec = (schedule: string, more: object = {}) => ({ schedule, jobTemplate: {}, ...more });

describe('the next time', () => {
  it.each([
    ['*/5 * * * *', '01T00:01:00', '01T00:05:00'],
    ['0 0 * * *', '01T00:00:00', '02T00:00:00'],
    ['@daily', '01T12:00:00', '02T00:00:00'],
    ['0 0 15 * mon', '01T00:00:00', '07T00:00:00'],
    ['30 ? * * ?', '01T00:00:00', '01T00:30:00'],
    ['@every 1h30m', '01T00:00:10', '01T01:30:10'],
  ])('of %s behind %s is %s', (schedule, after, expected) => {
    expect(nextTime(schedule, 'UTC', at(after))).toBe(at(expected));
  });
});

describe('the time that is due', () => {
  it.each([
    [spec('0 * * * *'), '01T00:10:00', '01T00:59:59', undefined, '01T01:00:00'],
    [spec('0 * * * *'), '01T00:10:00', '01T03:30:00', '01T03:00:00', '01T04:00:00'],
    [spec('0 * * * *', { startingDeadlineSeconds: 600 }), '01T00:10:00', '01T03:30:00', undefined, '01T04:00:00'],
    [spec('* * * * *'), '01T00:00:00', '20T00:00:30', '20T00:00:00', '20T00:01:00'],
  ])('%j since %s at %s', (cron, since, now, due, next) => {
    const found = dueTime({ ...cron, timeZone: 'UTC' }, at(since), at(now));
    expect([found.due, found.next]).toEqual([due && at(due), at(next)]);
  });
});

it('keeps as many ended jobs as it is told, the newest', () => {
  const counts = { succeeded: ['a', 'b', 'c', 'd'], failed: ['x', 'y'] };
  expect(outOfLimits(spec('@daily'), counts)).toEqual(['a', 'x']);
  expect(outOfLimits(spec('@daily', { successfulJobsHistoryLimit: 0 }), counts)).toEqual(['a', 'b', 'c', 'd', 'x']);
});
