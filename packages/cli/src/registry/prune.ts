import type { ClusterHoldings, GcProgress, GcReport } from '@longshore/registry';
import type { KubeClient } from '@longshore/kube';
import { Option, type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { formatBytes } from '../format-bytes.js';
import { GoFlagCommand } from '../go-flag-command.js';
import { interruption } from '../signals.js';
import { configOption, readConfig } from './config-file.js';
import { withMaintenance } from './with-maintenance.js';

interface Options {
  config?: string;
  prune: 'check' | 'delete';
  json?: boolean;
}

const NOTES = `
The cluster is that of openshift.kubeconfig, else that of $KUBECONFIG or of the pod. Options may be written with one dash.

The registry may go on serving and taking pushes meanwhile: what was pushed, or found by a push, within longshore.gc.lease
(1 hour) stays.

Examples:
  longshore registry prune --config /etc/longshore/registry.yml -prune=check
  longshore registry prune --config /etc/longshore/registry.yml -prune=delete`;

/** `longshore registry prune`: the hard prune (registry.md 6.4, 8.3) */
export function pruneCommand(): Command {
  return new GoFlagCommand('prune')
    .summary('delete what no image of the cluster needs')
    .description(
      'delete from the storage what the image streams and images of a cluster do not know: manifests, layer links and blobs',
    )
    .addOption(configOption())
    .addOption(
      new Option('--prune <mode>', 'check: say how much would go; delete: delete it')
        .choices(['check', 'delete'])
        .default('check'),
    )
    .option('--json', 'print the report as JSON')
    .addHelpText('after', NOTES)
    .action(async (options: Options) => {
      const report = await prune(options);
      process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describeHardPrune(report, options.prune));
    });
}

async function prune({ config: file, prune: mode, json = false }: Options): Promise<GcReport> {
  const dryRun = mode === 'check';
  const config = await readConfig(file);
  if (config.storage.maintenance.readonly.enabled && !dryRun) {
    throw new CliError('the registry is read-only (storage.maintenance.readonly); only -prune=check is possible', 2);
  }
  if (config.auth?.openshift === undefined) {
    throw new CliError('a registry without auth.openshift belongs to no cluster; use "longshore registry gc"', 2);
  }
  const signal = interruption();
  // What is pushed from here on is leased, whatever the cluster says of it.
  const began = Date.now();
  const holdings = await readHoldings(config.openshift.kubeconfig, signal);
  return withMaintenance(config, json, (maintenance, progress) => {
    const onProgress = ({ phase, done }: GcProgress) =>
      progress.count(phase === 'mark' ? 'repositories marked' : 'blobs looked at', done);
    return maintenance.collectGarbage({ dryRun, deleteUntagged: true, holdings, signal, onProgress, now: () => began });
  });
}

/** Errors: CliError; also when the cluster has nothing at all, as it is hardly the right one then. */
async function readHoldings(kubeconfig: string | undefined, signal: AbortSignal): Promise<ClusterHoldings> {
  const { findConnection, HttpTransport, KubeClient, KubeconfigError } = await import('@longshore/kube');
  const { readClusterHoldings } = await import('@longshore/registry');
  let client: KubeClient | undefined;
  try {
    client = new KubeClient(new HttpTransport(await findConnection(kubeconfig === undefined ? {} : { kubeconfig })));
    const holdings = await readClusterHoldings(client, signal);
    if (holdings.content.size > 0 || holdings.manifests.size > 0) return holdings;
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(`the cluster cannot be asked: ${why}`, error instanceof KubeconfigError ? 2 : 1, {
      cause: error,
    });
  } finally {
    await client?.close();
  }
  throw new CliError('the cluster knows no images: nothing is deleted, as this may be the wrong cluster');
}

/** The report in the words of OpenShift's registry (registry.md 8.3). */
export function describeHardPrune({ blobsDeleted, bytesFreed }: GcReport, mode: Options['prune']): string {
  const freed = formatBytes(bytesFreed);
  const lines =
    mode === 'delete'
      ? [`Deleted ${blobsDeleted.length} blobs`, `Freed up ${freed} of disk space`]
      : [
          `Would delete ${blobsDeleted.length} blobs`,
          `Would free up ${freed} of disk space`,
          'Use -prune=delete to actually delete the data',
        ];
  return `${lines.join('\n')}\n`;
}
