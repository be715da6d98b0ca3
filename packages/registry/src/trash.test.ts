import { InMemoryDriver } from '@longshore/storage';
import { expect, it } from 'vitest';
import { TRASH } from './layout.js';
import { emptyTrash, trashPlace } from './trash.js';

const HOUR = 3_600_000;
const NOW = 10 * HOUR;

it('keeps what was thrown away lately, however old it is itself', async () => {
  const driver = new InMemoryDriver({ now: () => 0 });
  const [old, fresh] = [trashPlace(NOW - HOUR - 1), trashPlace(NOW - HOUR + 0.5)];
  for (const place of [old, fresh]) await driver.put(`${place}/current/link`, Buffer.from('x'));
  await driver.put(`${TRASH}/not-ours`, Buffer.from('x'));
  await emptyTrash(driver, NOW - HOUR);
  expect((await driver.list(TRASH)).names.map((name) => `${TRASH}/${name}`)).toEqual([fresh]);
});

it('gives a place of its own each time', () => {
  expect(new Set(Array.from({ length: 100 }, () => trashPlace(NOW))).size).toBe(100);
});

it('may find no trash', async () => {
  await expect(emptyTrash(new InMemoryDriver(), NOW)).resolves.toBeUndefined();
});
