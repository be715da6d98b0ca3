import { Command } from 'commander';

const NOTES = `
Exits with 1 when a config is not valid; warnings do not count.

Examples:
  longshore ignition validate storage.ign
  longshore butane storage.bu | longshore ignition validate`;

/** Codes of what the last line tells by itself (edge.md 2.3). */
const TOLD_AT_LAST = ['config-empty', 'config-version-invalid', 'config-version-unsupported'];

/** `longshore ignition validate` */
export function validateCommand(): Command {
  return new Command('validate')
    .summary('check Ignition configs of versions 3.0 to 3.7')
    .description('check Ignition configs of any version from 3.0.0 to 3.6.0 and 3.7.0-experimental')
    .argument('[files...]', 'the configs; otherwise standard input')
    .addHelpText('after', NOTES)
    .action(async (files: string[]) => {
      for (const file of files.length > 0 ? files : [undefined]) {
        const valid = await validate(file, files.length > 1);
        if (!valid) process.exitCode = 1;
      }
    });
}

async function validate(path: string | undefined, named: boolean): Promise<boolean> {
  const { formatDiagnostic, parseIgnition } = await import('@longshore/ignition');
  const { readInputFile } = await import('../butane/input-file.js');
  const { name, bytes } = await readInputFile(path);
  const { report, failure } = parseIgnition(bytes);
  const prefix = named ? `${name}: ` : '';
  for (const entry of report.filter(({ code }) => !TOLD_AT_LAST.includes(code))) {
    process.stderr.write(`${prefix}${formatDiagnostic(entry)}\n`);
  }
  if (failure === undefined) return true;
  const hint = report.find((entry) => entry.message === failure)?.hint;
  process.stderr.write(`${prefix}Error: ${failure}${hint === undefined ? '' : ` (${hint})`}\n`);
  return false;
}
