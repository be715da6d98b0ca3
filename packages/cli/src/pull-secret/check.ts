import { Command, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { alignColumns } from '../align-columns.js';
import { parseAuthFile } from '../registry-access/auth-file.js';
import { clientOptions, withConnectionOptions, type ConnectionOptions } from '../registry-access/registry-options.js';
import { interruption } from '../signals.js';
import type { EntryVerdict } from './check-entries.js';

const NOTES = `
--check-write begins an upload at each registry and cancels it at once; nothing is left behind. Name the repository of your
mirror by --write-repository: a right may hold for some repositories only.

Exits with 1 when an entry does not work or, with --check-write, when one may push: such a file must not become the pull
secret of a cluster.

Examples:
  longshore pull-secret check --file pull-secret.json
  longshore pull-secret check mirror.example.com:5000 --file pull-secret.json
  longshore pull-secret check --file pull-secret.json --check-write --write-repository=ocp4/openshift4 --json`;

const DEFAULT_REPOSITORY = 'longshore/write-check';

interface CheckOptions extends ConnectionOptions {
  file: string;
  checkWrite?: boolean;
  writeRepository: string[];
  json?: boolean;
}

/** `longshore pull-secret check` */
export function checkCommand(): Command {
  const command = new Command('check')
    .description('ask the registries of a pull secret whether its credentials work')
    .argument('[registry...]', 'only these entries, as the table shows them; default: all')
    .requiredOption('--file <file>', 'the pull secret')
    .option('--check-write', 'also try whether they may push')
    .addOption(
      new Option('--write-repository <name>', 'repository in which to try it; may be given several times')
        .argParser((name, known: string[]) => [...known, name])
        .default([], DEFAULT_REPOSITORY),
    )
    .option('--json', 'print the result as JSON')
    .addHelpText('after', NOTES);
  return withConnectionOptions(command).action(check);
}

async function check(
  registries: string[],
  { file, checkWrite, writeRepository, json, ...connection }: CheckOptions,
): Promise<void> {
  const { isRepositoryName } = await import('@longshore/oci');
  const { checkEntries, entryName, isGood } = await import('./check-entries.js');
  if (checkWrite !== true && writeRepository.length > 0)
    throw new CliError('--write-repository is for --check-write', 2);
  const wrong = writeRepository.find((name) => !isRepositoryName(name));
  if (wrong !== undefined) throw new CliError(`--write-repository: ${JSON.stringify(wrong)} is no repository`, 2);
  const { entries, problems } = await parseAuthFile(file);
  const chosen = entries.filter((entry) => registries.length === 0 || registries.includes(entryName(entry)));
  const missing = registries.find((name) => !chosen.some((entry) => entryName(entry) === name));
  if (missing !== undefined) throw new CliError(`${file} has no credentials for ${missing}`);
  const { CredentialChecker } = await import('@longshore/distribution');
  const checker = new CredentialChecker(await clientOptions(connection));
  const writeRepositories = writeRepository.length > 0 ? writeRepository : [DEFAULT_REPOSITORY];
  try {
    const verdicts = await checkEntries(chosen, checker, {
      signal: interruption(),
      ...(checkWrite === true && { writeRepositories }),
    });
    process.stdout.write(json === true ? `${JSON.stringify(verdicts)}\n` : describeVerdicts(verdicts));
    for (const problem of problems) process.stderr.write(`warning: ${file}: ${problem}\n`);
    for (const verdict of verdicts) process.stderr.write(writeWarning(verdict));
    if (problems.length > 0 || !verdicts.every(isGood)) process.exitCode = 1;
  } finally {
    await checker.close();
  }
}

/** The table for people. */
export function describeVerdicts(verdicts: readonly EntryVerdict[]): string {
  const triesWrites = verdicts.some(({ writes }) => writes !== undefined);
  const head = ['REGISTRY', 'LOGIN', ...(triesWrites ? ['WRITE'] : []), ''];
  const rows = verdicts.map(({ registry, login, writes, message = '' }) => {
    const write = writes === undefined ? '-' : writes === false ? 'no' : 'yes';
    return [registry, login, ...(triesWrites ? [write] : []), message];
  });
  return alignColumns([head, ...rows])
    .map((line) => `${line}\n`)
    .join('');
}

function writeWarning({ registry, writes }: EntryVerdict): string {
  if (writes === undefined || writes === false) return '';
  return (
    `warning: ${registry}: these credentials may push to ${writes}; do not make this file the pull secret of a cluster, ` +
    'whose machines could all change what is there: give the cluster an account that may only pull\n'
  );
}
