import { randomUUID } from 'node:crypto';
import type { StorageDriver } from '@longshore/storage';
import { TRASH } from './layout.js';
import { children, deleteIfPresent } from './storage-access.js';

/**
 * A place of its own for something on its way in or out. It carries the time, because a folder that is moved keeps the
 * modification time that it had.
 *
 * @param now ms since the epoch
 */
export const trashPlace = (now: number) => `${TRASH}/${Math.floor(now)}-${randomUUID()}`;

/** Deletes what processes that died left in the trash before `limit` (ms since the epoch). */
export async function emptyTrash(driver: StorageDriver, limit: number): Promise<void> {
  for await (const name of children(driver, TRASH)) {
    if (!(Number.parseInt(name, 10) >= limit)) await deleteIfPresent(driver, `${TRASH}/${name}`);
  }
}
