import { Command } from 'commander';
import { switchArguments } from './switches.js';

/**
 * A command that takes its options with one dash, too, as programs in Go do. So calls that were written for the reference
 * generators work unchanged.
 */
export class GoFlagCommand extends Command {
  override parseOptions(args: string[]): ReturnType<Command['parseOptions']> {
    const end = args.includes('--') ? args.indexOf('--') : args.length;
    const translated = args.map((arg, index) => (index < end ? this.#translate(arg) : arg));
    return super.parseOptions(switchArguments(translated, this.options));
  }

  #translate(arg: string): string {
    const [, name, value = ''] = /^--?([A-Za-z]\w+)(=.*)?$/s.exec(arg) ?? [];
    if (name === undefined) return arg;
    if (name === 'help') return '--help';
    const isKnown = this.options.some(({ long }) => long === `--${name}`);
    return isKnown ? `--${name}${value}` : arg;
  }
}
