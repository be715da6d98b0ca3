import { isDigest, type Digest } from '@longshore/oci';
import { StorageError, type FileInfo, type StorageDriver } from '@longshore/storage';
import { LRUCache } from 'lru-cache';
import { allOf } from '../all-of.js';
import { currentLink, indexLink, tagFolder, tagsFolder } from '../layout.js';
import {
  Breather,
  children,
  deleteIfPresent,
  getOrUndefined,
  moveIfPresent,
  statOrUndefined,
} from '../storage-access.js';
import { trashPlace } from '../trash.js';

const MAX_LINK_BYTES = 1024;
const PARALLEL_MOVES = 16;

export interface TagStoreOptions {
  /** How many tags of a deleted manifest are taken away at once; 0 is the default, 16. */
  parallelMoves?: number;
  /** Ms since the epoch. Default `Date.now`. */
  now?: () => number;
  /** Hears whether a tag's digest was remembered. */
  onLookup?: (answer: 'Hit' | 'Miss') => void;
}

/**
 * File systems stamp files with a clock that ticks every few milliseconds, and reuse inodes: two writes within a tick may
 * look alike. What was written less than this long before it was read is therefore not remembered.
 */
const SETTLED_MS = 1000;

/** A tag that is written but for the step that others see. */
interface PreparedTag {
  /** Before a tag is set some time after it was prepared: it must not look older than a deletion that came before it was seen. */
  refresh: () => Promise<void>;
  set: () => Promise<void>;
  drop: () => Promise<void>;
}

/** A tag's link in storage, or that there is none. */
export interface TagLink {
  digest: Digest | undefined;
  /** The same as long as nobody sets or deletes the tag; undefined while the last change is too young to be told from one more. */
  identity: string | undefined;
}

interface Remembered<T> {
  identity: string;
  value: T;
}

/**
 * Tags: `_manifests/tags/<tag>/current/link` holds the digest. A tag is read through: one look at the link's identity
 * tells whether what this process remembers still holds, whichever process wrote it.
 */
export class TagStore {
  private readonly digests = new LRUCache<string, Remembered<Digest>>({
    maxSize: 50_000, // grows with use, while `max` would take its memory at once
    sizeCalculation: () => 1,
  });
  private readonly lists = new LRUCache<string, Remembered<string[]>>({
    maxSize: 200_000,
    sizeCalculation: ({ value }) => value.length + 1,
  });
  /** The latest reading of a repository's list, until it is over or the list changes here. */
  private readonly readings = new Map<string, symbol>();

  private readonly now: () => number;
  private readonly parallelMoves: number;
  private readonly onLookup: TagStoreOptions['onLookup'];

  constructor(
    private readonly driver: StorageDriver,
    { now = Date.now, parallelMoves = 0, onLookup }: TagStoreOptions = {},
  ) {
    this.now = now;
    this.parallelMoves = parallelMoves || PARALLEL_MOVES;
    this.onLookup = onLookup;
  }

  /** The digest that a tag points to. The manifest itself may be gone; the caller looks. */
  async resolve(repository: string, tag: string): Promise<Digest | undefined> {
    return (await this.readLink(currentLink(tagFolder(repository, tag)), this.onLookup))?.digest;
  }

  /** As `resolve`, and how to know the link again. Links that come and go change the folder of all tags. */
  async link(repository: string, tag: string): Promise<TagLink> {
    const link = await this.readLink(currentLink(tagFolder(repository, tag)), this.onLookup);
    if (link) return link;
    const folder = await statOrUndefined(this.driver, tagsFolder(repository));
    if (!folder) return { digest: undefined, identity: 'no tags' };
    return { digest: undefined, identity: this.settled(folder) ? `none in ${identityOf(folder)}` : undefined };
  }

  /** Points a tag to a manifest. The tag appears, or changes, in one step. */
  async put(repository: string, tag: string, digest: Digest): Promise<void> {
    const prepared = await this.prepare(repository, tag, digest, true);
    await prepared.set();
  }

  /**
   * As `put`, for tags that an image stream tells as well, so that a power cut may take them, and once all of `work` is done; what
   * nobody sees is written meanwhile. When some of it fails, no tag is set, and that is the error.
   */
  async putAfter(
    work: readonly Promise<unknown>[],
    repository: string,
    tags: readonly string[],
    digest: Digest,
  ): Promise<void> {
    const prepared = tags.map((tag) => this.prepare(repository, tag, digest, false));
    try {
      await allOf([...work, ...prepared]);
    } catch (error) {
      for (const tag of await Promise.allSettled(prepared)) if (tag.status === 'fulfilled') await tag.value.drop();
      throw error;
    }
    for (const { refresh, set } of await Promise.all(prepared)) {
      await refresh();
      await set();
    }
  }

  /** Deletes a tag in one step. Resolves with whether there was one. */
  async delete(repository: string, tag: string): Promise<boolean> {
    const trash = trashPlace(this.now());
    if (!(await moveIfPresent(this.driver, tagFolder(repository, tag), trash))) return false;
    this.listChanged(repository);
    await deleteIfPresent(this.driver, trash);
    return true;
  }

