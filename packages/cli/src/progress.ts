import { Presets, SingleBar } from 'cli-progress';
import { formatBytes } from './format-bytes.js';

const LINE_EVERY_MS = 5000;

/** Shows how far long work has come: a bar on a terminal, plain lines now and then elsewhere, nothing when quiet. */
export class Progress {
  private bar: SingleBar | undefined;
  private lastLine = Date.now();
  private readonly terminal = process.stderr.isTTY;

  constructor(private readonly quiet: boolean) {}

  /** Work of unknown length. */
  count(what: string, done: number): void {
    this.show(`${what}: ${done}`, () => {
      process.stderr.write(`\r${what}: ${done}\u001b[K`);
    });
  }

  /** Work of known length. */
  bytes(what: string, done: number, total: number): void {
    this.show(`${what}: ${formatBytes(done)} of ${formatBytes(total)}`, () => {
      if (!this.bar) {
        const format = `${what} {bar} {percentage}% {of} {eta_formatted}`;
        this.bar = new SingleBar({ format, stream: process.stderr, hideCursor: true }, Presets.shades_classic);
        this.bar.start(total, done, { of: formatBytes(total) });
      }
      this.bar.update(done);
    });
  }

  end(): void {
    if (this.bar) this.bar.stop();
    else if (this.terminal && !this.quiet) process.stderr.write('\r\u001b[K');
    this.bar = undefined;
  }

  private show(line: string, draw: () => void): void {
    if (this.quiet) return;
    if (this.terminal) draw();
    else if (Date.now() - this.lastLine >= LINE_EVERY_MS) {
      this.lastLine = Date.now();
      process.stderr.write(`${line}\n`);
    }
  }
}
