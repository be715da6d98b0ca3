import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { inSession, withSessionOptions, type SessionOptions } from '../session/session.js';
import { whoIs } from '../session/who-is.js';

const NOTES = `
Examples:
  longshore whoami
  podman login -u alice -p $(longshore whoami -t) 127.0.0.1:5000`;

/** `longshore whoami` */
export function whoamiCommand(): Command {
  const command = new Command('whoami')
    .option('-t, --show-token', 'print the token of this session instead')
    .option('-c, --show-context', 'print the name of the context instead')
    .option('--show-server', 'print the URL of the API server instead')
    .addHelpText('after', NOTES);
  return withSessionOptions(command).action(whoami);
}

interface WhoamiOptions extends SessionOptions {
  showToken?: boolean;
  showContext?: boolean;
  showServer?: boolean;
}

async function whoami({ showToken, showContext, showServer, ...session }: WhoamiOptions): Promise<void> {
  if (showContext === true) {
    const { kubeconfigPaths, readKubeconfig } = await import('@longshore/kube');
    const { currentContext } = await readKubeconfig(kubeconfigPaths(session.kubeconfig));
    const name = session.context ?? currentContext;
    if (name === undefined) throw new CliError('the kubeconfig has no current context');
    process.stdout.write(`${name}\n`);
    return;
  }
  await inSession(session, async ({ client, connection }) => {
    const answer = showServer
      ? connection.server.href.replace(/\/$/, '')
      : showToken
        ? await tokenOf(connection.credential.token)
        : await whoIs(client);
    process.stdout.write(`${answer}\n`);
  });
}

async function tokenOf(token: { data: Buffer } | { file: string } | undefined): Promise<string> {
  if (token === undefined) throw new CliError('no token is currently in use for this session');
  if ('data' in token) return token.data.toString();
  const { readFile } = await import('node:fs/promises');
  return (await readFile(token.file, 'utf8')).trim();
}
