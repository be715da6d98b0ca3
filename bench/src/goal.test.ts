import { describe, expect, it } from 'vitest';
import { isMet, type Better, type Goal } from './goal.js';

describe('isMet', () => {
  const cases: [Goal | undefined, Better, number | undefined, number | undefined, boolean | undefined][] = [
    [{ ratio: 2 }, 'higher', 4, 2, true],
    [{ ratio: 2 }, 'higher', 3.9, 2, false],
    [{ ratio: 0.5 }, 'lower', 1, 2, true],
    [{ ratio: 0.5 }, 'lower', 1.1, 2, false],
    [{ absolute: 100 }, 'lower', 100, undefined, true],
    [{ absolute: 100 }, 'lower', 101, 5000, false],
    [{ ratio: 2 }, 'higher', 4, undefined, undefined],
    [{ ratio: 2 }, 'higher', undefined, 2, undefined],
    [{ ratio: 2 }, 'higher', 4, 0, undefined],
    [undefined, 'higher', 4, 2, undefined],
  ];
  it.each(cases)('goal %j, %s is better, %s against %s: %s', (goal, better, subject, peer, expected) =>
    expect(isMet(goal, better, subject, peer)).toBe(expected),
  );
});
