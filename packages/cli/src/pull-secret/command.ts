import { Command } from 'commander';
import { addCommand } from './add.js';
import { checkCommand } from './check.js';
import { removeCommand } from './remove.js';

const EXAMPLES = `
Examples:
  longshore pull-secret add mirror.example.com:5000 --file pull-secret.json -u mirror --password-stdin < password.txt
  longshore pull-secret check --file pull-secret.json --check-write`;

/** `longshore pull-secret …` */
export function pullSecretCommand(): Command {
  return new Command('pull-secret')
    .addHelpText('after', EXAMPLES)
    .addCommand(addCommand())
    .addCommand(removeCommand())
    .addCommand(checkCommand());
}
