import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { changeAuthFile } from '../registry-access/auth-file.js';

const NOTES = `
Examples:
  longshore pull-secret remove mirror.example.com:5000 --file pull-secret.json
  longshore pull-secret remove mirror.example.com:5000 --file pull-secret.json --out cluster.json`;

/** `longshore pull-secret remove` */
export function removeCommand(): Command {
  return new Command('remove')
    .description('remove the credentials for a registry from a pull secret')
    .argument('<registry>', 'as it stands in the pull secret')
    .requiredOption('--file <file>', 'the pull secret')
    .option('--out <file>', 'write the result there, and leave the pull secret as it is')
    .addHelpText('after', NOTES)
    .action(remove);
}

async function remove(registry: string, { file, out = file }: { file: string; out?: string }): Promise<void> {
  const { removeAuth } = await import('@longshore/distribution');
  const change = (text: string | undefined) => {
    if (text === undefined) throw new CliError(`there is no file ${file}`);
    const rest = removeAuth(text, registry);
    if (rest === undefined) throw new CliError(`${file} has no credentials for ${registry}`);
    return rest;
  };
  await changeAuthFile(out, change, file);
  process.stderr.write(`Removed credentials for ${registry}: ${out}\n`);
}
