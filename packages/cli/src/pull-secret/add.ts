import type { Credential } from '@longshore/distribution';
import { Command, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { changeAuthFile, readAuthFile } from '../registry-access/auth-file.js';

const NOTES = `
Without --from the password is asked for, or read with --password-stdin. The file is made when it is not there. Its other
entries and its layout stay as they are.

A file that may push to a mirror is for mirroring only. As the pull secret of a cluster it would let every machine of the
cluster change the mirror: "longshore pull-secret check --check-write" tells.

Examples:
  longshore pull-secret add mirror.example.com:5000 --file pull-secret.json -u mirror
  longshore pull-secret add mirror.example.com:5000 --file pull-secret.json -u mirror --password-stdin < password.txt
  longshore pull-secret add mirror.example.com:5000/ocp4 --file pull-secret.json --from ~/.docker/config.json --out merged.json`;

interface AddOptions {
  file: string;
  out?: string;
  username?: string;
  passwordStdin?: boolean;
  from?: string;
  email?: string;
}

/** `longshore pull-secret add`: what a mirror's documents do by hand (mirror.md 4). */
export function addCommand(): Command {
  return new Command('add')
    .description('add the credentials for a registry to a pull secret, or replace them')
    .argument('<registry>', 'HOST[:PORT], or HOST[:PORT]/REPOSITORY for a part of it')
    .requiredOption('--file <file>', 'the pull secret')
    .option('--out <file>', 'write the result there, and leave the pull secret as it is')
    .option('-u, --username <name>', 'user name; default: asked for')
    .option('--password-stdin', 'read the password from standard input')
    .addOption(
      new Option('--from <file>', 'take the credentials from another file of podman, docker or a cluster').conflicts([
        'username',
        'passwordStdin',
      ]),
    )
    .option('--email <address>', 'of the entry; nobody reads it')
    .addHelpText('after', NOTES)
    .action(add);
}

async function add(registry: string, options: AddOptions): Promise<void> {
  const { setAuth } = await import('@longshore/distribution');
  const { file, out = file, email } = options;
  // What is wrong with the name is to be known before the password is asked for.
  refuseWrong(registry, (key) => setAuth('{}', key, { credential: { username: 'name', password: 'known' } }));
  const credential = options.from === undefined ? await ask(options) : await credentialIn(options.from, registry);
  const change = (text: string | undefined) => setAuth(text, registry, { credential, ...(email && { email }) });
  await changeAuthFile(out, change, file);
  process.stderr.write(`Saved credentials for ${registry} into ${out}\n`);
}

function refuseWrong(registry: string, use: (registry: string) => void): void {
  try {
    use(registry);
  } catch (error) {
    throw new CliError((error as Error).message, 2, { cause: error });
  }
}

async function ask({ username, passwordStdin }: AddOptions): Promise<Credential> {
  const { askPassword, askUsername, passwordFrom } = await import('../password.js');
  const name = username ?? (await askUsername());
  return { username: name, password: passwordStdin === true ? await passwordFrom(process.stdin) : await askPassword() };
}

/** Errors: CliError, which never quotes the file. */
async function credentialIn(file: string, registry: string): Promise<Credential> {
  const { matchCredentials, parseDockerConfig } = await import('@longshore/distribution');
  const text = await readAuthFile(file);
  if (text === undefined) throw new CliError(`there is no file ${file}`);
  const slash = registry.indexOf('/');
  const [host, name] = slash < 0 ? [registry, ''] : [registry.slice(0, slash), registry.slice(slash + 1)];
  const credential = (() => {
    try {
      return matchCredentials(parseDockerConfig(text).entries, { host, name })[0];
    } catch (error) {
      throw new CliError(`${file}: ${(error as Error).message}`, 1, { cause: error });
    }
  })();
  if (credential === undefined) throw new CliError(`${file} has no credentials for ${registry}`);
  return credential;
}
