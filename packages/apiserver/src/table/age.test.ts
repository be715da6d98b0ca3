import { describe, expect, it } from 'vitest';
import { ageSince, formatAge } from './age.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('formatAge', () => {
  it.each([
    [-5 * SECOND, '<invalid>'],
    [-1 * SECOND, '0s'],
    [0, '0s'],
    [119 * SECOND, '119s'],
    [2 * MINUTE, '2m'],
    [5 * MINUTE + 3 * SECOND, '5m3s'],
    [10 * MINUTE + 3 * SECOND, '10m'],
    [179 * MINUTE, '179m'],
    [3 * HOUR, '3h'],
    [7 * HOUR + 59 * MINUTE, '7h59m'],
    [47 * HOUR, '47h'],
    [2 * DAY + HOUR, '2d1h'],
    [8 * DAY + HOUR, '8d'],
    [729 * DAY, '729d'],
    [731 * DAY, '2y1d'],
    [9 * 365 * DAY, '9y'],
  ])('%i ms: %s', (milliseconds, text) => {
    expect(formatAge(milliseconds)).toBe(text);
  });

  it('of no time is unknown, of a wrong one invalid', () => {
    const now = new Date('2026-01-01T00:00:10Z');
    expect(ageSince(undefined, now)).toBe('<unknown>');
    expect(ageSince('yesterday', now)).toBe('<invalid>');
    expect(ageSince('2026-01-01T00:00:00Z', now)).toBe('10s');
  });
});
