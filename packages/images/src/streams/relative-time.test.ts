import { expect, it } from 'vitest';
import { relativeTime } from './relative-time.js';

const NOW = new Date('2026-06-01T00:00:00Z');

it.each([
  [0, 'Less than a second ago'],
  [1, '1 second ago'],
  [59, '59 seconds ago'],
  [60, 'About a minute ago'],
  [150, '2 minutes ago'],
  [3590, '59 minutes ago'],
  [3600, 'About an hour ago'],
  [5399, 'About an hour ago'],
  [5400, '2 hours ago'],
  [47 * 3600, '47 hours ago'],
  [3 * 86400, '3 days ago'],
  [20 * 86400, '2 weeks ago'],
  [90 * 86400, '3 months ago'],
  [800 * 86400, '2 years ago'],
])('%d seconds are %s', (seconds, text) => {
  expect(relativeTime(new Date(NOW.getTime() - seconds * 1000).toISOString(), NOW)).toBe(text);
});

it('shows nothing without a time', () => {
  expect(relativeTime(undefined, NOW)).toBe('');
});
