/** As the summaries of Prometheus' Go client: what is older than ten minutes counts no more, to within two. */
const RECENT_MS = 10 * 60_000;
const STEP_MS = 2 * 60_000;

interface Mark {
  at: number;
  counts: Float64Array;
}

/** How much counts that only grow have grown of late. It looks when it is asked, so counting itself costs nothing. */
export class RecentCounts {
  /** Oldest first. */
  readonly #marks: Mark[] = [];

  /** By how much each of `counts` has grown; for the first ten minutes since the first question, all of it. `now` in ms. */
  growth(counts: Float64Array, now: number): Float64Array {
    const passed = this.#marks.findLastIndex(({ at }) => at <= now - RECENT_MS);
    if (passed > 0) this.#marks.splice(0, passed);
    const before = passed < 0 ? undefined : this.#marks[0]?.counts;
    const last = this.#marks.at(-1);
    if (!last || now - last.at >= STEP_MS) this.#marks.push({ at: now, counts: counts.slice() });
    return counts.map((count, index) => count - (before?.[index] ?? 0));
  }
}
