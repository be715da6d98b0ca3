import { mkdir, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isBelow } from '../path.js';
import { DirectorySync } from './directory-sync.js';
import { errnoOf } from './errno.js';

const FOLDER_MODE = 0o755;
/** How often others may delete a folder between our making and our using it. */
const MAX_ATTEMPTS = 16;
const MAX_UNSYNCED = 1024;
const MAX_KNOWN = 1024;

/**
 * Makes folders where they are missing, and knows which of those that this process made are not yet sure to survive a
 * power cut: a file is only safe when the entries of all folders above it are. All paths are paths on this machine.
 */
export class Folders {
  /** Folders whose own entry was not yet synced, with a number that tells a folder from its re-made namesake. */
  readonly #unsynced = new Map<string, number>();
  readonly #making = new Set<Promise<unknown>>();
  /** Folders that were there a while ago, the oldest first. Most others that a file goes to are new (one for each blob). */
  readonly #known = new Set<string>();
  #madeCount = 0;

  constructor(private readonly directorySync = new DirectorySync()) {}

  /**
   * Runs `action`, which needs `folder`. The folder is made first, unless it is known or `expected` to be there; when the
   * action fails with ENOENT, it is made (again). When it fails for good, folders made here are removed, unless somebody
   * uses them by now.
   */
  async within<T>(folder: string, action: () => Promise<T>, expected = this.#known.has(folder)): Promise<T> {
    const made: string[] = [];
    for (let attempt = 1; ; attempt++) {
      try {
        if (attempt > 1 || !expected) await this.#make(folder, made);
        const result = await action();
        this.#remember(folder);
        return result;
      } catch (error) {
        this.#known.delete(folder);
        if (errnoOf(error) === 'ENOENT' && attempt < MAX_ATTEMPTS) continue;
        await this.#unmake(made);
        throw error;
      }
    }
  }

  /** Resolves when the present entries of `folder`, and the folder itself, survive a power cut. */
  async sync(folder: string): Promise<void> {
    // Others may have made our folder in a call whose end this process has not yet seen.
    if (this.#making.size > 0) await Promise.allSettled(this.#making);
    const syncs = [this.directorySync.sync(folder)];
    if (this.#unsynced.size > 0) {
      for (const above of upwards(folder)) {
        if (this.#unsynced.has(above)) syncs.push(this.#syncEntryOf(above));
      }
    }
    await Promise.all(syncs);
  }

  /** Takes note that what was at `source` is now at `target`; without a target, that it is gone. */
  moved(source: string, target?: string): void {
    for (const [folder, made] of [...this.#unsynced]) {
      if (folder !== source && !isBelow(folder, source)) continue;
      this.#unsynced.delete(folder);
      if (target !== undefined) this.#unsynced.set(target + folder.slice(source.length), made);
    }
  }

  #remember(folder: string): void {
    if (this.#known.size >= MAX_KNOWN && !this.#known.has(folder)) {
      const [oldest] = this.#known;
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.add(folder);
  }

  /** Makes `folder` and those above it where they are missing, and adds them to `made`. */
  async #make(folder: string, made: string[]): Promise<void> {
    const making = this.#makeWithParents(folder, made);
    this.#making.add(making);
    try {
      await making;
    } finally {
      this.#making.delete(making);
    }
    await this.#forgetOldest();
  }

  async #makeWithParents(folder: string, made: string[]): Promise<void> {
    try {
      await this.#makeOne(folder, made);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      await this.#makeWithParents(dirname(folder), made);
      await this.#makeOne(folder, made);
    }
  }

  async #makeOne(folder: string, made: string[]): Promise<void> {
    try {
      await mkdir(folder, FOLDER_MODE);
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return;
      throw error;
    }
    this.#unsynced.set(folder, ++this.#madeCount);
    made.push(folder);
  }

  async #unmake(made: string[]): Promise<void> {
    for (const folder of made.reverse()) {
      try {
        await rmdir(folder);
        this.#unsynced.delete(folder);
      } catch {
        // Somebody else uses the folder, or has removed it.
      }
    }
  }

  async #syncEntryOf(folder: string): Promise<void> {
    const made = this.#unsynced.get(folder);
    await this.directorySync.sync(dirname(folder));
    if (this.#unsynced.get(folder) === made) this.#unsynced.delete(folder);
  }

  /** What cannot be remembered is synced at once. */
  async #forgetOldest(): Promise<void> {
    while (this.#unsynced.size > MAX_UNSYNCED) {
      const [oldest] = this.#unsynced.keys();
      if (oldest !== undefined) await this.#syncEntryOf(oldest);
    }
  }
}

/** `folder`, the folder above it and so on, to the root of the machine. */
function* upwards(folder: string): Generator<string> {
  for (let at = folder; at !== dirname(at); at = dirname(at)) yield at;
}
