import { resolve } from 'node:path';
import type { Connection, KubeClient } from '@longshore/kube';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { whoIs } from '../session/who-is.js';
import { contextNames, serverUrl } from './context-names.js';

const NOTES = `
Without --token and --password the password is asked for, or read with --password-stdin. The kubeconfig then holds the token
and the context; oc and kubectl take it, too.

Examples:
  longshore login https://127.0.0.1:6443 -u alice --certificate-authority=/srv/longshore/pki/ca.crt
  longshore login https://api.example.com:6443 --token=sha256~… 
  podman login -u alice -p $(longshore whoami -t) 127.0.0.1:5000`;

interface LoginOptions {
  username?: string;
  password?: string;
  passwordStdin?: boolean;
  token?: string;
  certificateAuthority?: string;
  insecureSkipTlsVerify?: boolean;
  namespace?: string;
  kubeconfig?: string;
}

/** `longshore login` */
export function loginCommand(): Command {
  return new Command('login')
    .argument('[server]', 'URL of the API server; default: that of the current context')
    .option('-u, --username <name>', 'user name; default: asked for')
    .option('-p, --password <password>', 'password; other users of this machine can see it in the process list')
    .option('--password-stdin', 'read the password from standard input')
    .option('--token <token>', 'use this token instead of a password')
    .option('--certificate-authority <file>', 'PEM file of the authority that vouches for the server')
    .option('--insecure-skip-tls-verify', 'do not check who the server is')
    .option('-n, --namespace <name>', 'namespace of the context; default: the first project of yours')
    .option('--kubeconfig <file>', 'kubeconfig to write; default: the first of KUBECONFIG, or ~/.kube/config')
    .addHelpText('after', NOTES)
    .action(login);
}

async function login(server: string | undefined, options: LoginOptions): Promise<void> {
  const { HttpTransport, KubeClient, kubeconfigPaths, writeContext } = await import('@longshore/kube');
  const [path = ''] = kubeconfigPaths(options.kubeconfig);
  const connection = await connectionFor(server, options, path);
  const token = options.token ?? (await tokenFor(connection, options));
  const client = new KubeClient(
    new HttpTransport({ ...connection, credential: { token: { data: Buffer.from(token) } } }),
  );
  try {
    const username = await whoIs(client);
    const projects = await projectsOf(client);
    const namespace = options.namespace ?? (projects.includes('default') ? 'default' : projects[0]) ?? 'default';
    const names = contextNames(connection.server, username, namespace);
    await writeContext(path, {
      name: names.context,
      namespace,
      cluster: { name: names.cluster, fields: clusterFields(connection) },
      user: { name: names.user, fields: { token } },
    });
    process.stdout.write(
      report(connection.server, options.token === undefined ? undefined : username, projects, namespace),
    );
  } finally {
    await client.close();
  }
}

async function connectionFor(server: string | undefined, options: LoginOptions, path: string): Promise<Connection> {
  const { certificateAuthority, insecureSkipTlsVerify } = options;
  const trust = {
    ...(certificateAuthority !== undefined && { certificateAuthority: { file: resolve(certificateAuthority) } }),
    ...(insecureSkipTlsVerify === true && { insecureSkipTlsVerify }),
  };
  const { connectionOf, readKubeconfig } = await import('@longshore/kube');
  const known = await readKubeconfig([path]).then(connectionOf, () => undefined);
  if (server === undefined) {
    if (known === undefined)
      throw new CliError('name the server, as in longshore login https://api.example.com:6443', 2);
    return { ...known, credential: {}, ...trust };
  }
  const url = serverUrl(server);
  if (url === undefined)
    throw new CliError(`${JSON.stringify(server)} is no URL of a server; write https://HOST:PORT`, 2);
  const isSame = known?.server.origin === url.origin && Object.keys(trust).length === 0;
  return isSame ? { ...known, credential: {} } : { server: url, credential: {}, namespace: 'default', ...trust };
}

async function tokenFor(connection: Connection, options: LoginOptions): Promise<string> {
  const { askPassword, askUsername, passwordFrom } = await import('../password.js');
  const { tokenByPassword } = await import('./oauth.js');
  const username = options.username ?? (await askUsername());
  const ask = () => (options.passwordStdin === true ? passwordFrom(process.stdin) : askPassword());
  return tokenByPassword({ connection, username, password: options.password ?? (await ask()) });
}

const PROJECTS = { group: 'project.openshift.io', version: 'v1', resource: 'projects' };

async function projectsOf(client: KubeClient): Promise<string[]> {
  const { ApiError } = await import('@longshore/kube');
  try {
    const { items } = await client.listAll(PROJECTS);
    return items.map(({ metadata }) => metadata.name ?? '').sort();
  } catch (error) {
    if (error instanceof ApiError) return [];
    throw error;
  }
}

function clusterFields({ server, certificateAuthority, insecureSkipTlsVerify }: Connection) {
  return {
    server: server.href.replace(/\/$/, ''),
    ...(certificateAuthority !== undefined &&
      ('file' in certificateAuthority
        ? { 'certificate-authority': certificateAuthority.file }
        : { 'certificate-authority-data': certificateAuthority.data.toString('base64') })),
    ...(insecureSkipTlsVerify === true && { 'insecure-skip-tls-verify': true }),
  };
}

const MANY_PROJECTS = 50;

/** What `oc login` says. `tokenUser`: whose token was given. */
function report(server: URL, tokenUser: string | undefined, projects: readonly string[], namespace: string): string {
  const who =
    tokenUser === undefined
      ? 'Login successful.\n\n'
      : `Logged into "${server.href.replace(/\/$/, '')}" as "${tokenUser}" using the token provided.\n\n`;
  const using = `Using project "${namespace}".\n`;
  if (projects.length === 0) return `${who}You don't have any projects.\n`;
  if (projects.length === 1) return `${who}You have one project on this server: "${projects[0]}"\n\n${using}`;
  if (projects.length > MANY_PROJECTS) {
    return `${who}You have access to ${projects.length} projects, the list has been suppressed.\n\n${using}`;
  }
  const lines = projects.map((name) => `${name === namespace ? '  * ' : '    '}${name}\n`).join('');
  return `${who}You have access to the following projects:\n\n${lines}\n${using}`;
}
