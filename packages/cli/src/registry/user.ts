import { Command, InvalidArgumentError } from 'commander';
import { CliError } from '../cli-error.js';
import { changeHtpasswd, named, readHtpasswd } from './htpasswd-file.js';
import { askNewPassword, passwordFrom } from '../password.js';

interface FileOption {
  file: string;
}

interface AddOptions extends FileOption {
  cost: number;
  passwordStdin?: boolean;
}

const FILE = '--file <htpasswd>';

/** `longshore registry user`: the htpasswd file of `auth.htpasswd.path`. */
export function userCommand(): Command {
  return new Command('user')
    .summary('add, remove and list users')
    .description('add, remove and list the users of an htpasswd file; a running registry notices within a second')
    .addHelpText('after', examples('add alice', 'list', 'remove alice'))
    .addCommand(addCommand())
    .addCommand(removeCommand())
    .addCommand(listCommand());
}

function addCommand(): Command {
  return new Command('add')
    .description('add a user, or give one a new password')
    .argument('<name>', 'the user')
    .requiredOption(FILE, 'the htpasswd file; made when absent')
    .option('--cost <n>', 'work of bcrypt: 4 to 17', readCost, 10)
    .option('--password-stdin', 'read the password from standard input')
    .addHelpText('after', examples('add alice', 'add ci --password-stdin < password.txt'))
    .action(async (name: string, { file, cost, passwordStdin }: AddOptions) => {
      const password = passwordStdin ? await passwordFrom(process.stdin) : await askNewPassword();
      const { hashPassword, listUsers, setUser } = await import('@longshore/registry/htpasswd');
      const hash = await hashPassword(password, cost);
      let existed = false;
      await changeHtpasswd(file, (text = '') => {
        existed = listUsers(text).includes(name);
        return setUser(text, name, hash);
      });
      process.stdout.write(existed ? `${name} has a new password in ${file}\n` : `added ${name} to ${file}\n`);
    });
}

function removeCommand(): Command {
  return new Command('remove')
    .description('remove a user')
    .argument('<name>', 'the user')
    .requiredOption(FILE, 'the htpasswd file')
    .addHelpText('after', examples('remove alice'))
    .action(async (name: string, { file }: FileOption) => {
      const { removeUser } = await import('@longshore/registry/htpasswd');
      await readHtpasswd(file);
      await changeHtpasswd(file, (text = '') => {
        const rest = removeUser(text, name);
        if (rest === undefined) throw new CliError(`${file} has no user ${JSON.stringify(name)}`);
        return rest;
      });
      process.stdout.write(`removed ${name} from ${file}\n`);
    });
}

function listCommand(): Command {
  return new Command('list')
    .summary('list the users')
    .description('list the users, one a line; fails when the registry could not use the file')
    .requiredOption(FILE, 'the htpasswd file')
    .option('--json', 'print a JSON array')
    .addHelpText('after', examples('list', 'list --json'))
    .action(async ({ file, json }: FileOption & { json?: boolean }) => {
      const names = await usersOf(await readHtpasswd(file), file);
      process.stdout.write(json ? `${JSON.stringify(names)}\n` : names.map((name) => `${name}\n`).join(''));
    });
}

async function usersOf(text: string, file: string): Promise<string[]> {
  const { listUsers, parseHtpasswd } = await import('@longshore/registry/htpasswd');
  try {
    parseHtpasswd(text);
    return listUsers(text);
  } catch (error) {
    throw named(error, file);
  }
}

function readCost(text: string): number {
  const cost = Number(text);
  if (Number.isInteger(cost) && cost >= 4 && cost <= 17) return cost;
  throw new InvalidArgumentError('Expected a whole number from 4 to 17.');
}

function examples(...uses: string[]): string {
  const lines = uses.map((use) => {
    const [command, ...rest] = use.split(/ (?=<)/);
    return `  longshore registry user ${[`${command} --file /etc/longshore/htpasswd`, ...rest].join(' ')}`;
  });
  return `\nExamples:\n${lines.join('\n')}`;
}
