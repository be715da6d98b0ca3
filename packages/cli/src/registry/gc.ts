import { createLogger, openMaintenance, type GcReport } from '@longshore/registry';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { formatBytes } from '../format-bytes.js';
import { interruption } from '../interruption.js';
import { Progress } from '../progress.js';
import { readConfig } from './load-config.js';

interface Options {
  config?: string;
  dryRun: boolean;
  deleteUntagged: boolean;
  json: boolean;
}

/** `longshore registry gc` */
export function gcCommand(): Command {
  return new Command('gc')
    .description('delete what no manifest needs; the registry may go on serving and taking pushes meanwhile')
    .option('--config <file>', 'the configuration of the registry')
    .option('-d, --dry-run', 'say what would be deleted, delete nothing', false)
    .option('-m, --delete-untagged', 'delete manifests that no tag, index or subject holds, too', false)
    .option('--json', 'print the report as JSON', false)
    .addHelpText(
      'after',
      '\nWhat a push has touched within `longshore.gc.lease` (1 hour) stays.\n\nExamples:\n  longshore registry gc --config /etc/longshore/registry.yml --dry-run\n  longshore registry gc --config /etc/longshore/registry.yml --delete-untagged',
    )
    .action(async (options: Options) => {
      const config = await readConfig(options.config);
      if (config.storage.inmemory) throw new CliError('the memory of a running registry cannot be collected from outside', 2);
      if (config.storage.maintenance.readonly.enabled && !options.dryRun) {
        throw new CliError('the registry is read-only (storage.maintenance.readonly); only --dry-run is possible', 2);
      }
      const maintenance = openMaintenance(config, createLogger({ level: 'error' }));
      const progress = new Progress(options.json);
      try {
        const report = await maintenance.collectGarbage({
          dryRun: options.dryRun,
          deleteUntagged: options.deleteUntagged,
          signal: interruption(),
          onProgress: ({ phase, done }) => progress.count(phase === 'mark' ? 'repositories marked' : 'blobs looked at', done),
        });
        progress.end();
        process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describe(report, options.dryRun));
      } finally {
        progress.end();
        await maintenance.close();
      }
    });
}

function describe(report: GcReport, dryRun: boolean): string {
  const verb = dryRun ? 'would delete' : 'deleted';
  const lines = [
    ...report.manifestsDeleted.map(({ repository, digest }) => `${verb} manifest ${repository}@${digest}`),
    ...report.blobsDeleted.map((digest) => `${verb} blob ${digest}`),
    `${report.repositories} repositories, ${report.manifestsKept} manifests and ${report.blobsKept} blobs kept`,
    `${verb} ${report.manifestsDeleted.length} manifests, ${report.linksDeleted} layer links, ${report.blobsDeleted.length} blobs: ${formatBytes(report.bytesFreed)}`,
  ];
  return `${lines.join('\n')}\n`;
}
