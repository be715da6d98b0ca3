import { Command, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { inSession, withSessionOptions, type SessionOptions } from '../session/session.js';

const NOTES = `
Examples:
  longshore registry info
  longshore registry info --internal
  podman push app $(longshore registry info)/shop/app:v1`;

interface InfoOptions extends SessionOptions {
  public?: boolean;
  internal?: boolean;
  check?: boolean;
  quiet?: boolean;
  insecure?: boolean;
}

/** `longshore registry info` (registry.md 9). */
export function infoCommand(): Command {
  const command = new Command('info')
    .description('print the host name of the registry of a cluster')
    .addOption(new Option('--public', 'the name outside of the cluster').conflicts('internal'))
    .addOption(new Option('--internal', 'the name inside of the cluster').conflicts('public'))
    .option('--check', 'ask the registry whether it is there')
    .option('--insecure', 'with --check: it may have no valid TLS')
    .option('-q, --quiet', 'print nothing, only exit with 1 when there is none')
    .addHelpText('after', NOTES);
  return withSessionOptions(command).action(info);
}

async function info({ public: wantsPublic, internal, check, quiet, insecure, ...options }: InfoOptions): Promise<void> {
  const { findRegistryHosts } = await import('./registry-host.js');
  await inSession(options, async ({ client, namespace }) => {
    const hosts = await findRegistryHosts(client, namespace);
    const host = wantsPublic ? hosts.public : internal ? hosts.internal : (hosts.public ?? hosts.internal);
    if (host === undefined) throw new CliError('the integrated registry has not been configured');
    if (check === true) await ping(host, insecure === true);
    if (quiet !== true) process.stdout.write(`${host}\n`);
  });
}

async function ping(host: string, insecure: boolean): Promise<void> {
  const { RegistryClient } = await import('@longshore/distribution');
  const registry = new RegistryClient({ insecure: () => insecure });
  try {
    await registry.ping(host, { signal: AbortSignal.timeout(15_000) });
  } finally {
    await registry.close();
  }
}
