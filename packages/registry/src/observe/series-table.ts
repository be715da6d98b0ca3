/** More combinations of labels than this share one series labelled `other`: a scrape stays bounded. */
const MAX_SERIES = 512;

/** The series of one metric by their label values. Find a series once and keep it: finding costs more than using. */
export class SeriesTable<Series> {
  readonly #series = new Map<string, Series>();

  constructor(
    private readonly labelNames: readonly string[],
    private readonly make: (labels: Record<string, string>) => Series,
  ) {}

  /** The series with these label values, in the order of the label names. */
  find(values: readonly string[]): Series {
    const key = values.join('\0');
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= MAX_SERIES && values.some((value) => value !== 'other')) {
      return this.find(values.map(() => 'other'));
    }
    const made = this.make(Object.fromEntries(this.labelNames.map((name, index) => [name, values[index] ?? ''])));
    this.#series.set(key, made);
    return made;
  }

  all(): Iterable<Series> {
    return this.#series.values();
  }
}
