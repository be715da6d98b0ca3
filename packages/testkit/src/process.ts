import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { tail } from './program.js';

/** When a started program counts as ready: it printed something that matches, or it accepts connections on a port. */
export type Readiness = { output: RegExp } | { port: number; host?: string };

export interface LaunchOptions {
  command: string;
  args: readonly string[];
  /** Replaces the environment of this process. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

export interface StartOptions extends LaunchOptions {
  ready: Readiness;
  /** Milliseconds to wait for readiness. Default 20 000. */
  timeout?: number;
}

/** What the processes of a program have used so far. */
export interface ResourceUse {
  /** The sum of each living process' highest resident size, in bytes. */
  peakMemory: number;
  /** User and system time of the living processes and of those that they have waited for, in seconds. */
  cpuSeconds: number;
}

/** A program did not become ready, or did not end. The message shows the last lines that it printed. */
export class StartError extends Error {
  readonly code = 'START_FAILED';
  constructor(command: string, reason: string, output: string) {
    super(`${command}: ${reason}; it printed:\n${tail(output)}`);
    this.name = 'StartError';
  }
}

/** Linux counts process times in this fraction of a second in /proc. */
const TICKS_PER_SECOND = 100;

const started = new Set<RunningProcess>();
process.once('exit', () => {
  for (const running of started) {
    running.signal('SIGKILL');
  }
});

/** A program that runs in a process group of its own. It ends with this process at the latest. */
export class RunningProcess {
  readonly pid: number;
  /** Resolves when the program has ended and its output is complete. */
  readonly ended: Promise<{ status: number | null; signal: NodeJS.Signals | null }>;
  #output = '';
  #running = true;
  readonly #watchers = new Set<() => void>();

  /** Takes charge of a child that was spawned with `detached` and piped output, and that has a pid. */
  constructor(
    readonly command: string,
    child: ChildProcess,
  ) {
    this.pid = child.pid ?? 0;
    started.add(this);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output += chunk;
        this.#changed();
      });
    }
    this.ended = new Promise((resolve) => {
      child.once('close', (status, signal) => {
        this.#running = false;
        started.delete(this);
        this.#changed();
        resolve({ status, signal });
      });
    });
  }

  /** Everything printed so far, standard output and standard error in the order of arrival. */
  output(): string {
    return this.#output;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Sends a signal to every process of the group; does nothing when they have all ended. */
  signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
        throw error;
      }
    }
  }

  /**
   * Asks the first process to end (SIGTERM) and waits; after `bound` milliseconds ends the group by SIGKILL.
   * Returns the exit status, null when a signal ended it.
   */
  async stop(bound = 15_000): Promise<number | null> {
    if (this.#running) {
      process.kill(this.pid, 'SIGTERM');
    }
    const timer = setTimeout(() => this.signal('SIGKILL'), bound);
    const { status } = await this.ended;
    clearTimeout(timer);
    return status;
  }

  /** Ends every process of the group by SIGKILL and waits until they are gone. */
  async kill9(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  /**
   * Waits until `find` returns something for the output so far.
   * Errors: StartError when the program ends first or `timeout` milliseconds pass.
   */
  async waitForOutput<T>(find: (output: string) => T | undefined, timeout = 20_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (action: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        action();
      };
      const look = () => {
        const found = find(this.#output);
        if (found !== undefined) {
          settle(() => resolve(found));
        } else if (!this.#running) {
          settle(() => reject(new StartError(this.command, 'ended too early', this.#output)));
        }
      };
      const late = () =>
        settle(() => reject(new StartError(this.command, `nothing after ${timeout} ms`, this.#output)));
      const timer = setTimeout(late, timeout);
      this.#watchers.add(look);
      look();
    });
  }

  /** Adds up what the living processes of the group have used. */
  resourceUse(): ResourceUse {
    const use = { peakMemory: 0, cpuSeconds: 0 };
    for (const entry of readdirSync('/proc')) {
      if (/^\d+$/.test(entry)) {
        const one = useOfProcess(entry, this.pid);
        use.peakMemory += one.peakMemory;
        use.cpuSeconds += one.cpuSeconds;
      }
    }
    return use;
  }

  #changed(): void {
    for (const look of this.#watchers) {
      look();
    }
  }
}

/** proc(5): in `stat`, what follows the parenthesised name starts with field 3; 5 is the group, 14 to 17 are times. */
function useOfProcess(pid: string, group: number): ResourceUse {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(fields[2]) !== group) {
      return { peakMemory: 0, cpuSeconds: 0 };
    }
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return { peakMemory: Number(peak?.[1] ?? 0) * 1024, cpuSeconds: ticks / TICKS_PER_SECOND };
  } catch {
    return { peakMemory: 0, cpuSeconds: 0 }; // The process ended while its files were read.
  }
}

/** Starts a program in a process group of its own. Errors: StartError when it cannot be started. */
export async function launchProcess({ command, args, env, cwd }: LaunchOptions): Promise<RunningProcess> {
  const line = [command, ...args].join(' ');
  const child = spawn(command, args, {
    env: env ?? process.env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const failed = new Promise<Error>((resolve) => child.once('error', resolve));
  if (child.pid === undefined) {
    throw new StartError(line, (await failed).message, '');
  }
  return new RunningProcess(line, child);
}

/**
 * Starts a program as `launchProcess` does and waits until it is ready.
 * Errors: StartError when it cannot be started, ends, or is not ready in time; it is killed then.
 */
export async function startProcess(options: StartOptions): Promise<RunningProcess> {
  const running = await launchProcess(options);
  try {
    await untilReady(running, options.ready, options.timeout ?? 20_000);
    return running;
  } catch (error) {
    await running.kill9();
    throw error;
  }
}

async function untilReady(running: RunningProcess, ready: Readiness, timeout: number): Promise<void> {
  if ('output' in ready) {
    await running.waitForOutput((output) => (ready.output.test(output) ? true : undefined), timeout);
    return;
  }
  const end = Date.now() + timeout;
  while (!(await acceptsConnections(ready.port, ready.host ?? '127.0.0.1'))) {
    if (!running.running) {
      throw new StartError(running.command, 'ended too early', running.output());
    }
    if (Date.now() > end) {
      throw new StartError(running.command, `port ${ready.port} is closed after ${timeout} ms`, running.output());
    }
    await delay(20);
  }
}

function acceptsConnections(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A port on the loopback address that nobody listens on now. Prefer port 0 where the program tells which one it got. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') {
    throw new Error('a TCP server has no port');
  }
  return address.port;
}
