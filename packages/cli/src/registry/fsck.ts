import type { Finding, FsckReport } from '@longshore/registry';
import { Command } from 'commander';
import { counted } from '../counted.js';
import { formatBytes } from '../format-bytes.js';
import { interruption } from '../signals.js';
import { configOption, readConfig } from './config-file.js';
import { withMaintenance } from './with-maintenance.js';

interface Options {
  config?: string;
  quarantine?: boolean;
  json?: boolean;
}

/** As the registry names it, which is not loaded for its help. */
const QUARANTINE = 'docker/registry/v2/longshore/quarantine';

const NOTES = `
Exits with 1 when something is wrong.

Examples:
  longshore registry fsck --config /etc/longshore/registry.yml
  longshore registry fsck --config /etc/longshore/registry.yml --quarantine --json`;

/** `longshore registry fsck` */
export function fsckCommand(): Command {
  return new Command('fsck')
    .summary('check that all content is whole')
    .description(
      'read every blob again and compare it with its digest; check that manifests and tags find their content',
    )
    .addOption(configOption())
    .option('--quarantine', `move blobs that are not what their digest says to ${QUARANTINE}`)
    .option('--json', 'print the report as JSON')
    .addHelpText('after', NOTES)
    .action(async (options: Options) => {
      const report = await check(options);
      process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describeFsck(report));
      if (report.findings.length > 0) process.exitCode = 1;
    });
}

async function check({ config: file, quarantine = false, json = false }: Options): Promise<FsckReport> {
  const config = await readConfig(file);
  return withMaintenance(config, json, (maintenance, progress) =>
    maintenance.fsck({
      quarantine,
      signal: interruption(),
      onProgress: ({ bytes, totalBytes }) => progress.bytes('reading blobs', bytes, totalBytes),
    }),
  );
}

/** The report for people: a line for each finding with what to do about it, then the sums. */
export function describeFsck({ findings, blobs, bytes, repositories }: FsckReport): string {
  const verdict = findings.length === 0 ? 'clean' : counted(findings.length, 'finding');
  const read = `${counted(blobs, 'blob')} (${formatBytes(bytes)})`;
  const sum = `${read} in ${counted(repositories, 'repository', 'repositories')}: ${verdict}`;
  return `${[...findings.map(describeFinding), sum].join('\n')}\n`;
}

function describeFinding(finding: Finding): string {
  switch (finding.kind) {
    case 'blob-corrupt': {
      const next = finding.quarantined ? 'moved to quarantine; push it again' : 'run with --quarantine to move it away';
      return `corrupt blob ${finding.digest}: its bytes have the digest ${finding.actual}; ${next}`;
    }
    case 'content-missing':
      return `incomplete manifest ${finding.repository}@${finding.manifest}: ${finding.missing} is missing; push the image again`;
    case 'tag-dangling':
      return `dangling tag ${finding.repository}:${finding.tag}: its manifest is missing; push or delete the tag`;
  }
}
