import type { FoundCredentials, RegistryClientOptions } from '@longshore/distribution';
import { Option, type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { ownVersion } from '../own-version.js';
import { readUserFile } from '../user-file.js';

/** Those of a whole system are a quarter of a megabyte. */
const LARGEST_AUTHORITIES = 16 * 1024 * 1024;

/** How a command reaches registries. */
export interface ConnectionOptions {
  insecure?: boolean;
  certificateAuthority?: string;
}

/** Options of each command that asks registries with the user's credentials. */
export interface RegistryOptions extends ConnectionOptions {
  registryConfig?: string;
}

/** Gives a command the options of {@link ConnectionOptions}. */
export function withConnectionOptions(command: Command): Command {
  return command
    .option('--insecure', 'TLS is not verified, and plain http will do')
    .addOption(
      new Option('--certificate-authority <file>', 'PEM file of authorities to trust beside those of Node').conflicts(
        'insecure',
      ),
    );
}

/** Gives a command the options of {@link RegistryOptions}. */
export function withRegistryOptions(command: Command): Command {
  command.option(
    '-a, --registry-config <file>',
    'credentials; for what it does not name, those of REGISTRY_AUTH_FILE, of podman and of docker',
  );
  return withConnectionOptions(command);
}

/** How to reach registries, without credentials. Errors: CliError for a file of authorities that cannot be read. */
export async function clientOptions(
  options: ConnectionOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<RegistryClientOptions> {
  const { proxyFromEnvironment } = await import('@longshore/distribution');
  const { insecure = false, certificateAuthority } = options;
  const authorities = certificateAuthority === undefined ? [] : [await readAuthorities(certificateAuthority)];
  const proxy = proxyFromEnvironment(env);
  return {
    insecure: () => insecure,
    trust: () => authorities,
    userAgent: `longshore/${ownVersion()}`,
    ...(proxy && { proxy }),
  };
}

async function readAuthorities(file: string): Promise<string> {
  try {
    return (await readUserFile(file, LARGEST_AUTHORITIES)).toString();
  } catch (error) {
    throw new CliError(`--certificate-authority: ${(error as Error).message}`, 2, { cause: error });
  }
}

/**
 * The user's credentials (mirror.md 4). What cannot be used is told on standard error. Errors: CliError for the file that was
 * named.
 */
export async function userCredentials(
  { registryConfig: file }: RegistryOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<FoundCredentials['credentials']> {
  const { findCredentials } = await import('@longshore/distribution');
  const found = await findCredentials(env, file === undefined ? {} : { file }).catch((error: Error) => {
    throw new CliError(`unable to load --registry-config: ${error.message}`, 2, { cause: error });
  });
  let told = 0;
  const tell = () => {
    for (const problem of found.problems.slice(told)) process.stderr.write(`warning: ${problem}\n`);
    told = found.problems.length;
  };
  tell();
  return async (repository) => {
    const credentials = await found.credentials(repository);
    tell();
    return credentials;
  };
}
