import { Readable } from 'node:stream';
import { createProgram } from '../program.js';
import { reportError } from '../report-error.js';

/** What a command left behind. */
export interface CommandResult {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs a command in this process, with an environment of its own, until it ends. One at a time. */
export async function runCommand(
  args: readonly string[],
  { env = {}, input = '' }: { env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<CommandResult> {
  const result = { status: 0, stdout: '', stderr: '' };
  const before = { env: process.env, stdin: Object.getOwnPropertyDescriptor(process, 'stdin') };
  const writes = {
    stdout: process.stdout.write.bind(process.stdout),
    stderr: process.stderr.write.bind(process.stderr),
  };
  const listeners = (['SIGINT', 'SIGTERM'] as const).map((name) => [name, process.listeners(name)] as const);
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = (text: string | Uint8Array) => Boolean((result[name] += String(text)));
  }
  process.env = env;
  Object.defineProperty(process, 'stdin', { configurable: true, value: Readable.from(input === '' ? [] : [input]) });
  process.exitCode = undefined;
  try {
    await (await createProgram(args)).parseAsync(args, { from: 'user' });
    result.status = Number(process.exitCode ?? 0);
  } catch (error) {
    const { text, exitCode } = reportError(error, false);
    result.stderr += text;
    result.status = exitCode;
  } finally {
    process.exitCode = undefined;
    process.env = before.env;
    if (before.stdin) Object.defineProperty(process, 'stdin', before.stdin);
    process.stdout.write = writes.stdout;
    process.stderr.write = writes.stderr;
    for (const [name, known] of listeners) {
      for (const added of process.listeners(name).filter((one) => !known.includes(one))) process.off(name, added);
    }
  }
  return result;
}
