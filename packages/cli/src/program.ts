import { Command } from 'commander';
import { ownVersion } from './own-version.js';
import { takeSwitchValues } from './switches.js';

const NOTES = `
Exit codes: 0 done, 1 failed or found something wrong, 2 called or configured wrongly.

Examples:
  longshore up --data-dir var/longshore
  longshore registry serve --config /etc/longshore/registry.yml
  longshore help registry gc`;

/** The commands in the order of the help, each with what loads it: what is not asked for costs no time at start. */
const COMMANDS: Record<string, (program: Command) => Promise<Command>> = {
  up: async () => (await import('./cluster/up.js')).upCommand(),
  down: async () => (await import('./cluster/down.js')).downCommand(),
  status: async () => (await import('./cluster/status.js')).statusCommand(),
  login: async () => (await import('./login/command.js')).loginCommand(),
  whoami: async () => (await import('./login/whoami.js')).whoamiCommand(),
  'import-image': async () => (await import('./streams/import-image.js')).importImageCommand(),
  tag: async () => (await import('./streams/tag.js')).tagCommand(),
  image: async () => (await import('./image/command.js')).imageCommand(),
  media: async () => (await import('./media/command.js')).mediaCommand(),
  'pull-secret': async () => (await import('./pull-secret/command.js')).pullSecretCommand(),
  adm: async () => (await import('./adm/index.js')).admCommand(),
  registry: async () => (await import('./registry/command.js')).registryCommand(),
  apiserver: async () => (await import('./apiserver/command.js')).apiserverCommand(),
  operator: async () => (await import('./operator/index.js')).operatorCommand(),
  butane: async () => (await import('./butane/command.js')).butaneCommand(),
  ignition: async () => (await import('./ignition/command.js')).ignitionCommand(),
  edge: async () => (await import('./edge/index.js')).edgeCommand(),
  'siteconfig-generator': async () =>
    (await import('./edge/generators/siteconfig-generator.js')).siteconfigGeneratorCommand(),
  'siteconfig-converter': async () =>
    (await import('./edge/generators/siteconfig-converter.js')).siteconfigConverterCommand(),
  policygenerator: async () => (await import('./edge/generators/policygenerator.js')).policyGeneratorCommand(),
  completion: async (program) => (await import('./completion/command.js')).completionCommand(program),
};
/** Commands that tell of others. */
const WHOLE = new Set(['completion', 'help']);

/**
 * The `longshore` command; with the arguments of a call, only the part of it that they ask for. Throws CommanderError instead
 * of ending the process.
 */
export async function createProgram(args: readonly string[] = []): Promise<Command> {
  const program = new Command('longshore')
    .description('The image platform for Kubernetes and OpenShift fleets.')
    .version(ownVersion())
    .option('--debug', 'print stacks of errors')
    .addHelpText('after', NOTES)
    .exitOverride();
  const asked = args.find((arg) => !arg.startsWith('-')) ?? '';
  const isPart = Object.hasOwn(COMMANDS, asked) && !WHOLE.has(asked);
  const wanted = Object.entries(COMMANDS).filter(([name]) => !isPart || name === asked);
  const commands = await Promise.all(wanted.map(([, load]) => load(program)));
  for (const command of commands) program.addCommand(command);
  settle(program, []);
  return program;
}

/** Hands the program's settings down, and makes errors of use one line that names the help to read; switches take values. */
function settle(command: Command, above: string[]): void {
  takeSwitchValues(command);
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
