import { describe, expect, it } from 'vitest';
import { sumOfTimes } from './curl.js';

describe('sumOfTimes', () => {
  it('adds up', () => expect(sumOfTimes('200 100 0.25\n200 100 0.5\n', 100)).toBe(0.75));
  it.each(['401 100 0.25', '200 99 0.25'])('refuses %s', (line) => expect(() => sumOfTimes(line, 100)).toThrow(line));
});
