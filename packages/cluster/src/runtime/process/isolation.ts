import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/**
 * How containers see their volumes. `namespace`: at the paths that they ask for, each in a mount namespace of its own, by
 * the program `unshare` of util-linux; takes root. `paths`: where they are on the machine; the paths in their environment
 * and arguments are rewritten.
 */
export type Isolation = { type: 'namespace'; unshare: string } | { type: 'paths' };

const run = promisify(execFile);

/** What this machine can. It is tried, as rights, kernels and surrounding containers differ. */
export async function findIsolation(env: NodeJS.ProcessEnv): Promise<Isolation> {
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const unshare = join(folder, 'unshare');
    try {
      await access(unshare, constants.X_OK);
      const trial = 'mount -t tmpfs longshore /mnt && chroot / true';
      await run(unshare, ['--mount', '--propagation', 'private', '/bin/sh', '-c', trial], { timeout: 10_000 });
      return { type: 'namespace', unshare };
    } catch {
      // Not there, or not allowed: the next, or the other way.
    }
  }
  return { type: 'paths' };
}
