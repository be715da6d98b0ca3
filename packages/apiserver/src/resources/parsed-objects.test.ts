import { expect, it } from 'vitest';
import { ParsedObjects } from './parsed-objects.js';

const entry = (key: string, revision: number, megabytes = 3) => ({
  key,
  revision,
  value: Buffer.alloc(megabytes * 2 ** 20),
});
const stored = (name: string) => ({ metadata: { name } });

it('keeps what was used last, up to a number of bytes', () => {
  const objects = new ParsedObjects();
  const [a, b] = [stored('a'), stored('b')];
  objects.add(entry('/a', 1), a);
  objects.add(entry('/b', 1), b);
  expect(objects.get(entry('/a', 1))).toBe(a);
  expect(objects.get(entry('/a', 2))).toBeUndefined();
  objects.add(entry('/c', 1), stored('c'));
  expect(objects.get(entry('/b', 1))).toBeUndefined();
  expect(objects.get(entry('/a', 1))).toBe(a);
});

it('does not keep what is larger than all', () => {
  const objects = new ParsedObjects();
  objects.add(entry('/a', 1, 9), stored('a'));
  expect(objects.get(entry('/a', 1))).toBeUndefined();
});
