import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CliError } from './cli-error.js';

const MAX_LENGTH = 4096;

/** The password that was piped in, without its line feed. Errors: CliError. */
export async function passwordFrom(input: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += String(chunk);
    if (text.length > MAX_LENGTH) throw new CliError(`the password is longer than ${MAX_LENGTH} characters`, 2);
  }
  return notEmpty(text.replace(/\r?\n$/, ''));
}

type Ask = (question: string) => Promise<string>;

/** Asks for a password on the terminal, without showing it. Errors: CliError when there is no terminal or no answer. */
export async function askPassword(): Promise<string> {
  return notEmpty(await onTerminal({ shows: false }, (ask) => ask('Password: ')));
}

/** Asks for a new password twice. Errors: as {@link askPassword}, and when the two differ. */
export function askNewPassword(): Promise<string> {
  return onTerminal({ shows: false }, async (ask) => {
    const password = await ask('Password: ');
    if (password !== (await ask('Again: '))) throw new CliError('the two passwords differ; nothing has changed');
    return notEmpty(password);
  });
}

/** Asks for a user name on the terminal. Errors: as {@link askPassword}. */
export function askUsername(): Promise<string> {
  return onTerminal({ shows: true }, (ask) => ask('Username: '));
}

async function onTerminal<T>({ shows }: { shows: boolean }, work: (ask: Ask) => Promise<T>): Promise<T> {
  const { stdin: input, stderr: output } = process;
  if (!input.isTTY) {
    const instead = shows ? '--username' : '--password-stdin';
    throw new CliError(`there is no terminal to ask on; use ${instead}`, 2);
  }
  const echo = shows ? output : new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input, output: echo, terminal: true });
  terminal.once('SIGINT', () => terminal.close());
  const lines = terminal[Symbol.asyncIterator]();
  try {
    return await work(async (question) => {
      output.write(question);
      const line = await lines.next();
      if (!shows) output.write('\n');
      if (line.done) throw new CliError('nothing was given; nothing has changed');
      return line.value;
    });
  } finally {
    terminal.close();
  }
}

function notEmpty(password: string): string {
  if (password === '') throw new CliError('the password is empty', 2);
  return password;
}
