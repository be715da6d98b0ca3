import { Command } from 'commander';
import { fsckCommand } from './fsck.js';
import { gcCommand } from './gc.js';
import { serveCommand } from './serve.js';
import { userCommand } from './user.js';

/** `longshore registry …` */
export function registryCommand(): Command {
  return new Command('registry')
    .description('run and look after an image registry')
    .addCommand(serveCommand())
    .addCommand(gcCommand())
    .addCommand(fsckCommand())
    .addCommand(userCommand());
}
