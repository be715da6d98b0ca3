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
 *        gone:  treat as never uploaded        stale: C3 move(condemned -> trash)
 *                                              C4 stat(file in the trash)
 *                                                 fresh: move back
 *                                                 stale: delete
 *
 * Moves are atomic, so C1 lies before P2 or after it. After P2: then the touch P1 came before C1 and C2 sees the fresh
 * time and puts the file back. Before P2: the push sees that the file is gone and says so to its client, which uploads
 * again. In no order does a push go on with a file that the collector deletes. What the collector deletes is the folder
 * that it moved away, never what has been written to the old place since.
 *
 * A file that was leased again between mark and C1 is away for the moment between C1 and its return. Readers look for it
 * there too, and `take` waits for the verdict. When it does not come, the collector was killed (or is very slow), and
 * `take` puts the file back itself. From then on the collector, or a second one, may find another file at the condemned
 * place than it judged: hence C3, after which nobody else touches the file, and the second look C4.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isNotFound, type FileInfo, type StorageDriver } from '@longshore/storage';
import { LRUCache } from 'lru-cache';
import { deleteIfPresent, isExisting, moveIfPresent, statOrUndefined } from './storage-access.js';
import { trashPlace } from './trash.js';

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
/** Bounds the work of `take` whatever others do at the same time. */
const MAX_LOOKS = 2 * VERDICT_WAITS;

export class Leases {
  private readonly taken = new LRUCache<string, number>({
    maxSize: 10_000, // grows with use, while `max` would take its memory at once
    sizeCalculation: () => 1,
  });

  /**
   * `leaseMs`: how long a lease protects; a lease is renewed after a quarter of it, so that not each HEAD writes. `wait`
   * passes the time between two looks for a verdict.
   */
  constructor(
    private readonly driver: StorageDriver,
    readonly leaseMs: number,
    private readonly now: () => number = Date.now,
    private readonly wait: () => Promise<unknown> = () => sleep(VERDICT_WAIT_MS),
  ) {}

  /** Takes or renews a lease. Resolves with the file's description, or undefined when it is not there or being deleted. */
  async take(leased: Leased): Promise<FileInfo | undefined> {
    const path = pathOf(leased);
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const info = await this.touchAndStat(path);
      if (info) return info;
      const condemned = await statOrUndefined(this.driver, leased.condemned);
      if (!condemned) break;
      if (looks < VERDICT_WAITS) await this.wait();
      else await this.restore(leased);
    }
    return this.touchAndStat(path); // the verdict may have come between the two looks
  }

  /** Describes a file without leasing it, also while it waits for the verdict. */
  async look(leased: Leased): Promise<FileInfo | undefined> {
    const path = pathOf(leased);
    return (
      (await statOrUndefined(this.driver, path)) ??
      (await statOrUndefined(this.driver, `${leased.condemned}/${leased.file}`)) ??
      (await statOrUndefined(this.driver, path)) // the verdict may have come between the two looks
    );
  }

  /** Deletes a file unless its lease is younger than `cutoff` (ms since the epoch). Resolves with whether it did. */
  async collect(leased: Leased, cutoff: number): Promise<boolean> {
    if (!(await this.isStale(pathOf(leased), cutoff))) return false;
    if (!(await this.condemn(leased))) return false;
    if (!(await this.isStale(`${leased.condemned}/${leased.file}`, cutoff))) {
      await this.restore(leased);
      return false;
    }
    const grave = trashPlace(this.now());
    if (!(await moveIfPresent(this.driver, leased.condemned, grave))) return false;
    const stale = await this.isStale(`${grave}/${leased.file}`, cutoff);
    if (stale) await deleteIfPresent(this.driver, grave);
    else await this.putBack(grave, leased);
    return stale;
  }

  /** Puts back what a collector that died left at the condemned place. */
  restore(leased: Leased): Promise<void> {
    return this.putBack(leased.condemned, leased);
  }

  /** False when there is nothing to condemn, or the place is taken: by another collector, or one that died. */
  private async condemn(leased: Leased): Promise<boolean> {
    try {
      return await moveIfPresent(this.driver, leased.folder, leased.condemned);
    } catch (error) {
      if (isExisting(error)) return false;
      throw error;
    }
  }

  /** Moves a folder back to its place; drops it when its file was written anew meanwhile. */
  private async putBack(from: string, leased: Leased): Promise<void> {
    try {
      await this.driver.move(from, leased.folder);
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isExisting(error)) throw error;
      await deleteIfPresent(this.driver, from);
    }
  }

  private async isStale(path: string, cutoff: number): Promise<boolean> {
    const info = await statOrUndefined(this.driver, path);
    return info !== undefined && info.modified <= cutoff;
  }

  /** True for a file written so lately that it counts as leased just now. `modified` in ms since the epoch. */
  isFresh(modified: number): boolean {
    return this.now() - modified < this.leaseMs / 4;
  }

  private async touchAndStat(path: string): Promise<FileInfo | undefined> {
    // Most files that a push asks for are not there: a look at once costs less than a touch that fails.
    if (this.driver.statNow && !this.driver.statNow(path)) return undefined;
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
