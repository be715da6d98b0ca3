import type { WatchStream } from './watch-stream.js';

/** How often a client that hears of nothing else is told how far its watch has come. */
export const BOOKMARK_MS = 60_000;

/** Up to where a watch has told everything, for the bookmarks of clients that want them. */
export class WatchProgress {
  #reached: number | undefined;
  #toldAt = performance.now();

  constructor(
    private readonly stream: Pick<WatchStream, 'bookmark'>,
    private readonly isWanted: boolean,
  ) {}

  /** The revision behind which the watch begins. */
  begin(revision: number): void {
    this.#reached = revision;
  }

  /** Everything up to the revision has been sent; `hasSent`: there was something. */
  async reach(revision: number, hasSent: boolean): Promise<void> {
    this.#reached = Math.max(this.#reached ?? 0, revision);
    const isDue = performance.now() - this.#toldAt >= BOOKMARK_MS - 1000;
    if (isDue && this.isWanted) await this.stream.bookmark(String(this.#reached));
    if (hasSent || isDue) this.#toldAt = performance.now();
  }

  /** Tells the last revision, where it is known. */
  async end(): Promise<void> {
    if (this.isWanted && this.#reached !== undefined) await this.stream.bookmark(String(this.#reached));
  }
}
