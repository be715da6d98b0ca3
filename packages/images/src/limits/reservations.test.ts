import { expect, it } from 'vitest';
import { Reservations } from './reservations.js';

it('keeps what was reserved until it is removed, or too old', () => {
  let now = 0;
  const reservations = new Reservations<number>(() => now);
  reservations.add('proj', 'a', 1);
  now = 20_000;
  reservations.add('proj', 'b', 2);
  reservations.add('other', 'a', 3);
  expect([...reservations.of('proj')]).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
  reservations.remove('proj', 'c');
  reservations.remove('other', 'a');
  now = 30_000;
  expect([...reservations.of('proj')]).toEqual([['b', 2]]);
  expect([...reservations.of('other')]).toEqual([]);
  now = 50_000;
  expect([...reservations.of('proj')]).toEqual([]);
});
