import { describe, expect, it } from 'vitest';
import { resolveScalar } from './yaml-scalar.js';

describe('resolveScalar', () => {
  it.each([
    ['', '!!null', null],
    ['~', '!!null', null],
    ['null', '!!null', null],
    ['true', '!!bool', true],
    ['False', '!!bool', false],
    ['yes', '!!str', 'yes'],
    ['0644', '!!int', 420],
    ['0o644', '!!int', 420],
    ['0x1a4', '!!int', 420],
    ['0b11', '!!int', 3],
    ['-0644', '!!int', -420],
    ['+5', '!!int', 5],
    ['1_000', '!!int', 1000],
    ['0850', '!!float', 850],
    ['1e3', '!!float', 1000],
    ['1.0', '!!float', 1],
    ['.5', '!!float', 0.5],
    ['99999999999999999999', '!!float', 1e20],
    ['.inf', '!!float', Infinity],
    ['2026-11-26', '!!timestamp', '2026-11-26'],
    ['<<', '!!merge', '<<'],
    ['1.2.3', '!!str', '1.2.3'],
    ['0x', '!!str', '0x'],
    ['-', '!!str', '-'],
  ])('takes %j for %s', (value, tag, resolved) => {
    expect(resolveScalar({ kind: 'scalar', offset: 0, end: 0, value, plain: true })).toEqual({ tag, value: resolved });
  });

  it('takes what is quoted or tagged as text for text', () => {
    const quoted = { kind: 'scalar', offset: 0, end: 0, value: '1', plain: false } as const;
    expect(resolveScalar(quoted).tag).toBe('!!str');
    expect(resolveScalar({ ...quoted, plain: true, tag: 'tag:yaml.org,2002:str' }).tag).toBe('!!str');
  });
});
