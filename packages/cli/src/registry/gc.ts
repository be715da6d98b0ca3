import type { GcProgress, GcReport } from '@longshore/registry';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { formatBytes } from '../format-bytes.js';
import { counted } from '../counted.js';
import { interruption } from '../signals.js';
import { configOption, readConfig } from './config-file.js';
import { withMaintenance } from './with-maintenance.js';

interface Options {
  config?: string;
  dryRun?: boolean;
  deleteUntagged?: boolean;
  json?: boolean;
}

const NOTES = `
What was pushed, or found by a push, within longshore.gc.lease (1 hour) stays.

Examples:
  longshore registry gc --config /etc/longshore/registry.yml --dry-run
  longshore registry gc --config /etc/longshore/registry.yml --delete-untagged`;

/** `longshore registry gc` */
export function gcCommand(): Command {
  return new Command('gc')
    .summary('delete what no manifest needs')
    .description('delete what no manifest needs; the registry may go on serving and taking pushes meanwhile')
    .addOption(configOption())
    .option('-d, --dry-run', 'say what would be deleted, delete nothing')
    .option('-m, --delete-untagged', 'delete manifests that no tag, index or subject holds, too')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', NOTES)
    .action(async (options: Options) => {
      const report = await collect(options);
      process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describeGc(report, options.dryRun === true));
    });
}

async function collect({
  config: file,
  dryRun = false,
  deleteUntagged = false,
  json = false,
}: Options): Promise<GcReport> {
  const config = await readConfig(file);
  if (config.storage.maintenance.readonly.enabled && !dryRun) {
    throw new CliError('the registry is read-only (storage.maintenance.readonly); only --dry-run is possible', 2);
  }
  if (config.auth?.openshift !== undefined && deleteUntagged) {
    throw new CliError('image streams hold manifests without tags, too; use "longshore adm prune images"', 2);
  }
  return withMaintenance(config, json, (maintenance, progress) => {
    const onProgress = ({ phase, done }: GcProgress) =>
      progress.count(phase === 'mark' ? 'repositories marked' : 'blobs looked at', done);
    return maintenance.collectGarbage({ dryRun, deleteUntagged, signal: interruption(), onProgress });
  });
}

/** The report for people: a line for each thing deleted, then what was kept and the sums. */
export function describeGc(report: GcReport, dryRun: boolean): string {
  const { manifestsDeleted, blobsDeleted, linksDeleted, bytesFreed } = report;
  const verb = dryRun ? 'would delete' : 'deleted';
  const kept = [counted(report.repositories, 'repository', 'repositories'), counted(report.manifestsKept, 'manifest')];
  const gone = [counted(manifestsDeleted.length, 'manifest'), counted(linksDeleted, 'layer link')];
  const lines = [
    ...manifestsDeleted.map(({ repository, digest }) => `${verb} manifest ${repository}@${digest}`),
    ...blobsDeleted.map((digest) => `${verb} blob ${digest}`),
    `kept ${kept.join(', ')}, ${counted(report.blobsKept, 'blob')}`,
    `${verb} ${gone.join(', ')}, ${counted(blobsDeleted.length, 'blob')}: ${formatBytes(bytesFreed)}`,
  ];
  return `${lines.join('\n')}\n`;
}
