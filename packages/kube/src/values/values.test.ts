import { describe, expect, it } from 'vitest';
import { findCondition, isConditionTrue, setCondition, type Condition } from './condition.js';
import { resolveIntOrPercent } from './int-or-string.js';
import { formatMicroTime, formatTime, parseTime } from './time.js';

describe('times', () => {
  const date = new Date('2026-01-02T03:04:05.678Z');

  it('prints seconds and microseconds', () => {
    expect(formatTime(date)).toBe('2026-01-02T03:04:05Z');
    expect(formatMicroTime(date)).toBe('2026-01-02T03:04:05.678000Z');
  });

  it.each([
    ['2026-01-02T03:04:05Z', 1767323045000],
    ['2026-01-02T03:04:05.678123Z', 1767323045678],
    ['2026-01-02T04:04:05+01:00', 1767323045000],
    ['2026-01-02', undefined],
    ['2026-13-02T03:04:05Z', undefined],
    ['2026-01-02 03:04:05Z', undefined],
    ['yesterday', undefined],
  ])('reads %s', (text, expected) => {
    expect(parseTime(text)?.getTime()).toBe(expected);
  });
});

describe('setCondition', () => {
  const first = new Date('2026-01-01T00:00:00Z');
  const later = new Date('2026-01-02T00:00:00Z');
  const ready = { type: 'Ready', status: 'True', reason: 'Ok', message: '' } as const;
  const conditions: Condition[] = setCondition(undefined, ready, first);

  it('adds a condition with the time', () => {
    expect(conditions).toEqual([{ ...ready, lastTransitionTime: '2026-01-01T00:00:00Z' }]);
  });

  it('keeps the time while the status stays', () => {
    const changed = setCondition(conditions, { ...ready, reason: 'Fine', observedGeneration: 2 }, later);
    expect(changed).toEqual([
      { ...ready, reason: 'Fine', observedGeneration: 2, lastTransitionTime: '2026-01-01T00:00:00Z' },
    ]);
    expect(conditions[0]?.reason).toBe('Ok');
  });

  it('changes the time with the status, and keeps the others in order', () => {
    const two = setCondition(conditions, { ...ready, type: 'Done' }, first);
    const changed = setCondition(two, { ...ready, status: 'False' }, later);
    expect(changed.map(({ type, lastTransitionTime }) => [type, lastTransitionTime])).toEqual([
      ['Ready', '2026-01-02T00:00:00Z'],
      ['Done', '2026-01-01T00:00:00Z'],
    ]);
    expect(isConditionTrue(changed, 'Ready')).toBe(false);
    expect(isConditionTrue(changed, 'Done')).toBe(true);
    expect(findCondition(changed, 'None')).toBeUndefined();
  });
});

describe('resolveIntOrPercent', () => {
  it.each([
    [3, 10, 'up', 3],
    ['25%', 10, 'up', 3],
    ['25%', 10, 'down', 2],
    ['100%', 7, 'down', 7],
    ['3', 10, 'up', undefined],
    ['x%', 10, 'up', undefined],
    [1.5, 10, 'up', undefined],
  ] as const)('%j of %d, rounded %s: %j', (value, total, rounding, expected) => {
    expect(resolveIntOrPercent(value, total, rounding)).toBe(expected);
  });
});
