import { Command } from 'commander';
import { completionCommand } from './completion.js';
import { registryCommand } from './registry/command.js';

/** The whole `longshore` command. */
export function createProgram(): Command {
  const program = new Command('longshore')
    .description('The image platform for Kubernetes and OpenShift fleets.')
    .version('0.1.0')
    .option('--debug', 'print stacks of errors')
    .exitOverride()
    .showHelpAfterError('(run with --help for the options)');
  program.addCommand(registryCommand());
  program.addCommand(completionCommand(program));
  inheritSettings(program);
  return program;
}

function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inheritSettings(child);
  }
}
