import { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { booleanOption } from './boolean-option.js';
import { takeSwitchValues } from './switches.js';

function read(...args: string[]) {
  const command = new Command('tag')
    .argument('[name...]')
    .option('-d, --delete')
    .option('--insecure')
    .option('--no-color')
    .option('--source <kind>')
    .addOption(booleanOption('all', '', false))
    .addOption(new Option('--when [when]').preset('always'))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  takeSwitchValues(command);
  command.parse(args, { from: 'user' });
  return { ...command.opts(), names: command.args };
}
const standard = { color: true, all: false, names: [] };

describe('a switch', () => {
  it.each<[string[], object]>([
    [['--insecure'], { insecure: true }],
    [['--insecure=true'], { insecure: true }],
    [['--insecure=1'], { insecure: true }],
    [['--insecure=false'], {}],
    [['-d', '--source=istag'], { delete: true, source: 'istag' }],
    [['--no-color'], { color: false }],
    [['--all', 'app'], { all: true, names: ['app'] }],
    [['--all=false', 'app'], { all: false, names: ['app'] }],
    [['--when', 'app'], { when: 'always', names: ['app'] }],
    [['--when=never', 'app'], { when: 'never', names: ['app'] }],
    [['--insecure', 'true'], { insecure: true, names: ['true'] }],
    [['--source', '--insecure=true'], { source: '--insecure=true' }],
    [['--', '--insecure=true'], { names: ['--insecure=true'] }],
  ])('%j', (args, expected) => {
    expect(read(...args)).toEqual({ ...standard, ...expected });
  });

  it.each([['--insecure=yes'], ['--all=yes'], ['--no-color=true'], ['--unknown=true']])('%s is refused', (arg) => {
    expect(() => read(arg)).toThrow();
  });
});
