import { Command } from 'commander';
import { lintCommand } from './lint.js';
import { planCommand } from './plan.js';
import { verifyCommand } from './verify.js';

const EXAMPLES = `
Examples:
  longshore edge plan intent.yaml --into ~/sites
  longshore edge lint ~/sites
  longshore edge verify --plan site/verification.json --collected sno-a-collected/`;

/** `longshore edge …` */
export function edgeCommand(): Command {
  return new Command('edge')
    .addHelpText('after', EXAMPLES)
    .addCommand(planCommand())
    .addCommand(lintCommand())
    .addCommand(verifyCommand());
}
