import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { closeDescriptor, fsync, openDescriptor, secondsOf, writeAllAt } from './descriptor.js';
import { errnoOf } from './errno.js';
import type { Folders } from './folders.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = fs.constants;
export const FILE_MODE = 0o644;
export const SECRET_MODE = 0o600;

export interface NewFile {
  /** Milliseconds since the epoch. */
  modified: number;
  durable: boolean;
  mode: number;
}

/** The folder for what is not yet, or no longer, part of the storage. All paths are paths on this machine. */
export class TemporaryFiles {
  constructor(
    private readonly folder: string,
    private readonly folders: Folders,
  ) {}

  /** Writes a file of its own name; resolves with its path. */
  async write(content: Uint8Array, { modified, durable, mode }: NewFile): Promise<string> {
    const path = this.#newPath();
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    const fd = await this.folders.within(this.folder, () => openDescriptor(path, flags, mode));
    try {
      try {
        await writeAllAt(fd, content, 0);
        fs.futimesSync(fd, secondsOf(modified), secondsOf(modified));
        if (durable) await fsync(fd);
      } finally {
        if (durable) fs.closeSync(fd);
        else await closeDescriptor(fd);
      }
      return path;
    } catch (error) {
      await this.discard(path);
      throw error;
    }
  }

  /** Removes what `write` made, or does nothing when it is gone. */
  async discard(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true });
  }

  /** Takes a folder out of the storage in one step and removes it. */
  async removeFolder(path: string): Promise<void> {
    const doomed = this.#newPath();
    try {
      await this.folders.within(this.folder, () => rename(path, doomed));
    } catch {
      // Gone already, which rm will tell; or a full disk has no room for a temporary name, or another file system is out
      // of reach: then delete step by step.
      return rm(path, { recursive: true, force: false, maxRetries: 3 });
    }
    await this.discard(doomed);
  }

  /** Removes all that was last changed before `limit` (milliseconds since the epoch); resolves with their number. */
  async clean(limit: number): Promise<number> {
    let count = 0;
    for (const name of await namesIn(this.folder)) {
      const path = `${this.folder}/${name}`;
      // Moving a folder here changes its ctime, but not its mtime.
      const stats = await lstat(path).catch(ignoreAbsence);
      if (stats === undefined || stats.ctimeMs >= limit) continue;
      await this.discard(path);
      count++;
    }
    return count;
  }

  #newPath(): string {
    return `${this.folder}/${process.pid}-${randomBytes(12).toString('hex')}`;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(ignoreAbsence)) ?? [];
}

function ignoreAbsence(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error;
}
