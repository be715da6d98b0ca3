import cluster from 'node:cluster';
import { fstatSync, writeSync } from 'node:fs';
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
const BATCH_DELAY = 100;
/** Bytes written at once. At 20,000 lines a second 4 KiB cost 8 microseconds of CPU a line, 32 KiB cost 3. */
const BATCH_BYTES = 32 * 1024;
/** PIPE_BUF of Linux: what one write puts into a pipe in one piece when several processes write (pipe(7)). */
const PIPE_BYTES = 4096;
/** Lines beyond this many waiting bytes are lost, so that a reader that stopped reading costs no memory. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** After this many milliseconds without progress the reader counts as stopped: nobody waits for it at the end. */
const STALLED_AFTER = 1000;
/** Tries, this many milliseconds apart, to empty a full non-blocking pipe at exit. */
const EXIT_TRIES = 10;
const EXIT_PAUSE = 100;

/** A file descriptor behind a buffer that is emptied every 100 ms, when a batch is full, and at exit. */
export class FileDestination implements LogDestination {
  readonly #fd: number;
  readonly #stream: sonicBoom.SonicBoom;
  readonly #batchBytes: number;
  #batch = '';
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Since when a batch waits for progress, by `performance.now()`; 0 when none does. */
  #waitingSince = 0;
  #closed = false;
  #exiting = false;
  #tries = 0;
  #dropped = 0;
  #listener: (lines: number) => void = () => {};

  /** `batchBytes` bounds what one system call writes; a longer line goes alone. */
  constructor(fd: number, batchBytes = BATCH_BYTES) {
    this.#fd = fd;
    this.#batchBytes = batchBytes;
    this.#stream = new sonicBoom.SonicBoom({
      fd,
      maxWrite: batchBytes,
      maxLength: MAX_WAITING_BYTES,
      retryEAGAIN: () => !this.#exiting || ++this.#tries < EXIT_TRIES,
    });
    this.#stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'EBADF') this.#closed = true;
    });
    this.#stream.on('drop', (lines: string) => (this.#dropped += lines.split('\n').length - 1));
    this.#stream.on('write', () => this.#progress());
  }

  write(line: string): void {
    if (this.#closed) return;
    const bytes = Buffer.byteLength(line);
    if (this.#bytes + bytes > this.#batchBytes) this.#handOver();
    this.#batch += line;
    this.#bytes += bytes;
    this.#timer ??= setTimeout(() => this.#tick(), BATCH_DELAY).unref();
  }

  flush(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#tick();
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
      this.#writeBatch();
    } catch {
      // The reader is gone and so is every place to tell it.
      this.#closed = true;
    }
  }

  onDropped(listener: (lines: number) => void): void {
    this.#listener = listener;
  }

  /** Not through the stream, whose write would be under way in a thread when the process ends. */
  #writeBatch(): void {
    let rest = Buffer.from(this.#batch);
    this.#batch = '';
    this.#bytes = 0;
    while (rest.length > 0) {
      try {
        rest = rest.subarray(writeSync(this.#fd, rest));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || ++this.#tries >= EXIT_TRIES) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, EXIT_PAUSE);
      }
    }
  }

  #tick(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#closed) this.#handOver();
  }

  #handOver(): void {
    if (this.#bytes === 0) return;
    const batch = this.#batch;
    this.#batch = '';
    this.#bytes = 0;
    if (this.#waitingSince === 0) this.#waitingSince = performance.now();
    this.#stream.write(batch);
  }

  #progress(): void {
    this.#waitingSince = 0;
    if (this.#dropped === 0) return;
    const lines = this.#dropped;
    this.#dropped = 0;
    setImmediate(() => this.#listener(lines));
  }

  #stalled(): boolean {
    return this.#waitingSince !== 0 && performance.now() - this.#waitingSince >= STALLED_AFTER;
  }
}

let shared: FileDestination | undefined;

/** The process's standard output: one buffer for all loggers, emptied at exit, after a crash too. */
export function standardOutput(): LogDestination {
  if (shared === undefined) {
    const destination = new FileDestination(STDOUT, sharesPipe() ? PIPE_BYTES : BATCH_BYTES);
    process.on('exit', () => destination.flushAtExit());
    shared = destination;
  }
  return shared;
}

const STDOUT = 1;

/** Workers write into the pipe that they inherited: larger writes of theirs would tear each other's lines apart. */
function sharesPipe(): boolean {
  try {
    return cluster.isWorker && fstatSync(STDOUT).isFIFO();
  } catch {
    // Standard output is closed: any size will do.
    return false;
  }
}
