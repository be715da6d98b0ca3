import type { ClusterReport } from '@longshore/cluster';
import { Command } from 'commander';
import { dataDirOption } from './data-dir.js';

const NOTES = `
Exits with 1 when no cluster runs there, or not all of it is ready.

Examples:
  longshore status
  longshore status --data-dir var/longshore --json`;

/** `longshore status` */
export function statusCommand(): Command {
  return new Command('status')
    .addOption(dataDirOption())
    .option('--json', 'print the report as JSON')
    .addHelpText('after', NOTES)
    .action(async ({ dataDir, json = false }: { dataDir: string; json?: boolean }) => {
      const { checkCluster } = await import('@longshore/cluster');
      const report = await checkCluster(dataDir);
      process.stdout.write(json ? `${JSON.stringify(report)}\n` : describeStatus(dataDir, report));
      if (!report.running || report.parts.some(({ ready }) => !ready)) process.exitCode = 1;
    });
}

/** The report for people. */
export function describeStatus(dataDir: string, report: ClusterReport): string {
  if (!report.running) return `no cluster runs on ${dataDir}; start one with longshore up\n`;
  const { pid, version, startedAt, kubeconfig, parts } = report;
  const lines = [
    ['version', version],
    ['process', `${pid}, since ${startedAt}`],
    ['data', dataDir],
    ['kubeconfig', kubeconfig],
    ...parts.map(({ name, address, ready, problem }) => [
      name,
      `${address}  ${ready ? 'ready' : `not ready: ${problem}`}`,
    ]),
  ];
  return lines.map(([name = '', value = '']) => `${name.padEnd(12)} ${value}\n`).join('');
}
