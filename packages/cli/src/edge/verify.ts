import { Command } from 'commander';
import type { VerifyOptions } from './verify-site.js';

const NOTES = `
The plan is the verification.json that "longshore edge plan --out" writes. What each collected file is shows in its text:
the output of lsblk -J, df and /proc/mounts, and objects as JSON or YAML.

Exits with 1 when something differs from the plan, or was not collected; with --partial only when something differs.

Examples:
  longshore edge verify --plan site/verification.json --collect-script > collect.sh
  longshore edge verify --plan site/verification.json --collected sno-a-collected/
  longshore edge verify --plan site/verification.json --kubeconfig sno-a.kubeconfig --hub-kubeconfig hub.kubeconfig`;

/** `longshore edge verify` */
export function verifyCommand(): Command {
  return new Command('verify')
    .summary('compare an installed site with its plan')
    .description(
      'compare an installed site with its plan: disk, mounts, registry and policies, from the cluster or from collected files',
    )
    .requiredOption('--plan <file>', 'verification.json of the plan')
    .option('--collected <path...>', 'collected files, or folders of them')
    .option('--kubeconfig <file>', 'kubeconfig of the cluster, to ask it')
    .option('--hub-kubeconfig <file>', 'kubeconfig of the hub, to ask it')
    .option(
      '--node-image <image>',
      'with --kubeconfig: read disks and mounts by a privileged pod of this image, which has chroot',
    )
    .option('--collect-script', 'print a shell script that collects the files, and end')
    .option('--partial', 'let what was not collected pass')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', NOTES)
    .action(async (options: VerifyOptions) => {
      const { verify } = await import('./verify-site.js');
      await verify(options);
    });
}
