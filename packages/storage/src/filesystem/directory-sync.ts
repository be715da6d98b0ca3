import fs from 'node:fs';
import { fsync } from './descriptor.js';
import { errnoOf } from './errno.js';

interface Queue {
  /** Shared by all who came while a sync was running; it starts when that one has ended. */
  next: Promise<void> | undefined;
  running: Promise<void>;
}

/**
 * Makes new entries of folders survive a power cut, with few system calls: while one sync of a folder runs, all who ask
 * for another share the next one. (The running one may have begun before their entry was made, so they cannot share it.)
 */
export class DirectorySync {
  readonly #queues = new Map<string, Queue>();

  constructor(private readonly syncFolder: (folder: string) => Promise<void> = fsyncFolder) {}

  /** Resolves when every entry that `folder` (a path on this machine) had at the time of the call is safe. */
  sync(folder: string): Promise<void> {
    const queue = this.#queues.get(folder);
    if (queue === undefined) {
      const running = this.syncFolder(folder);
      this.#enqueue(folder, running);
      return running;
    }
    queue.next ??= queue.running.then(
      () => this.syncFolder(folder),
      () => this.syncFolder(folder),
    );
    return queue.next;
  }

  #enqueue(folder: string, running: Promise<void>): void {
    const queue: Queue = { running, next: undefined };
    this.#queues.set(folder, queue);
    const goOn = (): void => {
      if (queue.next === undefined) this.#queues.delete(folder);
      else this.#enqueue(folder, queue.next);
    };
    running.then(goOn, goOn);
  }
}

async function fsyncFolder(folder: string): Promise<void> {
  try {
    const fd = fs.openSync(folder, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
    try {
      await fsync(fd);
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    if (!isNothingToSync(error)) throw error;
  }
}

/**
 * A folder that is gone has no entries to keep (ENOENT). Some network and FUSE file systems cannot sync folders: they
 * answer EINVAL or ENOTSUP, and keep entries in their own way.
 */
function isNothingToSync(error: unknown): boolean {
  return ['ENOENT', 'EINVAL', 'ENOTSUP'].includes(errnoOf(error) ?? '');
}
