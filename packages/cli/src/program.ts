import { Command } from 'commander';
import { ownVersion } from './own-version.js';
import { takeSwitchValues } from './switches.js';

const NOTES = `
Exit codes: 0 done, 1 failed or found something wrong, 2 called or configured wrongly.

Examples:
  longshore up --data-dir var/longshore
  longshore registry serve --config /etc/longshore/registry.yml
  longshore registry gc --help`;

interface Entry {
  /** Its line in the help of the program. */
  summary: string;
  /** Loads the command, which has no description where the summary says it all. */
  load: (program: Command) => Promise<Command>;
}

/** The commands in the order of the help. What a call does not ask for costs it no time. */
const COMMANDS: Readonly<Record<string, Entry>> = {
  up: {
    summary: 'start the embedded cluster: API server, pods and a registry, under one set of users and roles',
    load: async () => (await import('./cluster/up.js')).upCommand(),
  },
  down: {
    summary: 'end the embedded cluster that longshore up started',
    load: async () => (await import('./cluster/down.js')).downCommand(),
  },
  status: {
    summary: 'tell whether the embedded cluster runs, where, and how it is',
    load: async () => (await import('./cluster/status.js')).statusCommand(),
  },
  login: {
    summary: 'log in to a cluster and save the session in the kubeconfig',
    load: async () => (await import('./login/command.js')).loginCommand(),
  },
  whoami: {
    summary: 'tell who you are to the cluster',
    load: async () => (await import('./login/whoami.js')).whoamiCommand(),
  },
  'import-image': {
    summary: 'import images of other registries into an image stream',
    load: async () => (await import('./streams/import-image.js')).importImageCommand(),
  },
  tag: {
    summary: 'point tags of image streams to images',
    load: async () => (await import('./streams/tag.js')).tagCommand(),
  },
  image: {
    summary: 'look at images of any registry, change and mirror them',
    load: async () => (await import('./image/command.js')).imageCommand(),
  },
  media: {
    summary: 'check folders of mirrored images, and carry them as archives',
    load: async () => (await import('./media/command.js')).mediaCommand(),
  },
  'pull-secret': {
    summary: 'add, remove and check the credentials in a pull secret',
    load: async () => (await import('./pull-secret/command.js')).pullSecretCommand(),
  },
  adm: {
    summary: 'administer a cluster, and its releases',
    load: async () => (await import('./adm/index.js')).admCommand(),
  },
  registry: {
    summary: 'run and look after an image registry',
    load: async () => (await import('./registry/command.js')).registryCommand(),
  },
  apiserver: {
    summary: 'serve image.openshift.io beside the API server of a Kubernetes cluster',
    load: async () => (await import('./apiserver/command.js')).apiserverCommand(),
  },
  operator: {
    summary: 'run the image registry of a cluster as its custom resources say',
    load: async () => (await import('./operator/index.js')).operatorCommand(),
  },
  butane: {
    summary: 'translate Butane to Ignition, or to a MachineConfig',
    load: async () => (await import('./butane/command.js')).butaneCommand(),
  },
  ignition: {
    summary: 'check and merge Ignition configs, and help editors to write them',
    load: async () => (await import('./ignition/command.js')).ignitionCommand(),
  },
  edge: {
    summary: 'prepare edge sites: plan their disks, check their configuration, verify what was installed',
    load: async () => (await import('./edge/index.js')).edgeCommand(),
  },
  'siteconfig-generator': {
    summary: 'make installation resources of SiteConfigs',
    load: async () => (await import('./edge/generators/siteconfig-generator.js')).siteconfigGeneratorCommand(),
  },
  'siteconfig-converter': {
    summary: 'turn SiteConfigs into ClusterInstances',
    load: async () => (await import('./edge/generators/siteconfig-converter.js')).siteconfigConverterCommand(),
  },
  policygenerator: {
    summary: 'make policies of PolicyGenTemplates',
    load: async () => (await import('./edge/generators/policygenerator.js')).policyGeneratorCommand(),
  },
  completion: {
    summary: 'print a script that completes commands and options in a shell',
    load: async (program) => (await import('./completion/command.js')).completionCommand(program),
  },
};

/**
 * The `longshore` command. With the arguments of a call, only what they ask for is loaded; of other commands there are name and
 * summary. Throws CommanderError instead of ending the process.
 */
export async function createProgram(args?: readonly string[]): Promise<Command> {
  const program = new Command('longshore')
    .description('The image platform for Kubernetes and OpenShift fleets.')
    .version(ownVersion())
    .option('--debug', 'print stacks of errors')
    .addHelpText('after', NOTES)
    .exitOverride();
  const commands = Object.entries(COMMANDS).map(async ([name, { summary, load }]) => {
    const command = isAskedFor(name, args) ? await load(program) : new Command(name);
    return command.summary(summary).description(command.description() || summary);
  });
  for (const command of await Promise.all(commands)) program.addCommand(command);
  settle(program, []);
  return program;
}

/** A completion is of all commands. */
function isAskedFor(name: string, args: readonly string[] | undefined): boolean {
  if (args === undefined) return true;
  const [first = '', second = ''] = args.filter((arg) => !arg.startsWith('-'));
  return first === 'completion' || name === (first === 'help' ? second : first);
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
