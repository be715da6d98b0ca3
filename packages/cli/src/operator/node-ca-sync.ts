import type { SyncFolders, SyncResult } from '@longshore/operator';
import { Command } from 'commander';
import { onSignal } from '../signals.js';

const NOTES = `
Each file of the source, such as host..5000, becomes host:5000/ca.crt below the target. Folders that were not made by this
command are never removed. Runs until Ctrl-C or SIGTERM.

Examples:
  longshore operator node-ca-sync
  longshore operator node-ca-sync --source ca/ --target /etc/containers/certs.d`;

/** `longshore operator node-ca-sync`: what the daemon set node-ca runs (operator.md 4.4). */
export function nodeCaSyncCommand(): Command {
  return new Command('node-ca-sync')
    .description('keep the certificates of registries on this node as a config map has them')
    .option('--source <folder>', 'the config map as files', '/tmp/serviceca')
    .option('--target <folder>', 'where container engines look for them', '/etc/docker/certs.d')
    .addHelpText('after', NOTES)
    .action(async (folders: SyncFolders) => {
      const ended = new AbortController();
      onSignal(() => {
        process.stdout.write('shutting down node-ca\n');
        ended.abort();
      });
      const { runNodeCa } = await import('@longshore/operator');
      const warn = (text: string) => process.stderr.write(`longshore: ${text}\n`);
      await runNodeCa(
        folders,
        (result) => {
          for (const problem of result.problems) warn(problem);
          process.stdout.write(`${summary(result)}\n`);
        },
        (error) => warn(error instanceof Error ? error.message : String(error)),
        ended.signal,
      );
    });
}

/** `copied: 007 skipped: 000 trimmed: 002` */
function summary(result: SyncResult): string {
  const counts = (['copied', 'skipped', 'trimmed'] as const).map(
    (what) => `${what}: ${String(result[what]).padStart(3, '0')}`,
  );
  return counts.join(' ');
}
