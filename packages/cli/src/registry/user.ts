import { chmod, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { hashPassword, listUsers, parseHtpasswd, removeUser, setUser } from '@longshore/registry';
import { Command, InvalidArgumentError } from 'commander';
import { CliError } from '../cli-error.js';

interface Options {
  file: string;
  cost: number;
  passwordStdin: boolean;
}

/** `longshore registry user`: the htpasswd file of `auth.htpasswd.path`. */
export function userCommand(): Command {
  const command = new Command('user').description('add, remove and list the users of an htpasswd file');
  command
    .command('add <name>')
    .description('add a user, or give one a new password')
    .requiredOption('--file <htpasswd>', 'the htpasswd file; made when absent')
    .option('--cost <n>', 'work of bcrypt: 4 to 17', readCost, 10)
    .option('--password-stdin', 'read the password from standard input', false)
    .addHelpText('after', '\nExamples:\n  longshore registry user add alice --file /etc/longshore/htpasswd\n  echo "$PASSWORD" | longshore registry user add ci --file /etc/longshore/htpasswd --password-stdin')
    .action(async (name: string, options: Options) => {
      const text = (await readIfPresent(options.file)) ?? '';
      const password = options.passwordStdin ? await passwordFromStdin() : await askPassword();
      await replaceFile(options.file, setUser(text, name, await hashPassword(password, options.cost)));
    });
  command
    .command('remove <name>')
    .description('remove a user')
    .requiredOption('--file <htpasswd>', 'the htpasswd file')
    .action(async (name: string, { file }: Options) => {
      const text = removeUser(await readPresent(file), name);
      if (text === undefined) throw new CliError(`${file} has no user ${JSON.stringify(name)}`);
      await replaceFile(file, text);
    });
  command
    .command('list')
    .description('list the users')
    .requiredOption('--file <htpasswd>', 'the htpasswd file')
    .action(async ({ file }: Options) => {
      const text = await readPresent(file);
      parseHtpasswd(text);
      for (const name of listUsers(text)) process.stdout.write(`${name}\n`);
    });
  return command;
}

function readCost(text: string): number {
  const cost = Number(text);
  if (Number.isInteger(cost) && cost >= 4 && cost <= 17) return cost;
  throw new InvalidArgumentError('expected a whole number from 4 to 17');
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function readPresent(file: string): Promise<string> {
  const text = await readIfPresent(file);
  if (text === undefined) throw new CliError(`there is no file ${file}; "longshore registry user add" makes it`);
  return text;
}

/** Replaces the file in one step; a new one is readable by its owner alone. */
async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.new`;
  const mode = (await stat(file).catch(() => undefined))?.mode ?? 0o600;
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx', flush: true });
    await chmod(temporary, mode & 0o777);
    await rename(temporary, file);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

async function passwordFromStdin(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.length > 4096) throw new CliError('the password is too long');
  }
  return checked(text.replace(/\r?\n$/, ''));
}

async function askPassword(): Promise<string> {
  if (!process.stdin.isTTY) throw new CliError('no terminal to ask for the password; use --password-stdin', 2);
  const first = await askHidden('Password: ');
  if (first !== (await askHidden('Again: '))) throw new CliError('the two passwords differ');
  return checked(first);
}

function checked(password: string): string {
  if (password === '') throw new CliError('the password is empty');
  return password;
}

async function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
