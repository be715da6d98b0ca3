import { stopwatch } from '../stopwatch.js';
import { runCommand } from '../children.js';
import type { RunningServer } from '../servers/running-server.js';

/** Pushes the image `latest` of an OCI layout; returns the seconds that skopeo took. */
export async function push(server: RunningServer, layoutDir: string, repository: string): Promise<number> {
  const login = ['--dest-creds', credentialsOf(server), '--dest-tls-verify=false'];
  return copy([...login, `oci:${layoutDir}:latest`, `docker://${server.host}/${repository}:latest`]);
}

/** Pulls the image `latest` of a repository into an empty folder; returns the seconds that skopeo took. */
export async function pull(server: RunningServer, repository: string, dir: string): Promise<number> {
  const login = ['--src-creds', credentialsOf(server), '--src-tls-verify=false'];
  return copy([...login, `docker://${server.host}/${repository}:latest`, `dir:${dir}`]);
}

function credentialsOf({ user }: RunningServer): string {
  return `${user.name}:${user.password}`;
}

async function copy(args: string[]): Promise<number> {
  const seconds = stopwatch();
  await runCommand('skopeo', ['--insecure-policy', 'copy', '--quiet', ...args]);
  return seconds();
}
