import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { launchScript, type Launch } from './launch-script.js';
import { identify, signalProcess } from './process-identity.js';
import type { ProcessRecords } from './process-records.js';

export interface ProcessOptions extends Launch {
  /** Of the container: for its launch script. */
  folder: string;
  environment: Readonly<Record<string, string>>;
  /** Puts the process into a mount namespace of its own: path of `unshare`. */
  unshare?: string;
  records: ProcessRecords;
  output: { write(stream: 'stdout' | 'stderr', chunk: Buffer): Promise<void> };
}

export interface ProcessEnd {
  exitCode: number;
  /** Number of the signal that ended it. */
  signal?: number;
  finishedAt: Date;
}

const SIGNALS: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/** A container that runs: a process group of this machine. */
export class ContainerProcess {
  /** When it has ended, with all that it started and all that it wrote. */
  readonly ended: Promise<ProcessEnd>;

  private constructor(
    private readonly child: ChildProcess,
    readonly pid: number,
    options: ProcessOptions,
  ) {
    this.ended = this.follow(options);
  }

  /** Errors: those of the system when it cannot be started. */
  static async start(options: ProcessOptions): Promise<ContainerProcess> {
    const { folder, environment, unshare, records } = options;
    const script = join(folder, 'launch.sh');
    await writeFile(script, launchScript(options), { mode: 0o600 });
    const shell = ['/bin/sh', script];
    const [command = '', ...args] =
      unshare === undefined ? shell : [unshare, '--mount', '--propagation', 'private', ...shell];
    const child = spawn(command, args, {
      cwd: '/',
      env: { ...environment },
      // A session of its own, whose number is that of the process: it is ended as a whole. The fourth is the lifeline.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    if (child.pid === undefined) {
      const [error] = (await once(child, 'error')) as [Error];
      throw error;
    }
    const running = new ContainerProcess(child, child.pid, options);
    const identity = await identify(child.pid);
    if (identity !== undefined) await records.add(identity);
    return running;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.child.exitCode === null && this.child.signalCode === null) signalProcess(this.pid, signal);
  }

  private async follow({ records, output }: ProcessOptions): Promise<ProcessEnd> {
    const { child } = this;
    // The lifeline of a process that is gone breaks.
    child.stdio[3]?.on('error', () => undefined);
    const copied = Promise.all([
      copy(child.stdout, (chunk) => output.write('stdout', chunk)),
      copy(child.stderr, (chunk) => output.write('stderr', chunk)),
    ]);
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    const finishedAt = new Date();
    signalProcess(-this.pid, 'SIGKILL');
    child.stdio[3]?.destroy();
    await copied;
    await records.remove(this.pid);
    const number = signal === null ? undefined : SIGNALS[signal];
    return { exitCode: code ?? 128 + (number ?? 0), finishedAt, ...(number !== undefined && { signal: number }) };
  }
}

async function copy(from: Readable | null, write: (chunk: Buffer) => Promise<void>): Promise<void> {
  if (from === null) return;
  for await (const chunk of from) await write(chunk as Buffer);
}
