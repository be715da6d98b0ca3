import { LRUCache } from 'lru-cache';
import type { StreamView } from './stream-view.js';
import type { StreamListener } from './stream-watch.js';

/** A stream as it was when it was asked for; `view` is undefined when there is none. */
interface Entry {
  view: StreamView | undefined;
  /** By tag: the identity of the link in storage that the stream is known to have gone beyond. */
  overruled: Map<string, string>;
}

/** A question that is on its way, and the version of the stream that the watch tells of meanwhile. */
interface Expected {
  heard?: string;
}

/**
 * Tags of all streams together. One takes some 200 bytes, with its link's identity 300: some 30 MB in each process at most.
 * What does not fit is asked for again.
 */
const MAX_TAGS = 100_000;

/**
 * The streams that somebody asked for, until a watch on all streams tells that they changed: each push changes one, and a stream
 * may be a megabyte, so the watch brings versions only. Memory does not grow with the cluster: what nobody asked for is not kept, and the
 * watch begins without a list. While the watch is broken there is no telling what is still true, and the cache knows nothing.
 */
export class StreamCache implements StreamListener {
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
   * Asks for a stream, and remembers the answer, unless the watch tells meanwhile that it is out of date. One question at a time
   * for each stream. Errors: those of `ask`.
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

  /** The watch tells of a version of a stream: it was changed then, or deleted. */
  changed(key: string, version: string): void {
    const expected = this.#expected.get(key);
    if (expected) expected.heard = version;
    const entry = this.#entries.peek(key);
    if (entry && !isAsOf(entry.view, version)) this.#entries.delete(key);
  }

  /** The stream is known to say something newer about the tag than the link of this identity does. */
  overrule(key: string, tag: string, link: string): void {
    this.#entries.peek(key)?.overruled.set(tag, link);
  }

  isOverruled(key: string, tag: string, link: string): boolean {
    return this.#entries.peek(key)?.overruled.get(tag) === link;
  }

  #answered(key: string, view: StreamView | undefined, heard: string | undefined): void {
    if (!this.#live || (heard !== undefined && !isAsOf(view, heard))) return;
    const known = this.#entries.peek(key);
    this.#entries.set(key, { view, overruled: known?.overruled ?? new Map<string, string>() });
  }
}

/** Whether the stream is of this version or a later one. Versions of one store can be compared as numbers. */
function isAsOf(view: StreamView | undefined, version: string): boolean {
  return view !== undefined && Number(view.resourceVersion) >= Number(version);
}
