import { statSync } from 'node:fs';
import { lockName } from '../../process-lock.js';
import { StoreError } from '../store.js';

/** Held until it is released or the process ends, however it ends. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Makes this process the only one that has the folder open. LMDB lets several in, but change feeds and history are kept for
 * one. Errors: StoreError `UNAVAILABLE` when another has it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const { dev, ino } = statSync(folder);
  const release = await lockName(`longshore-store-${dev}-${ino}`);
  if (release !== undefined) return { release };
  const message = `the store in ${folder} is open in another process: end that one first, or choose another folder`;
  throw new StoreError('UNAVAILABLE', message);
}
