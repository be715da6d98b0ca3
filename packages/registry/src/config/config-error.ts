/** Where a setting was written: a spot in the configuration file, or an environment variable. */
export type Place =
  { readonly file: string; readonly line: number; readonly column: number } | { readonly variable: string };

/** One thing that is wrong with the configuration. */
export interface Problem {
  readonly place: Place;
  /** The key's path, `storage.delete.enabled`; empty when the text as a whole is meant. */
  readonly path: string;
  /** What is wrong, and after a semicolon what would be right. Never holds the value of a secret. */
  readonly text: string;
}

/** The configuration cannot be used. `message` has one line for each problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG_INVALID';

  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(showProblem).join('\n'));
  }
}

/** Collects problems, in the order of the file and then of the variables' names, up to a bound. */
export class ProblemList {
  /** More lines than this help nobody, and a hostile file could hold a problem in every line. */
  static readonly limit = 100;

  private readonly problems: Problem[] = [];
  private readonly notes: Problem[] = [];
  private dropped = 0;

  get any(): boolean {
    return this.problems.length > 0;
  }

  add(place: Place, path: string, text: string): void {
    if (this.problems.length < ProblemList.limit) this.problems.push({ place, path, text });
    else this.dropped += 1;
  }

  /** Keeps what is no mistake, but should be known to whoever wrote it. */
  note(place: Place, path: string, text: string): void {
    if (this.notes.length < ProblemList.limit) this.notes.push({ place, path, text });
  }

  /** One line for each note. */
  get shownNotes(): string[] {
    return this.notes.map(showProblem);
  }

  /** The error to throw. */
  toError(): ConfigError {
    const sorted = [...this.problems].sort((left, right) => comparePlaces(left.place, right.place));
    const last = sorted.at(-1);
    if (this.dropped > 0 && last) {
      sorted.push({
        place: last.place,
        path: '',
        text: `and ${this.dropped} more problems; mend the ones above first`,
      });
    }
    return new ConfigError(sorted);
  }
}

function showProblem({ place, path, text }: Problem): string {
  const where = 'variable' in place ? place.variable : `${place.file}:${place.line}:${place.column}`;
  return path === '' ? `${where}: ${text}` : `${where}: ${path}: ${text}`;
}

function comparePlaces(left: Place, right: Place): number {
  if ('variable' in left) return 'variable' in right ? compareText(left.variable, right.variable) : 1;
  if ('variable' in right) return -1;
  return left.line - right.line || left.column - right.column;
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
