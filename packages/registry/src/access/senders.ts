import { LRUCache } from 'lru-cache';
import type { Action, Resource, Subject } from './access.js';

/** Who sends requests with some `Authorization` header. */
export interface Sender {
  subject: Subject;
  /** The actions that its token holds on a resource, as granted when it was issued; absent: the policy's rights count. */
  rights?: (resource: Resource) => ReadonlySet<Action>;
  /** Until when this is believed, in milliseconds since 1970. */
  until: number;
}

const MAX_SENDERS = 10_000;

/** The senders that were recognized lately, by the digests of their headers: most requests are not the first ones. */
export class Senders {
  readonly #known = new LRUCache<string, Sender>({ max: MAX_SENDERS });

  constructor(private readonly now: () => number) {}

  get(digest: string): Sender | undefined {
    const sender = this.#known.get(digest);
    return sender !== undefined && this.now() < sender.until ? sender : undefined;
  }

  set(digest: string, sender: Sender): void {
    this.#known.set(digest, sender);
  }
}
