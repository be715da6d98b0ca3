import { standardOutput } from './log-destination.js';
import type { LogDestination } from './log-destination.js';
import { lineFormat } from './log-format.js';
import type { LineFormat, LogFormatter, LogLevel } from './log-format.js';

/** The facts beside a constant message. An undefined value is left out; an Error is printed with its causes. */
export type Fields = Readonly<Record<string, unknown>>;

/** Writes one line a call. Messages are constant so that they can be counted; what varies is in the fields. */
export interface Logger {
  readonly level: LogLevel;
  /** Whether a line of this level would be written: ask before building dear fields. */
  enabled(level: LogLevel): boolean;
  debug(fields: Fields, message: string): void;
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  error(fields: Fields, message: string): void;
  /** A logger whose every line carries `fields` too. */
  child(fields: Fields): Logger;
  /** Resolves when the lines so far are written out. */
  flush(): Promise<void>;
}

export interface LoggerOptions {
  /** Default `info`. */
  level?: LogLevel;
  /** Default `text`. */
  formatter?: LogFormatter;
  /** Fields of every line (`log.fields`). */
  fields?: Fields;
  /** Default: standard output. */
  destination?: LogDestination;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** Makes the logger of reference registry 7.3. Secrets in fields, URIs and messages come out as `***`. */
export function createLogger(options: LoggerOptions = {}): Logger {
  const level = options.level ?? 'info';
  const destination = options.destination ?? standardOutput();
  const sink: Sink = {
    level,
    format: lineFormat(options.formatter ?? 'text', level === 'debug'),
    destination,
    now: options.now ?? Date.now,
  };
  const logger = new LineLogger(sink, options.fields ?? {});
  destination.onDropped?.((lines) => logger.warn({ lines }, 'log lines were lost because their reader was too slow'));
  return logger;
}

interface Sink {
  level: LogLevel;
  format: LineFormat;
  destination: LogDestination;
  now: () => number;
}

const RANKS: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

class LineLogger implements Logger {
  readonly level: LogLevel;
  readonly #sink: Sink;
  readonly #rank: number;
  readonly #bound: Fields;
  readonly #boundText: string;

  constructor(sink: Sink, bound: Fields) {
    this.level = sink.level;
    this.#sink = sink;
    this.#rank = RANKS[sink.level];
    this.#bound = bound;
    this.#boundText = render(sink.format, bound);
  }

  enabled(level: LogLevel): boolean {
    return RANKS[level] >= this.#rank;
  }

  debug(fields: Fields, message: string): void {
    if (this.#rank <= RANKS.debug) this.#write('debug', fields, message);
  }

  info(fields: Fields, message: string): void {
    if (this.#rank <= RANKS.info) this.#write('info', fields, message);
  }

  warn(fields: Fields, message: string): void {
    if (this.#rank <= RANKS.warn) this.#write('warn', fields, message);
  }

  error(fields: Fields, message: string): void {
    this.#write('error', fields, message);
  }

  child(fields: Fields): Logger {
    return new LineLogger(this.#sink, { ...this.#bound, ...fields });
  }

  flush(): Promise<void> {
    return this.#sink.destination.flush();
  }

  #write(level: LogLevel, fields: Fields, message: string): void {
    const { format, destination, now } = this.#sink;
    const facts = this.#overlaps(fields)
      ? render(format, { ...this.#bound, ...fields })
      : this.#boundText + render(format, fields);
    destination.write(format.begin(now(), level, message) + facts + format.end);
  }

  /** No line may hold a key twice. */
  #overlaps(fields: Fields): boolean {
    for (const key in this.#bound) if (fields[key] !== undefined) return true;
    return false;
  }
}

function render(format: LineFormat, fields: Fields): string {
  let text = '';
  for (const key in fields) text += format.field(key, fields[key]);
  return text;
}
