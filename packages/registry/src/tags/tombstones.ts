import { setTimeout as delay } from 'node:timers/promises';
import type { Digest } from '@longshore/oci';
import type { StorageDriver } from '@longshore/storage';
import { isNotFound } from '@longshore/storage';
import { leasedRevision, parseFlatDigest, revisionLink, tombstone, tombstonesFolder } from '../layout.js';
import { children, deleteIfPresent, statOrUndefined } from '../storage-access.js';
import { trashPlace } from '../trash.js';
import type { TagStore } from './tag-store.js';

/**
 * Deleting a manifest takes its tags with it, and there may be thousands. The revision link becomes a tombstone by one
 * rename: from then on the manifest and all its tags are gone for every reader, and a kill leaves nothing half done. The
 * tags' files are swept away afterwards; whoever lists tags or pushes the manifest again before that sweeps first.
 */
export class Tombstones {
  private readonly sweeping = new Map<string, Promise<void>>();
  /** Repositories that were to be swept while they were. */
  private readonly again = new Set<string>();

  constructor(
    private readonly driver: StorageDriver,
    private readonly tags: TagStore,
  ) {}

  /** Buries a manifest. Resolves with whether the repository held it. */
  async bury(repository: string, digest: Digest): Promise<boolean> {
    try {
      await this.driver.touch(revisionLink(repository, digest));
      await this.driver.move(revisionLink(repository, digest), tombstone(repository, digest));
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  /** True while tags of a deleted manifest may still have files. */
  async has(repository: string, digest: Digest): Promise<boolean> {
    return (await statOrUndefined(this.driver, tombstone(repository, digest))) !== undefined;
  }

  /** True while tags of any deleted manifest may still have files. */
  async any(repository: string): Promise<boolean> {
    if (!(await statOrUndefined(this.driver, tombstonesFolder(repository)))) return false;
    for await (const name of children(this.driver, tombstonesFolder(repository)))
      if (parseFlatDigest(name)) return true;
    return false;
  }

  /**
   * Sweeps away the tags of all manifests of a repository that were deleted before the call; one sweep at a time in a
   * process.
   */
  sweep(repository: string): Promise<void> {
    const running = this.sweeping.get(repository);
    if (running) {
      this.again.add(repository);
      return running;
    }
    const sweep = this.sweepWhileAsked(repository);
    this.sweeping.set(repository, sweep);
    return sweep;
  }

  /** Before a manifest is written: waits until a tombstone of it is gone, so that old tags do not come back with it. */
  async clear(repository: string, digest: Digest): Promise<void> {
    while (await this.has(repository, digest)) await this.sweep(repository);
  }

  private async sweepWhileAsked(repository: string): Promise<void> {
    await Promise.resolve(); // so that the end cannot come before `sweeping` knows of it
    try {
      do await this.sweepOnce(repository);
      while (this.again.delete(repository));
    } finally {
      this.sweeping.delete(repository);
      this.again.delete(repository);
    }
  }

  private async sweepOnce(repository: string): Promise<void> {
    const graves = new Map<Digest, number>();
    for await (const name of children(this.driver, tombstonesFolder(repository))) {
      const digest = parseFlatDigest(name);
      const grave = digest && (await statOrUndefined(this.driver, tombstone(repository, digest)));
      if (grave) graves.set(digest, grave.modified);
    }
    if (graves.size === 0) return;
    await this.tags.deleteOlder(repository, await this.doomedBefore(repository, graves));
    for (const [digest, buried] of graves) await this.forget(tombstone(repository, digest), buried);
  }

  /**
   * For each deleted manifest, the time before which its tags were set that have to go: that of its burial, or now while
   * there is no manifest. A push that came between the two steps of the burial put a younger tag to what was buried; one
   * that still runs finds that its manifest is gone, and does all of it again.
   */
  private async doomedBefore(repository: string, graves: ReadonlyMap<Digest, number>): Promise<Map<Digest, number>> {
    const now = await this.passedTime(); // before the looks: what is not there then was not there for any tag until now
    const doomed = new Map<Digest, number>();
    for (const [digest, buried] of graves) {
      doomed.set(digest, (await this.holds(repository, digest)) ? buried : Math.max(buried, now));
    }
    return doomed;
  }

  /** A time that the storage has stamped files with, and will no more: two files of one tick cannot be told apart. */
  private async passedTime(): Promise<number> {
    const now = await this.storageTime();
    for (let wait = 1; (await this.storageTime()) <= now; wait *= 2) await delay(wait);
    return now;
  }

  /** The time by which the storage stamps files, in ms since the epoch. */
  private async storageTime(): Promise<number> {
    const path = trashPlace(Date.now());
    await this.driver.put(path, new Uint8Array(), { durable: false });
    const { modified } = await this.driver.stat(path);
    await deleteIfPresent(this.driver, path);
    return modified;
  }

  /** True when the repository holds the manifest, also while it waits for a collector's verdict. */
  private async holds(repository: string, digest: Digest): Promise<boolean> {
    const { folder, file, condemned } = leasedRevision(repository, digest);
    for (const path of [`${folder}/${file}`, `${condemned}/${file}`, `${folder}/${file}`]) {
      if (await statOrUndefined(this.driver, path)) return true;
    }
    return false;
  }

  /** Removes a tombstone, unless its manifest came back meanwhile and was buried again, with tags that are still there. */
  private async forget(path: string, buried: number): Promise<void> {
    const grave = await statOrUndefined(this.driver, path);
    if (grave?.modified === buried) await deleteIfPresent(this.driver, path);
  }
}
