import { Command, type Option } from 'commander';

/**
 * A command that takes its options as programs in Go do, too: with one dash, and a boolean without value or as `-x=false`.
 * So calls that were written for the reference generators work unchanged.
 */
export class GoFlagCommand extends Command {
  override parseOptions(args: string[]): ReturnType<Command['parseOptions']> {
    const end = args.includes('--') ? args.indexOf('--') : args.length;
    return super.parseOptions(args.map((arg, index) => (index < end ? this.#translate(arg) : arg)));
  }

  #translate(arg: string): string {
    const [, name, value = ''] = /^--?([A-Za-z]\w+)(=.*)?$/s.exec(arg) ?? [];
    if (name === undefined) return arg;
    if (name === 'help') return '--help';
    const option = this.options.find(({ long }) => long === `--${name}`);
    if (option === undefined) return arg;
    return `--${name}${value === '' && isSwitch(option) ? '=true' : value}`;
  }
}

function isSwitch({ required }: Option): boolean {
  return !required;
}
