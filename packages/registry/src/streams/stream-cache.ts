import { LRUCache } from 'lru-cache';
import type { StreamView } from './stream-view.js';

/** A stream as it was last heard of; `view` is undefined when there is none. */
interface Entry {
  view: StreamView | undefined;
  version: string | undefined;
  /** By tag: the identity of the link in storage that the stream is known to have gone beyond. */
  overruled: Map<string, string>;
}

/** A question that is on its way, and what the watch tells of the stream meanwhile. */
interface Expected {
  heard?: Omit<Entry, 'overruled'>;
}

/**
 * Tags of all streams together. One takes some 200 bytes, with its link's identity 300: some 30 MB in each process at most.
 * What does not fit is asked for again.
 */
const MAX_TAGS = 100_000;

/**
 * The streams that somebody asked for lately, kept up by a watch on all streams. Memory does not grow with the cluster: what
 * nobody asked for is not kept, and the watch begins without a list. While the watch is broken there is no telling what is
 * still true, and the cache knows nothing.
 */
export class StreamCache {
  readonly #entries = new LRUCache<string, Entry>({
    maxSize: MAX_TAGS,
    sizeCalculation: ({ view }) => 1 + (view?.tags.size ?? 0),
  });
  readonly #expected = new Map<string, Expected>();
  #live = false;

  /** The stream `namespace/name`: undefined when it is not known, `absent` when it is known that there is none. */
  get(key: string): StreamView | 'absent' | undefined {
    const entry = this.#live ? this.#entries.get(key) : undefined;
    return entry && (entry.view ?? 'absent');
  }

  /** A watch begins from which no change is missing. */
  begin(): void {
    this.#expected.clear(); // what was asked before may be answered with what was before
    this.#live = true;
  }

  /** The watch is broken: changes may be missed. */
  forget(): void {
    this.#live = false;
    this.#entries.clear();
    this.#expected.clear();
  }

  /**
   * Asks for a stream, and remembers the answer. What the watch tells of the stream meanwhile may be newer. One question at a
   * time for each stream. Errors: those of `ask`.
   */
  async fill(key: string, ask: () => Promise<StreamView | undefined>): Promise<StreamView | undefined> {
    const expected: Expected = {};
    this.#expected.set(key, expected);
    try {
      const answer = await ask();
      if (this.#expected.get(key) === expected) this.#answered(key, answer, expected.heard);
      return answer;
    } finally {
      if (this.#expected.get(key) === expected) this.#expected.delete(key);
    }
  }

  /** Whether anything is to be heard of a stream. */
  wants(key: string): boolean {
    return this.#entries.has(key) || this.#expected.has(key);
  }

  /** The watch tells of a stream that it changed, or is gone. */
  changed(key: string, view: StreamView | undefined, version: string | undefined): void {
    const expected = this.#expected.get(key);
    if (expected) expected.heard = { view, version };
    if (this.#entries.has(key)) this.#set(key, view, version);
  }

  /** The stream is known to say something newer about the tag than the link of this identity does. */
  overrule(key: string, tag: string, link: string): void {
    this.#entries.peek(key)?.overruled.set(tag, link);
  }

  isOverruled(key: string, tag: string, link: string): boolean {
    return this.#entries.peek(key)?.overruled.get(tag) === link;
  }

  #answered(key: string, answer: StreamView | undefined, heard: Expected['heard']): void {
    if (heard) this.#set(key, heard.view, heard.version);
    if (answer) this.#set(key, answer, answer.resourceVersion);
    else if (!heard) this.#set(key, undefined, undefined);
  }

  #set(key: string, view: StreamView | undefined, version: string | undefined): void {
    if (!this.#live) return;
    const known = this.#entries.peek(key);
    if (known && isOlder(version, known.version)) return;
    this.#entries.set(key, { view, version, overruled: known?.overruled ?? new Map<string, string>() });
  }
}

/** Versions of one store can be compared as numbers; what is no number is taken as it comes. */
function isOlder(version: string | undefined, than: string | undefined): boolean {
  const [left, right] = [Number(version), Number(than)];
  return Number.isFinite(left) && Number.isFinite(right) && left < right;
}
