import type { Credential, RepositoryName } from '@longshore/distribution';
import { Command, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { changeAuthFile, parseAuthFile } from '../registry-access/auth-file.js';

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
  const { parseCredentialKey, setAuth } = await import('@longshore/distribution');
  const { file, out = file, email, from } = options;
  const place = parseCredentialKey(registry);
  if (place === undefined) {
    throw new CliError(`${JSON.stringify(registry)} does not name a registry; write HOST[:PORT][/REPOSITORY]`, 2);
  }
  const { host, path: name } = place;
  const credential = from === undefined ? await ask(options) : await credentialIn(from, { host, name });
  if (credential === undefined) throw new CliError(`${from} has no credentials for ${registry}`);
  const change = (text: string | undefined) =>
    setAuth(text, registry, { credential, ...(email !== undefined && { email }) });
  await changeAuthFile(out, change, file);
  process.stderr.write(`Saved credentials for ${registry} into ${out}\n`);
}

async function ask({ username, passwordStdin }: AddOptions): Promise<Credential> {
  const { askPassword, askUsername, passwordFrom } = await import('../password.js');
  const name = username ?? (await askUsername());
  return { username: name, password: passwordStdin === true ? await passwordFrom(process.stdin) : await askPassword() };
}

async function credentialIn(file: string, repository: RepositoryName): Promise<Credential | undefined> {
  const { matchCredentials } = await import('@longshore/distribution');
  return matchCredentials((await parseAuthFile(file)).entries, repository)[0];
}
