import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { processTree } from './process-tree.js';

/** Every process that was started and has not ended; ended by `endChildren` when the run is broken off. */
const running = new Set<ChildProcess>();

/** Holds a started process in the list of those to end, for as long as it runs. */
export function track<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Asks a process to end and waits for it; ends it and all below it when it does not in time. */
export async function endInOrder(child: ChildProcess, milliseconds: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.pid !== undefined && endTree(child.pid), milliseconds);
  await ended;
  clearTimeout(timer);
}

/** Ends whatever still runs, with the processes that it started, at once. */
export function endChildren(): void {
  for (const child of running) if (child.pid !== undefined) endTree(child.pid);
}

/** Ends a process and all below it, by number. */
export function endTree(pid: number): void {
  for (const member of processTree(pid)) {
    try {
      process.kill(member, 'SIGKILL');
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ESRCH';
}

export class CommandError extends Error {
  readonly code = 'COMMAND_FAILED';
}

/** Runs a program to its end and returns its standard output. Errors: CommandError with the end of its error output. */
export function runCommand(file: string, args: readonly string[], options: SpawnOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = track(spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] }));
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk));
    child.once('error', (error) => reject(new CommandError(`${file} cannot be started`, { cause: error })));
    child.once('close', (status, signal) => {
      if (status === 0) return resolve(Buffer.concat(output).toString());
      const tail = Buffer.concat(errors).toString().trim().slice(-600);
      reject(new CommandError(`${file} ended with ${signal ?? `status ${status}`}: ${tail}`));
    });
  });
}

/** Whether a program of this name is in one of the folders of PATH. */
export async function isInstalled(program: string): Promise<boolean> {
  return runCommand('/bin/sh', ['-c', 'command -v "$1"', 'sh', program]).then(
    () => true,
    () => false,
  );
}
