import { EventEmitter, once } from 'node:events';
import { mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { formatLogLine, LineSplitter, type LogLine } from './log-line.js';

/** Of one run of a container; those of kubelets (`containerLogMaxSize`, `containerLogMaxFiles`). */
export interface LogLimits {
  segmentBytes: number;
  segments: number;
}

const LIMITS: LogLimits = { segmentBytes: 10 << 20, segments: 5 };

/** Files of a log are numbered in the order of their content; the oldest go. */
export function segmentName(restart: number, segment: number): string {
  return `${restart}-${String(segment).padStart(8, '0')}.log`;
}

/** The segments that are kept of one run of a container, oldest first. */
export async function listSegments(folder: string, restart: number): Promise<number[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .map((name) => /^(\d{1,9})-(\d{8})\.log$/.exec(name))
    .filter((match) => match !== null && Number(match[1]) === restart)
    .map((match) => Number(match?.[2]))
    .sort((a, b) => a - b);
}

/** What one run of a container writes, on disk, in segments. */
export class ContainerLog extends EventEmitter<{ change: [] }> {
  isOpen = true;
  /** Grows with each change. */
  version = 0;
  private file: FileHandle | undefined;
  private bytes = 0;
  private segment = 0;
  private last: Promise<void> = Promise.resolve();
  private readonly splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };

  constructor(
    readonly folder: string,
    readonly restart: number,
    private readonly limits = LIMITS,
  ) {
    super();
    // Every client that follows listens.
    this.setMaxListeners(0);
  }

  /** Resolves when it is written, so that who writes faster than the disk waits. */
  write(stream: LogLine['stream'], chunk: Buffer): Promise<void> {
    return this.append(stream, this.splitters[stream].push(chunk));
  }

  async close(): Promise<void> {
    await this.append('stdout', this.splitters.stdout.end());
    await this.append('stderr', this.splitters.stderr.end());
    await this.file?.close();
    this.isOpen = false;
    this.changed();
  }

  /** Resolves when there has been a change since that version, and when the signal is aborted. */
  async beyond(version: number, signal: AbortSignal): Promise<void> {
    if (this.version > version || signal.aborted) return;
    await once(this, 'change', { signal }).catch(() => undefined);
  }

  private changed(): void {
    this.version++;
    this.emit('change');
  }

  private append(stream: LogLine['stream'], lines: { text: Buffer; isWhole: boolean }[]): Promise<void> {
    if (lines.length === 0) return this.last;
    const time = new Date().toISOString().replace('Z', '000000Z');
    const bytes = Buffer.concat(lines.map((line) => formatLogLine({ ...line, time, stream })));
    this.last = this.last.then(() => this.put(bytes));
    return this.last;
  }

  private async put(bytes: Buffer): Promise<void> {
    if (this.file === undefined || this.bytes >= this.limits.segmentBytes) await this.nextSegment();
    await this.file?.write(bytes);
    this.bytes += bytes.length;
    this.changed();
  }

  private async nextSegment(): Promise<void> {
    await this.file?.close();
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    this.segment++;
    this.bytes = 0;
    this.file = await open(join(this.folder, segmentName(this.restart, this.segment)), 'a', 0o600);
    const kept = await listSegments(this.folder, this.restart);
    for (const old of kept.slice(0, -this.limits.segments)) {
      await rm(join(this.folder, segmentName(this.restart, old)), { force: true });
    }
  }
}
