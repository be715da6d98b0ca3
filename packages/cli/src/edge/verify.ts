import { basename } from 'node:path';
import {
  type CollectedFile,
  collectScript,
  type Evidence,
  ExpectationError,
  readEvidence,
  readExpectation,
  type SiteExpectation,
  TextFileError,
  type VerificationReport,
  verificationText,
  verifySite,
} from '@longshore/edge';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { filesBelow, readTextFile } from './text-files.js';

interface Options {
  plan: string;
  collected?: string[];
  collectScript?: boolean;
  partial?: boolean;
  json?: boolean;
}

const NOTES = `
The plan is the verification.json that "longshore edge plan --out" writes. What each collected file is shows in its text:
the output of lsblk -J, df and /proc/mounts, and objects as JSON or YAML.

Exits with 1 when something differs from the plan, or was not collected; with --partial only when something differs.

Examples:
  longshore edge verify --plan site/verification.json --collect-script > collect.sh
  longshore edge verify --plan site/verification.json --collected sno-a-collected/`;

/** `longshore edge verify` */
export function verifyCommand(): Command {
  return new Command('verify')
    .summary('compare an installed site with its plan')
    .description('compare an installed site with its plan: disk, mounts, registry and policies, from collected files')
    .requiredOption('--plan <file>', 'verification.json of the plan')
    .option('--collected <path...>', 'collected files, or folders of them')
    .option('--collect-script', 'print a shell script that collects the files, and end')
    .option('--partial', 'let what was not collected pass')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', NOTES)
    .action(async (options: Options) => {
      const expectation = await readPlan(options.plan);
      if (options.collectScript) {
        process.stdout.write(collectScript(expectation));
        return;
      }
      const report = verifySite(expectation, await collect(options.collected));
      process.stdout.write(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : verificationText(report));
      if (!passes(report, options.partial === true)) process.exitCode = 1;
    });
}

/** Whether a report lets the command end well. */
export function passes({ verdict }: VerificationReport, partial: boolean): boolean {
  return verdict === 'fits' || (verdict === 'unseen' && partial);
}

async function readPlan(path: string): Promise<SiteExpectation> {
  try {
    return readExpectation(await readTextFile(path));
  } catch (error) {
    if (!(error instanceof ExpectationError || error instanceof TextFileError)) throw error;
    throw new CliError(`${path}: ${error.message}`, 2, { cause: error });
  }
}

async function collect(paths: readonly string[] | undefined): Promise<Evidence> {
  if (paths === undefined) throw new CliError('say where the collected files are: --collected <path...>', 2);
  const files: CollectedFile[] = [];
  const unread: Evidence['unread'] = [];
  for (const path of await filesBelow(paths, ['.json', '.yaml', '.yml', '.txt'])) {
    try {
      files.push({ name: basename(path), text: await readTextFile(path) });
    } catch (error) {
      if (!(error instanceof TextFileError)) throw error;
      unread.push({ file: path, reason: error.message });
    }
  }
  const evidence = readEvidence(files);
  evidence.unread.push(...unread);
  return evidence;
}
