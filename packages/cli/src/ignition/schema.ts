import { Command } from 'commander';
import { CliError } from '../cli-error.js';

const NOTES = `
Editors check and complete Butane files by it. For yaml-language-server, put this at the top of the file:
  # yaml-language-server: $schema=butane.schema.json

Examples:
  longshore ignition schema openshift 4.18.0 > butane.schema.json`;

/** `longshore ignition schema` */
export function schemaCommand(): Command {
  return new Command('schema')
    .summary('print a JSON schema of Butane for editors')
    .description('print the JSON schema of a variant and version of Butane')
    .argument('<variant>', 'such as fcos or openshift')
    .argument('<version>', 'such as 1.3.0')
    .addHelpText('after', NOTES)
    .action(async (variant: string, version: string) => {
      const { allDialects, butaneSchema, findDialect } = await import('@longshore/ignition');
      const dialect = findDialect(variant, version);
      if (!dialect) {
        const known = allDialects().filter((candidate) => candidate.variant === variant);
        const choice = known.length > 0 ? known : allDialects();
        const names = choice.map((candidate) => `${candidate.variant} ${candidate.version}`).join(', ');
        throw new CliError(`there is no Butane ${variant} ${version}; known are ${names}`, 2);
      }
      process.stdout.write(`${JSON.stringify(butaneSchema(dialect), undefined, 2)}\n`);
    });
}
