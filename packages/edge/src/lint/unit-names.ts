/** The longest name that systemd takes (systemd.unit). */
const MAX_NAME = 255;
/** A stem of fewer characters, such as `image`, begins the names of units that have nothing to do with each other. */
const MIN_STEM = 6;

/** The names of units that are defined, to find what a reference may have meant; in time that does not grow with their number. */
export class UnitNames {
  readonly #names: ReadonlySet<string>;
  /** The first name of each stem and suffix, and of each part of a stem up to a dash. */
  readonly #byStem = new Map<string, string>();
  readonly #byStart = new Map<string, string>();

  constructor(names: Iterable<string>) {
    this.#names = new Set(names);
    for (const name of this.#names) {
      const { stem, suffix } = partsOf(name);
      if (name.length > MAX_NAME) continue;
      setFirst(this.#byStem, `${stem}.${suffix}`, name);
      for (const start of startsOf(stem)) setFirst(this.#byStart, `${start}.${suffix}`, name);
    }
  }

  /** A defined name that looks like an undefined one written carelessly: without a plural suffix, a part left out or added. */
  similarTo(word: string): string | undefined {
    if (this.#names.has(word) || word.length > MAX_NAME) return undefined;
    const { stem, suffix } = partsOf(word);
    const suffixes = suffix.endsWith('s') ? [suffix, suffix.slice(0, -1)] : [suffix];
    for (const one of suffixes) {
      const same = this.#byStem.get(`${stem}.${one}`);
      if (same !== undefined) return same;
    }
    if (stem.length < MIN_STEM || !stem.includes('-')) return undefined;
    for (const one of suffixes) {
      const longer = this.#byStart.get(`${stem}.${one}`);
      if (longer !== undefined) return longer;
      for (const start of startsOf(stem)) {
        const shorter = this.#byStem.get(`${start}.${one}`);
        if (shorter !== undefined) return shorter;
      }
    }
    return undefined;
  }
}

function partsOf(unit: string): { stem: string; suffix: string } {
  const dot = unit.lastIndexOf('.');
  return dot === -1 ? { stem: unit, suffix: '' } : { stem: unit.slice(0, dot), suffix: unit.slice(dot + 1) };
}

/** What stands before each dash, the longest first. */
function* startsOf(stem: string): Iterable<string> {
  for (let dash = stem.lastIndexOf('-'); dash > 0; dash = stem.lastIndexOf('-', dash - 1)) yield stem.slice(0, dash);
}

function setFirst(map: Map<string, string>, key: string, name: string): void {
  if (!map.has(key)) map.set(key, name);
}
