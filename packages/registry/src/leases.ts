/**
 * How a push and the garbage collector agree about one file without a lock, across processes and replicas.
 *
 * A lease is the modification time of the file itself: a blob's data, a repository's link to a blob, a manifest's
 * revision link. Whoever is about to rely on the file (a mount, a HEAD that makes a client skip an upload, a manifest
 * that lists it) first takes a lease. The collector deletes only what is unreferenced and whose lease is older than the
 * lease time, counted back from the moment it began to mark.
 *
 *     push                                  collector
 *     P1 touch(file)                        C1 move(folder -> condemned)
 *     P2 stat(file)                         C2 stat(condemned file)
 *        there: go on                          fresh: move back
 *        gone:  treat as never uploaded        stale: delete
 *
 * Moves are atomic, so C1 lies before P2 or after it. After P2: then the touch P1 came before C1 and C2 sees the fresh
 * time and puts the file back. Before P2: the push sees that the file is gone and says so to its client, which uploads
 * again. In no order does a push go on with a file that the collector deletes. What the collector deletes is the folder
 * that it moved away, never what has been written to the old place since.
 *
 * A file that was leased again between mark and C1 is away for the moment between C1 and its return. Readers look for it
 * there too, and `take` waits for the verdict.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isNotFound, StorageError, type FileInfo, type StorageDriver } from '@longshore/storage';
import { LRUCache } from 'lru-cache';
import { deleteIfPresent, statOrUndefined } from './storage-access.js';

/** A file that can be leased and condemned: it stands alone in `folder` and is moved with it. */
export interface Leased {
  folder: string;
  file: string;
  /** Where the folder waits for the verdict. */
  condemned: string;
}

const pathOf = (leased: Leased) => `${leased.folder}/${leased.file}`;
const VERDICT_WAITS = 20;
const VERDICT_WAIT_MS = 10;

export class Leases {
  private readonly taken = new LRUCache<string, number>({ max: 10_000 });

  /** `leaseMs`: how long a lease protects; a lease is renewed after a quarter of it, so that not each HEAD writes. */
  constructor(
    private readonly driver: StorageDriver,
    readonly leaseMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** Takes or renews a lease. Resolves with the file's description, or undefined when it is (being) deleted. */
  async take(leased: Leased): Promise<FileInfo | undefined> {
    const path = pathOf(leased);
    for (let waits = 0; ; waits++) {
      const info = await this.touchAndStat(path);
      if (info || waits === VERDICT_WAITS) return info;
      if (!(await statOrUndefined(this.driver, leased.condemned))) return undefined;
      await sleep(VERDICT_WAIT_MS);
    }
  }

  /** Describes a file without leasing it, also while it waits for the verdict. */
  async look(leased: Leased): Promise<FileInfo | undefined> {
    return (
      (await statOrUndefined(this.driver, pathOf(leased))) ??
      (await statOrUndefined(this.driver, `${leased.condemned}/${leased.file}`))
    );
  }

  /** Deletes a file unless its lease is younger than `cutoff` (ms since the epoch). Resolves with whether it did. */
  async collect(leased: Leased, cutoff: number): Promise<boolean> {
    const before = await statOrUndefined(this.driver, pathOf(leased));
    if (!before || before.modified > cutoff) return false;
    try {
      await this.driver.move(leased.folder, leased.condemned, { durable: false });
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
    const after = await statOrUndefined(this.driver, `${leased.condemned}/${leased.file}`);
    if (after && after.modified > cutoff) {
      await this.restore(leased);
      return false;
    }
    await deleteIfPresent(this.driver, leased.condemned);
    return after !== undefined;
  }

  /** Puts back what a collector that died left at the condemned place. */
  async restore(leased: Leased): Promise<void> {
    try {
      await this.driver.move(leased.condemned, leased.folder);
    } catch (error) {
      if (isNotFound(error)) return;
      if (!(error instanceof StorageError && error.code === 'ALREADY_EXISTS')) throw error;
      await deleteIfPresent(this.driver, leased.condemned);
    }
  }

  private async touchAndStat(path: string): Promise<FileInfo | undefined> {
    const last = this.taken.get(path);
    if (last === undefined || this.now() - last >= this.leaseMs / 4) {
      try {
        await this.driver.touch(path);
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
      this.taken.set(path, this.now());
    }
    return statOrUndefined(this.driver, path);
  }
}
