import { hash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Subject } from './access.js';

/** Knows users by their passwords. */
export interface UserVerifier {
  /**
   * Whether `user` exists and has this password; takes the same time for a user that does not exist. Rejects with
   * `AccessUnavailableError` when it cannot be told just now. Keeps dear results itself, for as long as it sees fit.
   */
  verify(user: string, password: string): Promise<boolean>;
}

const CACHED_LOGINS = 10_000;
// Adds to the time that a removed user or a changed password goes unnoticed, hence short; the dear results are kept by
// the verifier.
const LOGIN_LIFE_MS = 1000;

/** Turns Basic credentials into subjects; remembers right ones for a second, wrong ones not at all. */
export class Logins {
  // Headers hold passwords and must not stay in memory, so the key is a digest. One SHA-256 behind a random prefix costs
  // about 1 µs, an HMAC three times as much. The prefix keeps precomputed tables away; the digests never leave.
  private readonly prefix = randomBytes(32).toString('base64');
  private readonly known = new LRUCache<string, { subject: Subject; until: number }>({ max: CACHED_LOGINS });

  constructor(
    private readonly users: UserVerifier,
    private readonly now: () => number,
  ) {}

  /**
   * The subject of Basic credentials, undefined when they are wrong. `authorization` is the header they came in. Rejects as
   * the verifier does.
   */
  check(authorization: string, user: string, password: string): Subject | Promise<Subject | undefined> {
    const digest = hash('sha256', this.prefix + authorization, 'base64');
    const login = this.known.get(digest);
    if (login !== undefined && this.now() < login.until) return login.subject;
    return this.verify(digest, user, password);
  }

  private async verify(digest: string, user: string, password: string): Promise<Subject | undefined> {
    if (!(await this.users.verify(user, password))) return undefined;
    const subject = Object.freeze({ name: user, anonymous: false });
    this.known.set(digest, { subject, until: this.now() + LOGIN_LIFE_MS });
    return subject;
  }
}
