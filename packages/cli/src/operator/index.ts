import { Command } from 'commander';
import { crdsCommand } from './crds.js';
import { manifestsCommand } from './manifests.js';
import { nodeCaSyncCommand } from './node-ca-sync.js';
import { planCommand } from './plan.js';
import { runCommand } from './run.js';

const EXAMPLES = `
Examples:
  longshore operator manifests --image registry.example.com/longshore:1 | kubectl apply -f -
  longshore operator plan -f config.yaml
  longshore operator run --image registry.example.com/longshore:1`;

/** `longshore operator …` */
export function operatorCommand(): Command {
  return new Command('operator')
    .addHelpText('after', EXAMPLES)
    .addCommand(runCommand())
    .addCommand(planCommand())
    .addCommand(crdsCommand())
    .addCommand(manifestsCommand())
    .addCommand(nodeCaSyncCommand());
}
