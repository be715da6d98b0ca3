import { Command } from 'commander';

/** A command that shows its usage when it is called wrongly, as the reference does, and scripts look for. */
export class UsageCommand extends Command {
  override copyInheritedSettings(source: Command): this {
    return super.copyInheritedSettings(source).showHelpAfterError();
  }
}