  /**
   * Deletes all tags that point to one of `graves`' digests and were set before the time that stands there (ms since the
   * epoch). A tag that is set anew at the same moment stays.
   */
  async deleteOlder(repository: string, graves: ReadonlyMap<Digest, number>): Promise<void> {
    const trash = trashPlace(this.now());
    const breather = new Breather();
    let moves: Promise<void>[] = [];
    for (const tag of (await this.list(repository)) ?? []) {
      await breather.breathe();
      const folder = tagFolder(repository, tag);
      const digest = (await this.readLink(currentLink(folder)))?.digest;
      const setBefore = digest && graves.get(digest);
      if (!digest || setBefore === undefined || !(await this.isOlder(folder, digest, setBefore))) continue;
      moves.push(this.moveIfOlder(folder, `${trash}/${tag}`, digest, setBefore));
      if (moves.length < this.parallelMoves) continue;
      await Promise.all(moves);
      moves = [];
    }
    await Promise.all(moves);
    this.listChanged(repository);
    await deleteIfPresent(this.driver, trash);
  }

  /** All tags of a repository, ascending; undefined when it has never had one. The array is shared: don't change it. */
  async list(repository: string): Promise<readonly string[] | undefined> {
    const folder = tagsFolder(repository);
    const info = await statOrUndefined(this.driver, folder);
    if (!info) return undefined;
    const known = this.lists.get(repository);
    if (known?.identity === identityOf(info)) return known.value;
    const reading = Symbol(repository);
    this.readings.set(repository, reading);
    const value: string[] = [];
    for await (const name of children(this.driver, folder)) value.push(name);
    if (this.readings.get(repository) === reading) {
      this.readings.delete(repository);
      if (this.settled(info)) this.lists.set(repository, { identity: identityOf(info), value });
    }
    return value;
  }

  /** Not every driver's folders look different when a child has come or gone. */
  private listChanged(repository: string): void {
    this.lists.delete(repository);
    this.readings.delete(repository);
  }

  /** A new tag is made aside and moved into place, so that nobody lists a tag that is not there yet. */
  private async prepare(repository: string, tag: string, digest: Digest, durable: boolean): Promise<PreparedTag> {
    const folder = tagFolder(repository, tag);
    const write = async (to: string) => {
      await this.driver.put(indexLink(to, digest), Buffer.from(digest), { durable: false });
      await this.driver.put(currentLink(to), Buffer.from(digest), { durable });
    };
    const isNew = (await statOrUndefined(this.driver, folder)) === undefined;
    const aside = isNew ? trashPlace(this.now()) : undefined;
    if (aside !== undefined) await write(aside);
    return {
      refresh: async () => {
        if (aside !== undefined) await this.driver.touch(currentLink(aside));
      },
      set: async () => {
        if (aside === undefined || !(await this.appear(aside, folder, durable))) await write(folder);
        this.listChanged(repository);
      },
      drop: async () => {
        if (aside !== undefined) await deleteIfPresent(this.driver, aside);
      },
    };
  }

  /** Resolves with false when somebody else has made the tag meanwhile. */
  private async appear(aside: string, folder: string, durable: boolean): Promise<boolean> {
    try {
      await this.driver.move(aside, folder, { durable });
      return true;
    } catch (error) {
      await deleteIfPresent(this.driver, aside);
      ignoreExisting(error);
      return false;
    }
  }

  private async moveIfOlder(folder: string, trash: string, digest: Digest, setBefore: number): Promise<void> {
    if (!(await moveIfPresent(this.driver, folder, trash))) return;
    if (!(await this.isOlder(trash, digest, setBefore))) await this.driver.move(trash, folder).catch(ignoreExisting);
  }

  private async isOlder(folder: string, digest: Digest, setBefore: number): Promise<boolean> {
    const link = await statOrUndefined(this.driver, currentLink(folder));
    if (!link || link.modified > setBefore) return false;
    const bytes = await getOrUndefined(this.driver, currentLink(folder), MAX_LINK_BYTES);
    return bytes?.toString().trim() === digest;
  }

  private async readLink(path: string, onLookup?: (answer: 'Hit' | 'Miss') => void): Promise<TagLink | undefined> {
    const info = await statOrUndefined(this.driver, path);
    if (!info) return undefined;
    const identity = identityOf(info);
    const known = this.digests.get(path);
    const remembered = known?.identity === identity ? known.value : undefined;
    onLookup?.(remembered ? 'Hit' : 'Miss');
    if (remembered) return { digest: remembered, identity };
    const text = (await getOrUndefined(this.driver, path, MAX_LINK_BYTES))?.toString().trim();
    if (text === undefined || !isDigest(text)) return undefined;
    if (!this.settled(info)) return { digest: text, identity: undefined };
    this.digests.set(path, { identity, value: text });
    return { digest: text, identity };
  }

  private settled(info: FileInfo): boolean {
    return this.now() - info.modified > SETTLED_MS;
  }
}

const identityOf = (info: FileInfo) => `${info.identity}:${info.modified}`;

function ignoreExisting(error: unknown): void {
  if (!(error instanceof StorageError && error.code === 'ALREADY_EXISTS')) throw error;
}
