import { tooManyRequests } from '@longshore/kube';
import { MASTERS_GROUP, type UserInfo } from '../access/access.js';

/** How many requests are served at once; the first two defaults are those of kube-apiserver. */
export interface InFlightLimits {
  /** Default 400. */
  readOnly?: number;
  /** Default 200. */
  mutating?: number;
  /** Watches and other requests that last: they are counted by user. Default 2,000. */
  watchesPerUser?: number;
}

const READ_ONLY = new Set(['get', 'list', 'head', 'options']);
const RETRY_SECONDS = 1;

/** Turns requests away when there are too many, so that those which are served come to an end. */
export class InFlight {
  private readonly limits: Required<InFlightLimits>;
  private readonly current = { readOnly: 0, mutating: 0 };
  private readonly watches = new Map<string, number>();

  constructor({ readOnly = 400, mutating = 200, watchesPerUser = 2000 }: InFlightLimits = {}) {
    this.limits = { readOnly, mutating, watchesPerUser };
  }

  /** `watch` stands for all that lasts. Returns what to call at the end of the request. Errors: `TooManyRequests`, never for masters. */
  enter(verb: string, user: UserInfo): () => void {
    if (verb === 'watch') return this.enterWatch(user);
    const kind = READ_ONLY.has(verb) ? 'readOnly' : 'mutating';
    refuseBeyond(this.limits[kind], this.current[kind], user);
    this.current[kind]++;
    return () => {
      this.current[kind]--;
    };
  }

  private enterWatch(user: UserInfo): () => void {
    const { username } = user;
    const count = this.watches.get(username) ?? 0;
    refuseBeyond(this.limits.watchesPerUser, count, user);
    this.watches.set(username, count + 1);
    return () => {
      const left = (this.watches.get(username) ?? 1) - 1;
      if (left > 0) this.watches.set(username, left);
      else this.watches.delete(username);
    };
  }
}

function refuseBeyond(limit: number, current: number, { groups }: UserInfo): void {
  if (current < limit || groups.includes(MASTERS_GROUP)) return;
  throw tooManyRequests('too many requests, please try again later', RETRY_SECONDS);
}
