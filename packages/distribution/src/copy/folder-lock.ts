import { open, readFile, rm } from 'node:fs/promises';
import { CopyError } from './place.js';

const PID = /^\d{1,10}$/;

/**
 * Keeps others from writing to a folder until the returned function is called. The lock of a process that was killed does not
 * count. Errors: CopyError LOCKED.
 */
export async function lockFolder(path: string): Promise<() => Promise<void>> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = (await readFile(path, 'utf8').catch(() => '')).trim();
    if (attempt > 0 || isAlive(holder)) {
      throw new CopyError(
        'LOCKED',
        `${path}: process ${holder || '(unknown)'} writes to this folder; wait for it, or remove the file`,
      );
    }
    await rm(path, { force: true });
  }
}

function isAlive(pid: string): boolean {
  if (!PID.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
