import { Presets, SingleBar } from 'cli-progress';
import { formatBytes } from './format-bytes.js';

const LINE_EVERY_MS = 5000;
const CLEAR_LINE = '\r\u001b[K';

export interface ProgressOptions {
  /** Shows nothing, for output that programs read. */
  quiet: boolean;
  /** Default: standard error. */
  stream?: NodeJS.WritableStream & { isTTY?: boolean };
  /** Milliseconds. Default: `Date.now`. */
  now?: () => number;
}

/** Shows how far long work has come: a bar on a terminal, plain lines now and then elsewhere, nothing when quiet. */
export class Progress {
  private readonly stream: NodeJS.WritableStream & { isTTY?: boolean };
  private readonly now: () => number;
  private readonly quiet: boolean;
  private bar: SingleBar | undefined;
  private counting = false;
  private lastLine: number;

  constructor({ quiet, stream = process.stderr, now = Date.now }: ProgressOptions) {
    this.quiet = quiet;
    this.stream = stream;
    this.now = now;
    this.lastLine = now();
  }

  /** Work of unknown length. */
  count(what: string, done: number): void {
    this.show(`${what}: ${done}`, () => {
      this.counting = true;
      this.stream.write(`${CLEAR_LINE}${what}: ${done}`);
    });
  }

  /** Work of known length. */
  bytes(what: string, done: number, total: number): void {
    this.show(`${what}: ${formatBytes(done)} of ${formatBytes(total)}`, () => {
      this.bar ??= this.startBar(what, total);
      this.bar.update(done);
    });
  }

  /** Ends the bar; leaves no half line on the terminal. May be called more than once. */
  end(): void {
    this.bar?.stop();
    this.bar = undefined;
    if (this.counting) this.stream.write(CLEAR_LINE);
    this.counting = false;
  }

  private show(line: string, draw: () => void): void {
    if (this.quiet) return;
    if (this.stream.isTTY) draw();
    else if (this.now() - this.lastLine >= LINE_EVERY_MS) {
      this.lastLine = this.now();
      this.stream.write(`${line}\n`);
    }
  }

  private startBar(what: string, total: number): SingleBar {
    const format = `${what} {bar} {percentage}% of {size}, {eta_formatted} to go`;
    const bar = new SingleBar({ format, stream: this.stream, hideCursor: true }, Presets.shades_classic);
    bar.start(total, 0, { size: formatBytes(total) });
    return bar;
  }
}
