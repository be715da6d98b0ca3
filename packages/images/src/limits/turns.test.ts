import { expect, it } from 'vitest';
import { Turns } from './turns.js';

const gate = () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
};

it('runs tasks of one key one after the other, also behind one that fails', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const [first, other] = [gate(), gate()];
  const a = turns.run('k', async () => {
    await first.opened;
    log.push('a');
    throw new Error('a failed');
  });
  const b = turns.run('k', async () => void log.push('b'));
  const c = turns.run('other', async () => {
    log.push('c');
    other.open();
  });
  await other.opened;
  first.open();
  await expect(a).rejects.toThrow('a failed');
  await Promise.all([b, c]);
  expect(log).toEqual(['c', 'a', 'b']);
});
