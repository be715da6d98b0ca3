import { Command } from 'commander';
import { butaneCommand } from './butane/command.js';
import { downCommand } from './cluster/down.js';
import { statusCommand } from './cluster/status.js';
import { upCommand } from './cluster/up.js';
import { completionCommand } from './completion/command.js';
import { policyGeneratorCommand } from './edge/generators/policygenerator.js';
import { siteconfigConverterCommand } from './edge/generators/siteconfig-converter.js';
import { siteconfigGeneratorCommand } from './edge/generators/siteconfig-generator.js';
import { edgeCommand } from './edge/index.js';
import { ignitionCommand } from './ignition/command.js';
import { ownVersion } from './own-version.js';
import { registryCommand } from './registry/command.js';

const NOTES = `
Exit codes: 0 done, 1 failed or found something wrong, 2 called or configured wrongly.

Examples:
  longshore up --data-dir var/longshore
  longshore registry serve --config /etc/longshore/registry.yml
  longshore help registry gc`;

/** The whole `longshore` command. Throws CommanderError instead of ending the process. */
export function createProgram(): Command {
  const program = new Command('longshore')
    .description('The image platform for Kubernetes and OpenShift fleets.')
    .version(ownVersion())
    .option('--debug', 'print stacks of errors')
    .addHelpText('after', NOTES)
    .exitOverride();
  program.addCommand(upCommand());
  program.addCommand(downCommand());
  program.addCommand(statusCommand());
  program.addCommand(registryCommand());
  program.addCommand(butaneCommand());
  program.addCommand(ignitionCommand());
  program.addCommand(edgeCommand());
  program.addCommand(siteconfigGeneratorCommand());
  program.addCommand(siteconfigConverterCommand());
  program.addCommand(policyGeneratorCommand());
  program.addCommand(completionCommand(program));
  settle(program, []);
  return program;
}

/** Hands the program's settings down, and makes errors of use one line that names the help to read. */
function settle(command: Command, above: string[]): void {
  const path = [...above, command.name()];
  command.configureOutput({
    outputError: (text, write) => write(`${oneLine(text)}; see ${path.join(' ')} --help\n`),
  });
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    settle(child, path);
  }
}

function oneLine(text: string): string {
  return text
    .trim()
    .replace(/^error:/, 'longshore:')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
}
