import { spawn, type ChildProcess } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** What a program that ran to its end left behind. */
export interface ProgramResult {
  /** The exit status; 128 + the signal's number is not computed: a killed program has status null. */
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface ProgramOptions {
  /** Replaces the environment of this process. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Written to the program's standard input. */
  input?: string | Uint8Array;
  /** Return the result of a failing program instead of throwing. Default false. */
  mayFail?: boolean;
  /** Milliseconds after which the program is killed. Default 120 000. */
  timeout?: number;
}

/** A program ended with a status other than 0. The message shows the command and the last lines that it printed. */
export class ProgramError extends Error {
  readonly code = 'PROGRAM_FAILED';
  constructor(
    readonly command: string,
    readonly result: ProgramResult,
    note = '',
  ) {
    const output = [result.stdout, result.stderr].map((text) => tail(text)).filter((text) => text !== '');
    super(`${command}: exit status ${result.status ?? 'none'}${note}\n${output.join('\n')}`);
    this.name = 'ProgramError';
  }
}

/** The program that a test needs is not installed. */
export class ProgramMissingError extends Error {
  readonly code = 'PROGRAM_MISSING';
  constructor(name: string, aptPackage: string) {
    super(`${name} is not installed; install it with: apt-get install --no-install-recommends ${aptPackage}`);
    this.name = 'ProgramMissingError';
  }
}

/** The last `lines` lines of a text, without the white space around them. */
export function tail(text: string, lines = 30): string {
  return text.trim().split('\n').slice(-lines).join('\n');
}

/**
 * Runs a program to its end.
 * Errors: ProgramError when it exits with another status than 0 (unless `mayFail`), is killed, or takes too long; the
 * error of `spawn` when it cannot be started.
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const child = spawn(command, args, { env: options.env ?? process.env, cwd: options.cwd, stdio: 'pipe' });
  const timeout = options.timeout ?? 120_000;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeout);
  child.stdin.on('error', () => undefined); // A program may end without reading all its input.
  child.stdin.end(options.input ?? '');
  try {
    const result = await collect(child);
    if (late || result.status === null || (result.status !== 0 && options.mayFail !== true)) {
      const note = late ? `, killed after ${timeout} ms` : '';
      throw new ProgramError([command, ...args].join(' '), result, note);
    }
    return result;
  } finally {
    clearTimeout(timer);
  }
}

function collect(child: ChildProcess): Promise<ProgramResult> {
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => (text[name] += chunk));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, ...text }));
  });
}

/** Finds a program in the folders of PATH; undefined when there is none. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) {
      return path;
    }
  }
  return undefined;
}

/** Finds a program in PATH. Errors: ProgramMissingError, whose message is the line that installs it. */
export async function requireProgram(name: string, aptPackage: string): Promise<string> {
  const path = await findProgram(name);
  if (path === undefined) {
    throw new ProgramMissingError(name, aptPackage);
  }
  return path;
}
