import { LimitExceeded, nothingToRelease } from './limits.js';
import type { Release, RequestKind, RequestLimiter } from './limits.js';

/**
 * What the two ends of shared limits say to each other. The worker numbers its requests. `done` stands for both: I have
 * finished, and I no longer want it; so a client that leaves while the answer is on its way leaves no slot taken.
 */
export type LimitsMessage =
  | { limits: 'acquire'; id: number; kind: RequestKind }
  | { limits: 'done'; id: number }
  | { limits: 'granted'; id: number }
  | { limits: 'refused'; id: number }
  /** Granted, and so are all later requests of this kind: do not ask again. */
  | { limits: 'unlimited'; id: number };

/** An ordered message channel between two processes. `send` does nothing when the channel is closed. */
export interface LimitsChannel {
  send(message: LimitsMessage): void;
  onMessage(listener: (message: LimitsMessage) => void): void;
  /** Called once, when the other process is gone. */
  onClose(listener: () => void): void;
}

/** Lets the process at the other end of `channel` share `limiter`. When that process dies its slots come free. */
export function serveLimits(limiter: RequestLimiter, channel: LimitsChannel): void {
  const guest = new Guest(limiter, channel);
  channel.onMessage((message) => {
    if (message.limits === 'acquire') guest.acquire(message.id, message.kind);
    else if (message.limits === 'done') guest.done(message.id);
  });
  channel.onClose(() => guest.leave());
}

/** What one worker holds of the limiter or waits for: by request, the function that ends it. */
class Guest {
  readonly #requests = new Map<number, () => void>();
  #gone = false;

  constructor(
    private readonly limiter: RequestLimiter,
    private readonly channel: LimitsChannel,
  ) {}

  acquire(id: number, kind: RequestKind): void {
    if (this.#gone || this.#requests.has(id)) return;
    if (this.limiter.unlimited(kind)) {
      this.channel.send({ limits: 'unlimited', id });
      return;
    }
    const client = new AbortController();
    this.#requests.set(id, () => client.abort());
    const slot = this.limiter.acquire(kind, client.signal);
    if (typeof slot === 'function') this.#granted(id, slot);
    else
      void slot.then(
        (release) => this.#granted(id, release),
        () => this.#refused(id),
      );
  }

  done(id: number): void {
    const end = this.#requests.get(id);
    this.#requests.delete(id);
    end?.();
  }

  leave(): void {
    this.#gone = true;
    for (const id of [...this.#requests.keys()]) this.done(id);
  }

  /** A slot that was on its way when the request ended goes back. */
  #granted(id: number, release: Release): void {
    if (!this.#requests.has(id)) {
      release();
      return;
    }
    this.#requests.set(id, release);
    this.channel.send({ limits: 'granted', id });
  }

  #refused(id: number): void {
    if (this.#requests.delete(id)) this.channel.send({ limits: 'refused', id });
  }
}

/**
 * The limiter that the process at the other end of `channel` holds. A kind that is not limited is asked for once. When
 * the other process is gone every request is refused: this one is about to end too.
 */
export function remoteLimiter(channel: LimitsChannel): RequestLimiter {
  return new RemoteLimiter(channel);
}

interface Asked {
  kind: RequestKind;
  resolve: (release: Release) => void;
  reject: (error: Error) => void;
}

class RemoteLimiter implements RequestLimiter {
  readonly #asked = new Map<number, Asked>();
  readonly #unlimited: Record<RequestKind, boolean> = { read: false, write: false };
  #lastId = 0;
  #closed = false;

  constructor(private readonly channel: LimitsChannel) {
    channel.onMessage((message) => this.#answered(message));
    channel.onClose(() => this.#close());
  }

  get queued(): number {
    return this.#asked.size;
  }

  unlimited(kind: RequestKind): boolean {
    return this.#unlimited[kind];
  }

  acquire(kind: RequestKind, signal?: AbortSignal): Release | Promise<Release> {
    if (this.#unlimited[kind]) return nothingToRelease;
    if (this.#closed) return Promise.reject(new LimitExceeded(kind));
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#asked.delete(id);
        this.channel.send({ limits: 'done', id });
        reject(signal?.reason as Error);
      };
      const unhook = () => signal?.removeEventListener('abort', abort);
      signal?.addEventListener('abort', abort, { once: true });
      this.#asked.set(id, {
        kind,
        resolve: (release) => (unhook(), resolve(release)),
        reject: (error) => (unhook(), reject(error)),
      });
      this.channel.send({ limits: 'acquire', id, kind });
    });
  }

  #answered(message: LimitsMessage): void {
    const asked = this.#asked.get(message.id);
    if (asked === undefined) return;
    this.#asked.delete(message.id);
    switch (message.limits) {
      case 'granted':
        return asked.resolve(this.#slot(message.id));
      case 'unlimited':
        this.#unlimited[asked.kind] = true;
        return asked.resolve(nothingToRelease);
      default:
        return asked.reject(new LimitExceeded(asked.kind));
    }
  }

  #slot(id: number): Release {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.channel.send({ limits: 'done', id });
    };
  }

  #close(): void {
    this.#closed = true;
    for (const { kind, reject } of this.#asked.values()) reject(new LimitExceeded(kind));
    this.#asked.clear();
  }
}
