import { createLogger, openMaintenance, QUARANTINE, type Finding } from '@longshore/registry';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { formatBytes } from '../format-bytes.js';
import { interruption } from '../interruption.js';
import { Progress } from '../progress.js';
import { readConfig } from './load-config.js';

interface Options {
  config?: string;
  quarantine: boolean;
  json: boolean;
}

/** `longshore registry fsck` */
export function fsckCommand(): Command {
  return new Command('fsck')
    .description('read every blob again and compare it with its digest; check that manifests and tags find their content')
    .option('--config <file>', 'the configuration of the registry')
    .option('--quarantine', `move blobs that are not what their digest says to ${QUARANTINE}`, false)
    .option('--json', 'print the report as JSON', false)
    .addHelpText('after', '\nExits with 1 when something is wrong.\n\nExamples:\n  longshore registry fsck --config /etc/longshore/registry.yml\n  longshore registry fsck --config /etc/longshore/registry.yml --quarantine --json')
    .action(async (options: Options) => {
      const config = await readConfig(options.config);
      if (config.storage.inmemory) throw new CliError('the memory of a running registry cannot be checked from outside', 2);
      const maintenance = openMaintenance(config, createLogger({ level: 'error' }));
      const progress = new Progress(options.json);
      try {
        const report = await maintenance.fsck({
          quarantine: options.quarantine,
          signal: interruption(),
          onProgress: ({ bytes, totalBytes }) => progress.bytes('reading blobs', bytes, totalBytes),
        });
        progress.end();
        const { findings, blobs, bytes, repositories } = report;
        if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
        else {
          for (const finding of findings) process.stdout.write(`${describe(finding)}\n`);
          process.stdout.write(
            `${blobs} blobs (${formatBytes(bytes)}) in ${repositories} repositories: ${findings.length === 0 ? 'clean' : `${findings.length} findings`}\n`,
          );
        }
        if (findings.length > 0) process.exitCode = 1;
      } finally {
        progress.end();
        await maintenance.close();
      }
    });
}

function describe(finding: Finding): string {
  switch (finding.kind) {
    case 'blob-corrupt': {
      const what = finding.quarantined ? 'moved to quarantine; push it again' : 'run with --quarantine to move it away';
      return `corrupt blob ${finding.digest}: its bytes have the digest ${finding.actual}; ${what}`;
    }
    case 'content-missing':
      return `incomplete manifest ${finding.repository}@${finding.manifest}: ${finding.missing} is missing; push the image again`;
    case 'tag-dangling':
      return `dangling tag ${finding.repository}:${finding.tag}: its manifest is missing; push or delete the tag`;
  }
}
