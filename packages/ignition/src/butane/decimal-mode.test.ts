import { describe, expect, it } from 'vitest';
import { looksDecimal } from './decimal-mode.js';

describe('looksDecimal', () => {
  it.each([
    [644, false, true],
    [600, false, true],
    [755, false, true],
    [755, true, true],
    [0o644, false, false],
    [0o755, false, false],
    [493, false, false],
    [0, false, false],
    [0o070, false, false],
    [850, false, false],
    [-1, false, false],
    [99999, false, false],
    [4755, false, true],
    [1777, true, true],
    [1777, false, false],
    [0o1777, true, false],
    [644, true, false],
    [740, false, false],
  ])('%i, directory %s: %s', (mode, directory, expected) => {
    expect(looksDecimal(mode, directory)).toBe(expected);
  });
});
