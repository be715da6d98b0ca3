import { describe, expect, it } from 'vitest';
import { parseLogOptions } from './log-options.js';

const NOW = Date.UTC(2030, 0, 1);
const DEFAULTS = { follow: false, previous: false, timestamps: false };
const parse = (query: string) => parseLogOptions(new URLSearchParams(query), NOW);

describe('the query of a log', () => {
  it.each<[string, object]>([
    ['', {}],
    ['follow=true&previous=1&timestamps', { follow: true, previous: true, timestamps: true }],
    ['follow=false&previous=0', {}],
    ['container=c', { container: 'c' }],
    ['container=', {}],
    ['tailLines=0', { tailLines: 0 }],
    ['tailLines=5&limitBytes=7', { tailLines: 5, limitBytes: 7 }],
    ['sinceSeconds=60', { since: NOW - 60_000 }],
    ['sinceTime=2029-12-31T23:00:00Z', { since: NOW - 3_600_000 }],
  ])('%s', (query, expected) => {
    expect(parse(query)).toEqual({ ...DEFAULTS, ...expected });
  });

  it.each([
    ['follow=maybe', 'follow'],
    ['tailLines=-1', 'tailLines'],
    ['tailLines=many', 'tailLines'],
    ['limitBytes=0', 'limitBytes'],
    ['sinceSeconds=0', 'sinceSeconds'],
    ['sinceTime=yesterday', 'sinceTime'],
    ['sinceSeconds=1&sinceTime=2029-12-31T23:00:00Z', 'at most one'],
  ])('%s is refused', (query, message) => {
    expect(() => parse(query)).toThrow(message);
  });
});
