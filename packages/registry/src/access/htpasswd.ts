import { createHmac, randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import type { ComparePassword } from './bcrypt-thread.js';
import { BcryptThread } from './bcrypt-thread.js';
import { AccessUnavailableError } from './errors.js';
import { bcryptCost, HtpasswdError, parseHtpasswd } from './htpasswd-text.js';
import type { UserVerifier } from './user-verifier.js';

export interface HtpasswdFileOptions {
  /** Default: bcrypt in a thread that this object owns. */
  compare?: ComparePassword;
  /** Milliseconds since 1970. Default: `Date.now`. */
  now?: () => number;
  /** Hears why the file could not be read or parsed; called at most once a second. */
  onError?: (error: unknown) => void;
}

/** The users at one time. */
interface Table {
  hashes: ReadonlyMap<string, string>;
  /** Compared for users that do not exist, so that they take as long as those that do. */
  dummy: string;
}

const CHECK_INTERVAL_MS = 1000;
const RIGHT_LIFE_MS = 30_000;
const WRONG_LIFE_MS = 1000;
const CACHED_RESULTS = 10_000;
const MAX_FILE_BYTES = 16 * 1024 * 1024;
const DEFAULT_DUMMY_COST = 10;

/** A bcrypt hash that belongs to no password we know, of the cost that most of the users have. */
function dummyHash(hashes: Iterable<string>): string {
  const users = new Map<number, number>();
  for (const hash of hashes) {
    const cost = bcryptCost(hash) ?? DEFAULT_DUMMY_COST;
    users.set(cost, (users.get(cost) ?? 0) + 1);
  }
  const [[cost] = [DEFAULT_DUMMY_COST]] = [...users].sort(([, a], [, b]) => b - a);
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
}

/**
 * The users of an htpasswd file. A changed file is noticed within a second. While it is malformed, the users it held before
 * stay; while it cannot be read, nobody is verified.
 */
export class HtpasswdFile implements UserVerifier {
  /** Ends the thread that compares passwords; what waits for it is rejected. */
  readonly close: () => Promise<void>;

  private readonly compare: ComparePassword;
  private readonly now: () => number;
  private readonly onError: (error: unknown) => void;

  private table: Table | undefined;
  private stamp = '';
  private lookedAt = -Infinity;
  private look: Promise<Table> | undefined;
  private looking = false;

  // The key of a result changes with the stored hash, so results of a changed password are never found again. Right and
  // wrong ones are kept apart, as anybody can fill the latter.
  private readonly key = randomBytes(32);
  private readonly right = new LRUCache<string, number>({ max: CACHED_RESULTS });
  private readonly wrong = new LRUCache<string, number>({ max: CACHED_RESULTS });
  private readonly running = new Map<string, Promise<boolean>>();

  constructor(
    readonly path: string,
    options: HtpasswdFileOptions = {},
  ) {
    const thread = new BcryptThread();
    this.compare = options.compare ?? thread.compare;
    this.close = () => thread.close();
    this.now = options.now ?? Date.now;
    this.onError = options.onError ?? (() => {});
  }

  /**
   * Reads the file now, as a check of the configuration. Rejects with `HtpasswdError` or the error of the file system.
   */
  async load(): Promise<void> {
    this.table = await this.read();
  }

  /**
   * Whether the file holds `user` with this password. Unknown users cost a comparison, too. Right answers are remembered for
   * 30 s, wrong ones for 1 s, and the same question asked twice at once is answered once. Rejects with
   * `AccessUnavailableError` when the file cannot be read or too many passwords wait.
   */
  async verify(user: string, password: string): Promise<boolean> {
    const table = await this.current();
    const stored = table.hashes.get(user);
    const hash = stored ?? table.dummy;
    const key = this.resultKey(user, password, hash);
    const remembered = this.recall(key);
    if (remembered !== undefined) return remembered;
    let result = this.running.get(key);
    if (result === undefined) {
      result = this.compareOnce(key, password, hash, stored !== undefined);
      this.running.set(key, result);
    }
    return result;
  }

  private resultKey(user: string, password: string, hash: string): string {
    return createHmac('sha256', this.key)
      .update(JSON.stringify([user, password, hash]))
      .digest('base64');
  }

  private recall(key: string): boolean | undefined {
    const now = this.now();
    if (now < (this.right.get(key) ?? 0)) return true;
    return now < (this.wrong.get(key) ?? 0) ? false : undefined;
  }

  private async compareOnce(key: string, password: string, hash: string, exists: boolean): Promise<boolean> {
    try {
      const equal = (await this.compare(password, hash)) && exists;
      if (equal) this.right.set(key, this.now() + RIGHT_LIFE_MS);
      else this.wrong.set(key, this.now() + WRONG_LIFE_MS);
      return equal;
    } finally {
      this.running.delete(key);
    }
  }

  /** The users; looks at the file when the last look began a second ago. */
  private current(): Promise<Table> {
    const now = this.now();
    if (this.look === undefined || (!this.looking && now - this.lookedAt >= CHECK_INTERVAL_MS)) {
      this.lookedAt = now;
      this.looking = true;
      this.look = this.refresh().finally(() => {
        this.looking = false;
      });
    }
    return this.look;
  }

  private async refresh(): Promise<Table> {
    try {
      this.table = await this.read();
    } catch (error) {
      this.onError(error);
      if (this.table === undefined || !(error instanceof HtpasswdError)) {
        throw new AccessUnavailableError('the file of users cannot be read', { cause: error });
      }
    }
    return this.table;
  }

  private async read(): Promise<Table> {
    const { ino, size, mtimeNs, ctimeNs } = await stat(this.path, { bigint: true });
    const stamp = [ino, size, mtimeNs, ctimeNs].join(' ');
    if (this.table !== undefined && stamp === this.stamp) return this.table;
    if (size > MAX_FILE_BYTES) throw new HtpasswdError(`the file is larger than ${MAX_FILE_BYTES} bytes`);
    const hashes = parseHtpasswd(await readFile(this.path, 'utf8'));
    this.stamp = stamp;
    return { hashes, dummy: dummyHash(hashes.values()) };
  }
}
