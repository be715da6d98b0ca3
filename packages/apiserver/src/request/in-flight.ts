import { tooManyRequests } from '@longshore/kube';
import { MASTERS_GROUP, type UserInfo } from '../access/access.js';
import type { RequestInfo } from './request-info.js';

/** How many requests are served at once; defaults as in kube-apiserver. */
export interface InFlightLimits {
  /** Default 400. */
  readOnly?: number;
  /** Default 200. */
  mutating?: number;
}

const READ_ONLY = new Set(['get', 'list', 'watch', 'head', 'options']);
const RETRY_SECONDS = 1;

/** Turns requests away when there are too many, so that those which are served come to an end. Watches are not counted. */
export class InFlight {
  private readonly limits: Required<InFlightLimits>;
  private readonly current = { readOnly: 0, mutating: 0 };

  constructor({ readOnly = 400, mutating = 200 }: InFlightLimits = {}) {
    this.limits = { readOnly, mutating };
  }

  /** Returns what to call at the end of the request. Errors: `TooManyRequests`, never for masters. */
  enter({ verb }: RequestInfo, user: UserInfo): () => void {
    if (verb === 'watch') return () => undefined;
    const kind = READ_ONLY.has(verb) ? 'readOnly' : 'mutating';
    if (this.current[kind] >= this.limits[kind] && !user.groups.includes(MASTERS_GROUP)) {
      throw tooManyRequests('too many requests, please try again later', RETRY_SECONDS);
    }
    this.current[kind]++;
    return () => {
      this.current[kind]--;
    };
  }
}
