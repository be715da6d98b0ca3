import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CliError } from '../cli-error.js';

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

/** Asks for a password twice on the terminal, without showing it. Errors: CliError when there is no terminal or no answer. */
export async function askPassword(input: NodeJS.ReadStream = process.stdin, output = process.stderr): Promise<string> {
  if (!input.isTTY) throw new CliError('there is no terminal to ask for the password on; use --password-stdin', 2);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input, output: silent, terminal: true });
  terminal.once('SIGINT', () => terminal.close());
  const lines = terminal[Symbol.asyncIterator]();
  const ask = async (question: string) => {
    output.write(question);
    const line = await lines.next();
    output.write('\n');
    if (line.done) throw new CliError('no password was given; nothing has changed');
    return line.value;
  };
  try {
    const password = await ask('Password: ');
    if (password !== (await ask('Again: '))) throw new CliError('the two passwords differ; nothing has changed');
    return notEmpty(password);
  } finally {
    terminal.close();
  }
}

function notEmpty(password: string): string {
  if (password === '') throw new CliError('the password is empty', 2);
  return password;
}
