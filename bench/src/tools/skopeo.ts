import { stopwatch } from '../stopwatch.js';
import { runCommand } from '../children.js';
import type { RunningServer } from '../servers/running-server.js';
import { user } from '../servers/server-config.js';

const credentials = `${user.name}:${user.password}`;

/** Pushes the image `latest` of an OCI layout; returns the seconds that skopeo took. */
export async function push(server: RunningServer, layoutDir: string, repository: string): Promise<number> {
  const login = ['--dest-creds', credentials, '--dest-tls-verify=false'];
  return copy([...login, `oci:${layoutDir}:latest`, `docker://${server.host}/${repository}:latest`]);
}

/** Pulls the image `latest` of a repository into an empty folder; returns the seconds that skopeo took. */
export async function pull(server: RunningServer, repository: string, dir: string): Promise<number> {
  const login = ['--src-creds', credentials, '--src-tls-verify=false'];
  return copy([...login, `docker://${server.host}/${repository}:latest`, `dir:${dir}`]);
}

async function copy(args: string[]): Promise<number> {
  const seconds = stopwatch();
  await runCommand('skopeo', ['--insecure-policy', 'copy', '--quiet', ...args]);
  return seconds();
}
