import { randomUUID } from 'node:crypto';
import type { FileInfo, StorageDriver } from '@longshore/storage';
import { uploadFolder, uploadsFolder } from '../layout.js';
import { children, deleteIfPresent, isExisting, moveIfPresent, statOrUndefined } from '../storage-access.js';
import { trashPlace } from '../trash.js';
import { processOwners, type Owners } from './owner.js';

const CLAIMED = 'data.';

/** An upload whose data this request alone may write, until it calls `release` or has moved the data away. */
export interface Claim {
  /** Path of the data. */
  path: string;
  /** Bytes there when it was claimed. */
  offset: number;
  /** When they were last written to, in ms since the epoch. */
  modified: number;
  /** Lets the next request go on. */
  release(): Promise<void>;
}

/** What has come of a session, seen from outside. */
export interface SessionData {
  /** Where it lies just now; it changes its name when it is claimed, released or ended. */
  path: string;
  /** Bytes. */
  size: number;
}

/**
 * Upload sessions on storage: `_uploads/<id>/{startedat,data}`. They outlive the server.
 *
 * One request at a time may write a session's data, whichever worker or replica serves it. It claims the data by
 * renaming `data` to `data.<owner>`; of two, one rename succeeds. A killed owner leaves `data.<owner>`; whoever comes
 * next sees that this owner is gone and renames in turn.
 */
export class UploadStore {
  private readonly active = new Set<string>();

  constructor(
    private readonly driver: StorageDriver,
    private readonly now: () => number = Date.now,
    private readonly owners: Owners = processOwners,
  ) {}

  /** Begins a session. Resolves with its id. Leaves nothing behind when there is no room for it. */
  async create(repository: string): Promise<string> {
    const id = randomUUID();
    const folder = uploadFolder(repository, id);
    try {
      // Nobody knows the session yet: its files need not appear in one step.
      await this.write(`${folder}/startedat`, Buffer.from(startTime(this.now())));
      await this.write(`${folder}/data`);
      return id;
    } catch (error) {
      await this.remove(repository, id);
      throw error;
    }
  }

  /** Begins a session whose name several processes agree on, in one step; or leaves it as it is when there is one. */
  async begin(repository: string, id: string): Promise<void> {
    const aside = trashPlace(this.now());
    try {
      await this.write(`${aside}/startedat`, Buffer.from(startTime(this.now())));
      await this.write(`${aside}/data`);
      await this.driver.move(aside, uploadFolder(repository, id), { durable: false });
    } catch (error) {
      await deleteIfPresent(this.driver, aside);
      if (!isExisting(error)) throw error;
    }
  }

  private async write(path: string, content?: Uint8Array): Promise<void> {
    const writer = await this.driver.writer(path);
    try {
      if (content) await writer.write(content);
    } finally {
      await writer.close();
    }
  }

  /** Bytes received so far; undefined when there is no such session. */
  async offset(repository: string, id: string): Promise<number | undefined> {
    return (await this.look(repository, id))?.size;
  }

  /** The session's data, claimed or not; undefined when there is no such session. */
  async look(repository: string, id: string): Promise<SessionData | undefined> {
    const found = await this.find(repository, id);
    return found && { path: `${uploadFolder(repository, id)}/${found.name}`, size: found.info.size };
  }

  /** Claims the session's data. `busy` when another request is writing it; undefined when there is no such session. */
  async claim(repository: string, id: string): Promise<Claim | 'busy' | undefined> {
    const folder = uploadFolder(repository, id);
    const found = await this.find(repository, id);
    if (!found) return undefined;
    if (found.owner !== undefined && this.lives(found.owner, folder, found.info)) return 'busy';
    const path = this.claimedPath(folder);
    if (this.active.has(path)) return 'busy';
    return (await this.take(`${folder}/${found.name}`, path, `${folder}/data`)) ?? 'busy';
  }

  /** Ends a session whose data has been moved away. */
  async end(repository: string, id: string): Promise<void> {
    await deleteIfPresent(this.driver, `${uploadFolder(repository, id)}/startedat`);
    await this.remove(repository, id);
  }

  /** Ends a session and deletes its data. Resolves with whether there was one. */
  async remove(repository: string, id: string): Promise<boolean> {
    const folder = uploadFolder(repository, id);
    try {
      return await deleteIfPresent(this.driver, folder);
    } finally {
      this.active.delete(this.claimedPath(folder));
    }
  }

  /**
   * Deletes the sessions of a repository that nobody has written to for `ageMs`, unless a request is at them now, however
   * silent. Resolves with their ids.
   */
  async purge(repository: string, ageMs: number, dryRun: boolean): Promise<string[]> {
    const purged: string[] = [];
    const limit = this.now() - ageMs;
    for await (const id of children(this.driver, uploadsFolder(repository))) {
      if ((await this.lastWrite(repository, id)) > limit) continue;
      if (dryRun || (await this.removeOlder(repository, id, limit))) purged.push(id);
    }
    return purged;
  }

  /** Claims a session and deletes it, unless somebody has it or wrote to it after `limit`. */
  private async removeOlder(repository: string, id: string, limit: number): Promise<boolean> {
    const claim = await this.claim(repository, id);
    if (claim === 'busy') return false;
    if (claim && claim.modified > limit) {
      await claim.release();
      return false;
    }
    return this.remove(repository, id);
  }

  private async lastWrite(repository: string, id: string): Promise<number> {
    const folder = uploadFolder(repository, id);
    const found = await this.find(repository, id);
    if (found) return found.info.modified;
    return (await statOrUndefined(this.driver, folder))?.modified ?? this.now();
  }

  private claimedPath(folder: string): string {
    return `${folder}/${CLAIMED}${this.owners.own}`;
  }

  /** Undefined when another request was faster. */
  private async take(held: string, path: string, data: string): Promise<Claim | undefined> {
    this.active.add(path);
    const release = () => this.release(path, data);
    try {
      const moved = held === path || (await moveIfPresent(this.driver, held, path));
      const info = moved ? await statOrUndefined(this.driver, path) : undefined;
      if (info) return { path, offset: info.size, modified: info.modified, release };
    } catch (error) {
      await release().catch(() => undefined);
      throw error;
    }
    this.active.delete(path);
    return undefined;
  }

  private async release(path: string, data: string): Promise<void> {
    try {
      await moveIfPresent(this.driver, path, data);
    } finally {
      this.active.delete(path);
    }
  }

  private lives(owner: string, folder: string, info: FileInfo): boolean {
    if (owner === this.owners.own) return this.active.has(this.claimedPath(folder));
    return this.owners.lives(owner, info.modified, this.now());
  }

  /** The session's data, free or claimed. It may change its name between two looks, hence more than one. */
  private async find(repository: string, id: string): Promise<FoundData | undefined> {
    const folder = uploadFolder(repository, id);
    for (let look = 0; look < 3; look++) {
      const info = await statOrUndefined(this.driver, `${folder}/data`);
      if (info) return { name: 'data', owner: undefined, info };
      const name = await this.claimedName(folder);
      const claimed = name && (await statOrUndefined(this.driver, `${folder}/${name}`));
      if (claimed) return { name, owner: name.slice(CLAIMED.length), info: claimed };
    }
    return undefined;
  }

  private async claimedName(folder: string): Promise<string | undefined> {
    for await (const name of children(this.driver, folder)) {
      if (name.startsWith(CLAIMED)) return name;
    }
    return undefined;
  }
}

interface FoundData {
  name: string;
  owner: string | undefined;
  info: FileInfo;
}

/** As distribution writes it: RFC 3339, whole seconds. */
function startTime(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
}
