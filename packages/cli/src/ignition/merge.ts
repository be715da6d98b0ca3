import { Command } from 'commander';

interface Options {
  anyVersion?: boolean;
  output?: string;
  pretty?: boolean;
}

const NOTES = `
Merges as the install service merges an override into its base: the override is the child, and its version is that of the
result. Exits with 1 when a side or the result is not valid; an invalid result is not written.

Examples:
  longshore ignition merge base.ign override.ign
  longshore butane storage.bu | longshore ignition merge --pretty base.ign -`;

/** `longshore ignition merge` */
export function mergeCommand(): Command {
  return new Command('merge')
    .summary('merge an override into a config')
    .description('merge a child config into its parent and check the result')
    .argument('<parent>', 'the config below, or - for standard input')
    .argument('<child>', 'the config that wins, or - for standard input')
    .option('--any-version', 'accept versions that the install service refuses: it takes 3.1.0 and 3.2.0 only')
    .option('-o, --output <file>', 'write to this file instead of printing')
    .option('-p, --pretty', 'output formatted json')
    .addHelpText('after', NOTES)
    .action(async (parent: string, child: string, options: Options, command: Command) => {
      if (parent === '-' && child === '-')
        command.error('error: only one of the two can be standard input', { exitCode: 2 });
      await merge(parent, child, options);
    });
}

async function merge(
  parent: string,
  child: string,
  { anyVersion = false, output, pretty = false }: Options,
): Promise<void> {
  const { formatDiagnostic, mergeIgnition } = await import('@longshore/ignition');
  const [below, above] = [await readSide(parent), await readSide(child)];
  const merged = mergeIgnition(below, above, { override: !anyVersion, pretty });
  for (const entry of merged.report) {
    const hint = entry.hint === undefined ? '' : ` (${entry.hint})`;
    process.stderr.write(`${entry.of}: ${formatDiagnostic(entry)}${hint}\n`);
  }
  if (merged.failure !== undefined) {
    process.stderr.write(`Error: ${merged.failure}\n`);
    process.exitCode = 1;
  } else if (output === undefined) process.stdout.write(merged.output ?? '');
  else {
    const { writeUserFile } = await import('../user-file.js');
    await writeUserFile(output, merged.output ?? '');
  }
}

async function readSide(path: string): Promise<Buffer> {
  const { readInputFile } = await import('../butane/input-file.js');
  return (await readInputFile(path === '-' ? undefined : path)).bytes;
}
