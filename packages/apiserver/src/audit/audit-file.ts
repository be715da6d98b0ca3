import { createWriteStream, openSync, renameSync, rmSync, statSync, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import type { AuditEvent, AuditLog } from './audit-event.js';

export interface AuditFileOptions {
  path: string;
  /** A file that is longer is put aside as `PATH.1`. Default 100 MiB. */
  maxBytes?: number;
  /** How many files are kept aside. Default 3. */
  backups?: number;
  /** Hears that events could not be written. */
  onError?: (error: unknown) => void;
}

const MIB = 1024 * 1024;
/** A disk that does not keep up costs events rather than memory. */
const MAX_WAITING_BYTES = 16 * MIB;

/** Writes events as lines of JSON to a file that only its owner can read. */
export class AuditFile implements AuditLog {
  private readonly options: Required<AuditFileOptions>;
  private stream: WriteStream;
  private bytes: number;
  private readonly ending = new Set<Promise<void>>();

  constructor({ path, maxBytes = 100 * MIB, backups = 3, onError = () => undefined }: AuditFileOptions) {
    this.options = { path, maxBytes, backups, onError };
    this.bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    this.stream = this.open();
  }

  /** What is told in one turn is written at once. */
  write(event: AuditEvent): void {
    const line = `${JSON.stringify(event)}\n`;
    if (this.stream.writableLength > MAX_WAITING_BYTES) {
      this.options.onError(new Error('the audit log does not keep up: an event is lost'));
      return;
    }
    if (this.bytes > 0 && this.bytes + line.length > this.options.maxBytes) this.rotate();
    this.bytes += Buffer.byteLength(line);
    const { stream } = this;
    if (stream.writableCorked === 0) {
      stream.cork();
      setImmediate(() => stream.uncork());
    }
    stream.write(line);
  }

  /** Resolves when all events are written. */
  async close(): Promise<void> {
    this.end();
    await Promise.all(this.ending);
  }

  private end(): void {
    const { stream } = this;
    stream.end();
    const ended = once(stream, 'close')
      .catch(() => undefined)
      .then(() => void this.ending.delete(ended));
    this.ending.add(ended);
  }

  private open(): WriteStream {
    const { path, onError } = this.options;
    // At once, so that the file cannot be put aside before it is there.
    const stream = createWriteStream(path, { fd: openSync(path, 'a', 0o600) });
    stream.on('error', onError);
    return stream;
  }

  private rotate(): void {
    const { path, backups, onError } = this.options;
    // What waits still goes to the file that it was written for: the stream holds it open under any name.
    this.end();
    try {
      rmSync(`${path}.${backups}`, { force: true });
      for (let index = backups - 1; index >= 1; index--) renameIfThere(`${path}.${index}`, `${path}.${index + 1}`);
      if (backups > 0) renameIfThere(path, `${path}.1`);
      else rmSync(path, { force: true });
    } catch (error) {
      onError(error);
    }
    this.bytes = 0;
    this.stream = this.open();
  }
}

function renameIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, to);
}
