import { describe, expect, it } from 'vitest';
import { ChangedRights } from './changed-rights.js';

describe('ChangedRights', () => {
  it.each<[what: string, added: string[], taken: readonly string[] | 'all']>([
    ['each namespace once', ['a', 'b', 'a'], ['a', 'b']],
    ['all where any can have changed', ['a', '', 'b'], 'all'],
    ['all where there are too many', Array.from({ length: 1001 }, (_, at) => `n${at}`), 'all'],
  ])('gives %s', (_what, added, taken) => {
    const rights = new ChangedRights();
    for (const namespace of added) rights.add(namespace);
    expect(rights.take()).toEqual(taken);
    expect([rights.isEmpty, rights.take()]).toEqual([true, []]);
  });

  it('wakes who waits, and does not let wait while there are some', async () => {
    const rights = new ChangedRights();
    const waiting = rights.some();
    rights.add('a');
    await waiting;
    await rights.some();
    expect(rights.take()).toEqual(['a']);
  });
});
