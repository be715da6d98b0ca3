import { describe, expect, it } from 'vitest';
import { readYaml } from './yaml-text.js';

describe('YAML bodies', () => {
  it.each([
    ['a: 1', { a: 1 }, []],
    ['a: 1\nb: {c: 2, c: 3}\na: 4', { a: 4, b: { c: 3 } }, ['b.c', 'a']],
    ['l:\n- x: 1\n- y: 1\n  y: 2', { l: [{ x: 1 }, { y: 2 }] }, ['l[1].y']],
    ['a: &x {k: v}\nb: *x', { a: { k: 'v' }, b: { k: 'v' } }, []],
    ['', null, []],
  ])('%j', (text, value, duplicates) => {
    expect(readYaml(text)).toEqual({ value, duplicates });
  });

  it.each([
    ['more keys than can be read while others wait', Array.from({ length: 30_000 }, (_, at) => `k${at}: 1`).join('\n')],
    [
      'more aliases than can be looked for',
      `a: &x 1\n${Array.from({ length: 101 }, (_, at) => `k${at}: *x`).join('\n')}`,
    ],
    ['no YAML', 'a: b: c'],
    ['lists in lists without end', '['.repeat(20_000)],
  ])('refuses %s', (_what, text) => {
    expect(() => readYaml(text)).toThrow();
  });
});
