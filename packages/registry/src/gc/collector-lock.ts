import { isNotFound, StorageError, type StorageDriver } from '@longshore/storage';
import { OWN } from '../layout.js';
import { children, deleteIfPresent, statOrUndefined } from '../storage-access.js';
import { trashPlace } from '../trash.js';
import type { Owners } from '../uploads/owner.js';

const LOCK = `${OWN}/collecting`;
/** Other machines see by this that the collector lives. */
const TOUCH_EVERY_MS = 60_000;
const MAX_TRIES = 5;

/** Another collector is at work on the same storage. */
export class CollectorBusy extends Error {
  override readonly name = 'CollectorBusy';
  readonly code = 'COLLECTOR_BUSY';

  constructor(readonly owner: string) {
    super(`another garbage collection is running on this storage (${owner})`);
  }
}

/**
 * Makes this process the only collector of a storage: of two, each would miss what the other has put aside for its
 * verdict. The lock is a folder with one file, named after its owner. Of several that move such a folder into place, one
 * succeeds; of several that rename a dead owner's file, one does. Resolves with what ends it. Errors: CollectorBusy.
 */
export async function lockCollector(driver: StorageDriver, owners: Owners, now: () => number) {
  const own = `${LOCK}/${owners.own}`;
  for (let tries = 1; !(await begin(driver, owners.own, now())); tries++) {
    const busy = await takeOver(driver, owners, now());
    if (busy === undefined) break;
    if (busy !== 'gone' || tries === MAX_TRIES) throw new CollectorBusy(busy);
  }
  const timer = setInterval(() => void driver.touch(own).catch(() => undefined), TOUCH_EVERY_MS).unref();
  return async () => {
    clearInterval(timer);
    await deleteIfPresent(driver, own);
  };
}

/** Resolves with whether there was no lock. */
async function begin(driver: StorageDriver, own: string, now: number): Promise<boolean> {
  const aside = trashPlace(now);
  await driver.put(`${aside}/${own}`, new Uint8Array(), { durable: false });
  try {
    await driver.move(aside, LOCK, { durable: false });
    return true;
  } catch (error) {
    await deleteIfPresent(driver, aside);
    if (error instanceof StorageError && error.code === 'ALREADY_EXISTS') return false;
    throw error;
  }
}

/** Takes the lock of a collector that died. Resolves with the owner that keeps it, or `gone` when it has just ended. */
async function takeOver(driver: StorageDriver, owners: Owners, now: number): Promise<string | undefined> {
  for await (const owner of children(driver, LOCK)) {
    const held = `${LOCK}/${owner}`;
    const info = await statOrUndefined(driver, held);
    if (!info) return 'gone';
    if (owners.lives(owner, info.modified, now)) return owner;
    return (await rename(driver, held, `${LOCK}/${owners.own}`)) ? undefined : 'gone';
  }
  return 'gone';
}

async function rename(driver: StorageDriver, held: string, own: string): Promise<boolean> {
  try {
    await driver.touch(held); // so that other machines do not take it from us at once
    await driver.move(held, own, { durable: false });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
