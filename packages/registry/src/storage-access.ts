import { setImmediate as nextTurn } from 'node:timers/promises';
import { isNotFound, StorageError, type FileInfo, type StorageDriver } from '@longshore/storage';

/** `driver.stat`, with undefined for nothing; at once where the driver can (the hot paths of pull). */
export async function statOrUndefined(driver: StorageDriver, path: string): Promise<FileInfo | undefined> {
  if (driver.statNow) return driver.statNow(path);
  return driver.stat(path).catch(undefinedWhenAbsent);
}

/** `driver.get`, with undefined for nothing; at once where the driver can. */
export async function getOrUndefined(driver: StorageDriver, path: string, limit: number): Promise<Buffer | undefined> {
  if (driver.getNow) return driver.getNow(path, limit);
  return driver.get(path, limit).catch(undefinedWhenAbsent);
}

/** True for a move to a folder that is there and not empty. */
export const isExisting = (error: unknown) => error instanceof StorageError && error.code === 'ALREADY_EXISTS';

/** Deletes what may already be gone. Resolves with whether it was there. */
export async function deleteIfPresent(driver: StorageDriver, path: string): Promise<boolean> {
  try {
    await driver.delete(path);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Moves what may already be gone. Resolves with whether it was there. */
export async function moveIfPresent(driver: StorageDriver, source: string, target: string): Promise<boolean> {
  try {
    await driver.move(source, target, { durable: false });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Lets other work run now and then within a long loop whose steps are answered at once (`statNow`, `getNow`). */
export class Breather {
  private steps = 0;

  async breathe(): Promise<void> {
    if (++this.steps % 100 === 0) await nextTurn();
  }
}

/** All children of a folder, page by page; nothing when the folder is absent. */
export async function* children(driver: StorageDriver, folder: string, after?: string): AsyncGenerator<string> {
  const limit = 10_000;
  for (let last = after; ;) {
    const page = await driver.list(folder, { after: last, limit }).catch(undefinedWhenAbsent);
    if (!page) return;
    yield* page.names;
    last = page.names.at(-1);
    if (!page.more || last === undefined) return;
  }
}

function undefinedWhenAbsent(error: unknown): undefined {
  if (isNotFound(error)) return undefined;
  throw error;
}
