import { describe, expect, it } from 'vitest';
import { parseStat } from './process-tree.js';

describe('parseStat', () => {
  it('reads parent and times behind a name with spaces and brackets', () => {
    const text = '42 (a ) b (c) R 7 42 42 0 -1 4194304 100 200 3 4 11 13 17 19 20 0 1 0';
    expect(parseStat(42, text)).toEqual({ pid: 42, parent: 7, ticks: 11 + 13 + 17 + 19 });
  });
});
