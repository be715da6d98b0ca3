import { Command } from 'commander';
import { fsckCommand } from './fsck.js';
import { gcCommand } from './gc.js';
import { infoCommand } from './info.js';
import { registryLoginCommand } from './login.js';
import { mirrorsToConfCommand } from './mirrors-to-conf.js';
import { pruneCommand } from './prune.js';
import { serveCommand } from './serve.js';
import { userCommand } from './user.js';

const EXAMPLES = `
Examples:
  longshore registry serve --config /etc/longshore/registry.yml
  longshore registry user add alice --file /etc/longshore/htpasswd
  longshore registry gc --config /etc/longshore/registry.yml --dry-run
  longshore registry fsck --config /etc/longshore/registry.yml`;

/** `longshore registry …` */
export function registryCommand(): Command {
  return new Command('registry')
    .addHelpText('after', EXAMPLES)
    .addCommand(serveCommand())
    .addCommand(infoCommand())
    .addCommand(registryLoginCommand())
    .addCommand(gcCommand())
    .addCommand(pruneCommand())
    .addCommand(fsckCommand())
    .addCommand(userCommand())
    .addCommand(mirrorsToConfCommand());
}
