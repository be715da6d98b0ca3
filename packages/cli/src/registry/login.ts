import type { KubeClient, KubeObject } from '@longshore/kube';
import { Command, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { changeAuthFile } from '../registry-access/auth-file.js';
import { clientOptions, withConnectionOptions, type ConnectionOptions } from '../registry-access/registry-options.js';
import { inSession, withSessionOptions, type Session, type SessionOptions } from '../session/session.js';

const NOTES = `
Other users of this machine can see what --auth-basic says in the process list.

Examples:
  longshore registry login
  longshore registry login -a pull-secret.json
  longshore registry login --registry=mirror.example.com:5000 --auth-basic=mirror:PASSWORD`;

interface LoginOptions extends SessionOptions, ConnectionOptions {
  registry?: string;
  registryConfig?: string;
  to?: string;
  authBasic?: string;
  serviceAccount?: string;
  skipCheck?: boolean;
}

interface Login {
  host: string;
  username: string;
  password: string;
}

/** `longshore registry login` (registry.md 9). */
export function registryLoginCommand(): Command {
  const command = new Command('login')
    .description('save the credentials of your session, or others, for a registry')
    .option('--registry <host>', 'host and port of the registry; default: that of the cluster')
    .option('-a, --registry-config <file>', 'file to write; default: REGISTRY_AUTH_FILE, or that of podman')
    .addOption(new Option('--to <file>', 'another name of --registry-config').conflicts('registryConfig'))
    .option('--auth-basic <user:password>', 'user name and password instead of those of your session')
    .addOption(
      new Option('-z, --service-account <name>', 'log in as a service account of the namespace (deprecated)').conflicts(
        'authBasic',
      ),
    )
    .option('--skip-check', 'do not ask the registry whether it knows the credentials')
    .addHelpText('after', NOTES);
  return withSessionOptions(withConnectionOptions(command)).action(registryLogin);
}

async function registryLogin(options: LoginOptions): Promise<void> {
  const { credentialFiles, setAuth } = await import('@longshore/distribution');
  const file = options.registryConfig ?? options.to ?? credentialFiles(process.env, process.getuid?.())[0] ?? '';
  const { host, ...credential } = await findLogin(options);
  if (options.skipCheck !== true) await check({ host, ...credential }, options);
  await changeAuthFile(file, (text) => setAuth(text, host, { credential }));
  process.stderr.write(`Saved credentials for ${host} into ${file}\n`);
}

/** No cluster is needed when all has been said. */
async function findLogin(options: LoginOptions): Promise<Login> {
  const { isRegistryHost } = await import('@longshore/oci');
  const { registry, authBasic } = options;
  if (registry !== undefined && !isRegistryHost(registry)) {
    throw new CliError(`--registry: ${JSON.stringify(registry)} is no host; write HOST or HOST:PORT`, 2);
  }
  const basic = authBasic === undefined ? undefined : parseBasic(authBasic);
  if (registry !== undefined && basic !== undefined) return { host: registry, ...basic };
  return inSession(options, async (session) => ({
    ...(basic ?? (await sessionCredential(session, options.serviceAccount))),
    host: registry ?? (await registryOf(session)),
  }));
}

/** Errors: CliError, which does not quote the text. */
function parseBasic(text: string): Omit<Login, 'host'> {
  const colon = text.indexOf(':');
  if (colon < 1 || colon === text.length - 1) throw new CliError('--auth-basic must be in the form user:password', 2);
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

async function registryOf({ client, namespace }: Session): Promise<string> {
  const { findRegistryHosts } = await import('./registry-host.js');
  const hosts = await findRegistryHosts(client, namespace);
  const host = hosts.public ?? hosts.internal;
  if (host === undefined) {
    throw new CliError(
      'The public hostname of the integrated registry could not be determined. Please specify one with --registry.',
    );
  }
  const kind = hosts.public === undefined ? 'internal registry' : 'registry public';
  process.stderr.write(`info: Using ${kind} hostname ${host}\n`);
  return host;
}

/** Registries of clusters look at the token alone. */
async function sessionCredential(
  { client, connection, namespace }: Session,
  serviceAccount: string | undefined,
): Promise<Omit<Login, 'host'>> {
  if (serviceAccount !== undefined) {
    process.stderr.write('warning: --service-account is deprecated; its token ends after a while\n');
    const password = await serviceAccountToken(client, namespace, serviceAccount);
    return { username: `system-serviceaccount-${namespace}-${serviceAccount}`, password };
  }
  const { CredentialSource, systemClock } = await import('@longshore/kube');
  const { token } = await new CredentialSource(connection, systemClock).get();
  if (token === undefined) throw new CliError('no token is currently in use for this session');
  return { username: 'user', password: token };
}

interface TokenRequest extends KubeObject {
  spec: object;
  status?: { token?: string };
}

async function serviceAccountToken(client: KubeClient, namespace: string, name: string): Promise<string> {
  const resource = { group: '', version: 'v1', resource: 'serviceaccounts' };
  const metadata = { namespace, name };
  const request: TokenRequest = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata, spec: {} };
  const { status } = await client.create<TokenRequest>(resource, request, { subresource: 'token' });
  if (status?.token === undefined) throw new CliError(`the cluster gives no token for ${namespace}/${name}`);
  return status.token;
}

async function check({ host, ...credential }: Login, options: ConnectionOptions): Promise<void> {
  const { CredentialChecker, RemoteError } = await import('@longshore/distribution');
  const checker = new CredentialChecker(await clientOptions(options));
  try {
    await checker.login(host, credential, { signal: AbortSignal.timeout(60_000) });
  } catch (error) {
    const isTimeout = error instanceof Error && error.name === 'TimeoutError';
    if (!(error instanceof RemoteError) && !isTimeout) throw error;
    const words = `unable to check your credentials - pass --skip-check to bypass this error: ${error.message}`;
    throw new CliError(words, 1, { cause: error });
  } finally {
    await checker.close();
  }
}
