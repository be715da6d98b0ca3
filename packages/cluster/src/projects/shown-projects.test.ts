import { describe, expect, it } from 'vitest';
import { ShownProjects, type ShownToUser } from './shown-projects.js';

const alice = { username: 'alice', groups: ['a', 'b'] };

describe('ShownProjects', () => {
  it.each<[what: string, past: (shown: ShownToUser) => void, has: Record<number, string>]>([
    ['nothing is remembered', () => undefined, { 5: 'visible' }],
    ['it was listed', (shown) => shown.listed(['u'], 5), { 4: 'visible', 5: 'u', 9: 'u' }],
    ['it came by a change of its own', (shown) => (shown.listed([], 5), shown.show('u', 7)), { 6: '', 7: 'u' }],
    ['it went by a change of its own', (shown) => (shown.listed(['u'], 5), shown.hide('u', 7)), { 6: 'u', 7: '' }],
    ['it came by a right', (shown) => (shown.listed([], 5), shown.show('u')), { 5: '', 6: 'u' }],
    ['it went by a right', (shown) => (shown.listed(['u'], 5), shown.hide('u')), { 5: 'u', 6: '' }],
    [
      'another client had been told of more when it came',
      (shown) => (shown.listed([], 5), shown.reached(8), shown.show('u', 7)),
      { 7: '', 8: '', 9: 'u' },
    ],
    [
      'another client had been told of it before',
      (shown) => (shown.listed([], 5), shown.show('u', 7), shown.reached(8), shown.show('u', 7)),
      { 6: '', 7: 'u' },
    ],
    ['a later list is without it', (shown) => (shown.listed(['u'], 5), shown.listed([], 7)), { 6: 'u', 7: '' }],
    ['it was read', (shown) => (shown.listed([], 5), shown.got('u', 3)), { 5: 'u' }],
    ['it was hidden twice', (shown) => (shown.listed(['u'], 5), shown.hide('u', 6), shown.hide('u', 9)), { 7: '' }],
  ])('knows what a client has when %s', (_what, past, has) => {
    for (const [revision, uids] of Object.entries(has)) {
      const shown = new ShownProjects().of(alice);
      past(shown);
      expect([...shown.at(Number(revision), ['visible'])].join()).toBe(uids);
    }
  });

  it('tells users apart by their groups too', () => {
    const memory = new ShownProjects();
    memory.of(alice).listed(['u'], 5);
    expect(memory.of({ ...alice, groups: ['b', 'a'] }).at(5, [])).toEqual(new Set(['u']));
    expect(memory.of({ ...alice, groups: ['a'] }).at(5, [])).toEqual(new Set());
  });

  it('takes who watches without a list to have what may be seen, but for what is known to have come later', () => {
    const shown = new ShownProjects().of(alice);
    shown.reached(5);
    shown.show('later');
    expect(shown.remembers(5)).toBe(false);
    expect(shown.at(5, ['u', 'later'])).toEqual(new Set(['u']));
    expect(shown.at(5, [])).toEqual(new Set());
  });

  it('forgets who has not come for longest', () => {
    const memory = new ShownProjects();
    const uids = Array.from({ length: 20_000 }, (_, at) => String(at));
    const users = ['a', 'b', 'c'].map((username) => ({ username, groups: [] }));
    for (const user of users.slice(0, 2)) memory.of(user).listed(uids, 5);
    memory.of(users[0] ?? alice);
    memory.of(users[2] ?? alice).listed(uids, 5);
    expect(users.map((user) => memory.of(user).size)).toEqual([20_000, 0, 20_000]);
  });

  it('does not keep more for one user alone', () => {
    const memory = new ShownProjects();
    for (let at = 0; at <= 50_000; at++) memory.of(alice).show(String(at));
    expect(memory.of(alice).size).toBe(0);
    memory.of(alice).show('u');
    expect(memory.of(alice).size).toBe(1);
  });
});
