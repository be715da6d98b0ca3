import sonicBoom from 'sonic-boom';

/** Where finished log lines go. Neither method throws. */
export interface LogDestination {
  /** Takes one line with its line feed; never waits for it to be written. */
  write(line: string): void;
  /** Resolves when everything written so far is out, or after a bounded time when the reader does not read. */
  flush(): Promise<void>;
  /** Has `listener` called with the number of lines lost, once there is room again. */
  onDropped?(listener: (lines: number) => void): void;
}

/** Lines wait at most this long, in milliseconds, for others to share a system call with. */
const FLUSH_DELAY = 100;
const FLUSH_BYTES = 8 * 1024;
/** Lines beyond this many waiting bytes are lost, so that a reader that stopped reading costs no memory. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** After this many milliseconds without progress the reader counts as stopped: nobody waits for it at the end. */
const STALLED_AFTER = 1000;
/** Tries, 100 ms apart, to empty a full non-blocking pipe at exit. */
const EXIT_TRIES = 10;

/** A file descriptor behind a small buffer that is emptied every 100 ms, when it is full, and at exit. */
export class FileDestination implements LogDestination {
  readonly #stream: sonicBoom.SonicBoom;
  #timer: NodeJS.Timeout | undefined;
  /** When the oldest unanswered flush was asked for, by `performance.now()`; 0 when there is none. */
  #waitingSince = 0;
  #closed = false;
  #exiting = false;
  #tries = 0;
  #dropped = 0;
  #listener: (lines: number) => void = () => {};

  constructor(fd: number) {
    this.#stream = new sonicBoom.SonicBoom({
      fd,
      minLength: FLUSH_BYTES,
      maxLength: MAX_WAITING_BYTES,
      retryEAGAIN: () => !this.#exiting || ++this.#tries < EXIT_TRIES,
    });
    this.#stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'EBADF') this.#closed = true;
    });
    this.#stream.on('drop', () => this.#dropped++);
    this.#stream.on('write', () => this.#progress());
  }

  write(line: string): void {
    if (this.#closed) return;
    this.#stream.write(line);
    this.#timer ??= setTimeout(() => this.#tick(), FLUSH_DELAY).unref();
  }

  flush(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const giveUp = setTimeout(resolve, STALLED_AFTER);
      this.#stream.flush(() => {
        clearTimeout(giveUp);
        resolve();
      });
    });
  }

  /** Writes what is left while the process ends; gives up on a reader that stopped reading. */
  flushAtExit(): void {
    if (this.#closed || this.#stalled()) return;
    this.#exiting = true;
    try {
      this.#stream.flushSync();
    } catch {
      // The reader is gone and so is every place to tell it.
      this.#closed = true;
    }
  }

  onDropped(listener: (lines: number) => void): void {
    this.#listener = listener;
  }

  #tick(): void {
    this.#timer = undefined;
    if (this.#closed) return;
    if (this.#waitingSince === 0) this.#waitingSince = performance.now();
    this.#stream.flush();
  }

  #progress(): void {
    this.#waitingSince = 0;
    if (this.#dropped === 0) return;
    const lines = this.#dropped;
    this.#dropped = 0;
    setImmediate(() => this.#listener(lines));
  }

  #stalled(): boolean {
    return this.#waitingSince !== 0 && performance.now() - this.#waitingSince > STALLED_AFTER;
  }
}

let shared: FileDestination | undefined;

/** The process's standard output: one buffer for all loggers, emptied at exit, after a crash too. */
export function standardOutput(): LogDestination {
  if (shared === undefined) {
    const destination = new FileDestination(1);
    process.on('exit', () => destination.flushAtExit());
    shared = destination;
  }
  return shared;
}
