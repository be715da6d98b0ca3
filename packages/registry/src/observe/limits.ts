import { systemTimers } from './timers.js';
import type { Timers } from './timers.js';

/** GET, HEAD and OPTIONS read; everything else writes (reference registry 6.1). */
export type RequestKind = 'read' | 'write';

/** The kind of a request by its method, in upper case. */
export function requestKind(method: string): RequestKind {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? 'read' : 'write';
}

/** The limits of one kind of request (`openshift.requests.read`). */
export interface KindLimits {
  /** Requests served at once; 0 = any number. */
  maxrunning: number;
  /** Requests that wait when all slots are taken. */
  maxinqueue: number;
  /** Milliseconds that a request waits at most; 0 = as long as the client does. */
  maxwaitinqueue: number;
}

/** Gives a slot back. Calls after the first do nothing. */
export type Release = () => void;

/** Keeps the number of requests served at once within bounds. */
export interface RequestLimiter {
  /**
   * Takes a slot: at once when one is free, else when the requests before it are done. Aborting `signal` gives the place
   * in the queue back; who gets a slot nevertheless must release it. Rejects (or throws) with LimitExceeded when the
   * queue is full or the wait is over, with the signal's reason when it aborts.
   */
  acquire(kind: RequestKind, signal?: AbortSignal): Release | Promise<Release>;
  /** True when requests of this kind are not limited. */
  unlimited(kind: RequestKind): boolean;
  /** Requests that wait. */
  readonly queued: number;
}

/** Too many requests: answered with 429 and `Retry-After`. */
export class LimitExceeded extends Error {
  override readonly name = 'LimitExceeded';
  readonly code = 'TOOMANYREQUESTS';
  readonly retryAfterSeconds = 1;

  constructor(readonly kind: RequestKind) {
    super('Too many requests, please try again later.');
  }
}

/** The limiter of a configuration (`openshift.requests`); kinds that are absent are not limited. */
export function limitedBy(
  limits: { read?: KindLimits | undefined; write?: KindLimits | undefined } = {},
  timers: Timers = systemTimers,
): RequestLimiter {
  return new LocalLimiter({
    read: new Slots('read', limits.read, timers),
    write: new Slots('write', limits.write, timers),
  });
}

class LocalLimiter implements RequestLimiter {
  constructor(private readonly slots: Record<RequestKind, Slots>) {}

  acquire(kind: RequestKind, signal?: AbortSignal): Release | Promise<Release> {
    return this.slots[kind].acquire(signal);
  }

  unlimited(kind: RequestKind): boolean {
    return this.slots[kind].unlimited;
  }

  get queued(): number {
    return this.slots.read.queued + this.slots.write.queued;
  }
}

interface Waiter {
  /** Gets the slot of a request that is done. */
  grant(): void;
}

/** A release for requests that hold no slot. */
export const nothingToRelease: Release = () => {};

/** The slots of one kind of request, and the queue for them, first come first served. */
class Slots {
  #running = 0;
  readonly #waiting = new Set<Waiter>();

  constructor(
    private readonly kind: RequestKind,
    private readonly limits: KindLimits = { maxrunning: 0, maxinqueue: 0, maxwaitinqueue: 0 },
    private readonly timers: Timers,
  ) {}

  get unlimited(): boolean {
    return this.limits.maxrunning <= 0;
  }

  get queued(): number {
    return this.#waiting.size;
  }

  acquire(signal: AbortSignal | undefined): Release | Promise<Release> {
    if (this.unlimited) return nothingToRelease;
    if (this.#running < this.limits.maxrunning) {
      this.#running++;
      return this.#slot();
    }
    if (this.#waiting.size >= this.limits.maxinqueue) return Promise.reject(new LimitExceeded(this.kind));
    return this.#wait(signal);
  }

  #wait(signal: AbortSignal | undefined): Promise<Release> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiter);
        stopTimer();
        signal?.removeEventListener('abort', abort);
      };
      const abort = () => {
        leave();
        reject(signal?.reason as Error);
      };
      const waiter: Waiter = {
        grant: () => {
          leave();
          resolve(this.#slot());
        },
      };
      const stopTimer = this.#afterMaxWait(() => {
        leave();
        reject(new LimitExceeded(this.kind));
      });
      this.#waiting.add(waiter);
      if (signal?.aborted === true) abort();
      else signal?.addEventListener('abort', abort);
    });
  }

  #afterMaxWait(giveUp: () => void): () => void {
    const { maxwaitinqueue } = this.limits;
    return maxwaitinqueue > 0 ? this.timers.after(maxwaitinqueue, giveUp) : () => {};
  }

  /** The release of a slot that is already counted. A slot goes from one request to the next without being free between. */
  #slot(): Release {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const [next] = this.#waiting;
      if (next === undefined) this.#running--;
      else next.grant();
    };
  }
}
