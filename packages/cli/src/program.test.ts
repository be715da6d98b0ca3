import { type Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from './program.js';

function allCommands(command: Command, path = command.name()): [path: string, command: Command][] {
  return [[path, command], ...command.commands.flatMap((child) => allCommands(child, `${path} ${child.name()}`))];
}

const commands = allCommands(await createProgram());

/** What a command prints, and how it ends, without doing anything. */
async function use(args: string[]): Promise<{ text: string; exitCode: number }> {
  const program = await createProgram();
  let text = '';
  const output = { writeOut: (more: string) => (text += more), writeErr: (more: string) => (text += more) };
  for (const [, command] of allCommands(program)) command.configureOutput(output);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return { text, exitCode: error.exitCode };
    throw error;
  }
  throw new Error('the command went on to its action');
}

describe('help', () => {
  it('covers these commands', () => {
    expect(commands.map(([path]) => path)).toEqual([
      'longshore',
      'longshore up',
      'longshore down',
      'longshore status',
      'longshore login',
      'longshore whoami',
      'longshore import-image',
      'longshore tag',
      'longshore image',
      'longshore image info',
      'longshore image extract',
      'longshore image mirror',
      'longshore image append',
      'longshore image serve',
      'longshore media',
      'longshore media verify',
      'longshore media diff',
      'longshore media pack',
      'longshore media unpack',
      'longshore pull-secret',
      'longshore pull-secret add',
      'longshore pull-secret remove',
      'longshore pull-secret check',
      'longshore adm',
      'longshore adm prune',
      'longshore adm prune images',
      'longshore adm release',
      'longshore adm release info',
      'longshore adm release extract',
      'longshore adm release mirror',
      'longshore adm release new',
      'longshore adm release graph',
      'longshore registry',
      'longshore registry serve',
      'longshore registry info',
      'longshore registry login',
      'longshore registry gc',
      'longshore registry prune',
      'longshore registry fsck',
      'longshore registry user',
      'longshore registry user add',
      'longshore registry user remove',
      'longshore registry user list',
      'longshore registry mirrors-to-conf',
      'longshore apiserver',
      'longshore apiserver serve',
      'longshore apiserver manifests',
      'longshore operator',
      'longshore operator run',
      'longshore operator plan',
      'longshore operator crds',
      'longshore operator manifests',
      'longshore operator node-ca-sync',
      'longshore butane',
      'longshore ignition',
      'longshore ignition validate',
      'longshore ignition merge',
      'longshore ignition schema',
      'longshore edge',
      'longshore edge plan',
      'longshore edge lint',
      'longshore edge verify',
      'longshore siteconfig-generator',
      'longshore siteconfig-converter',
      'longshore policygenerator',
      'longshore completion',
    ]);
  });

  it.each(commands)('of %s shows examples', async (path) => {
    const { text, exitCode } = await use([...path.split(' ').slice(1), '--help']);
    expect(exitCode).toBe(0);
    expect(text).toContain(`Usage: ${path}`);
    expect(text).toMatch(/\nExamples:\n {2}\S/);
  });

  it.each(commands)('of %s describes the command and each option', (_, command) => {
    expect(command.description()).not.toBe('');
    for (const option of command.options) expect(option.description, option.flags).not.toBe('');
  });
});

describe('wrong use', () => {
  it.each([
    [['registry', 'gc', '--dryrun'], "unknown option '--dryrun' (Did you mean --dry-run?)", 'longshore registry gc'],
    [['registry', 'collect'], "unknown command 'collect'", 'longshore registry'],
    [['regitsry'], "unknown command 'regitsry' (Did you mean registry?)", 'longshore'],
    [
      ['registry', 'fsck', 'x'],
      "too many arguments for 'fsck'. Expected 0 arguments but got 1",
      'longshore registry fsck',
    ],
    [['registry', 'serve', '--config'], "option '--config <file>' argument missing", 'longshore registry serve'],
    [['registry', 'user', 'list'], "required option '--file <htpasswd>' not specified", 'longshore registry user list'],
    [['completion', 'fish'], 'Allowed choices are bash, zsh', 'longshore completion'],
    [
      ['registry', 'user', 'add', 'a', '--file', 'f', '--cost', '99'],
      'Expected a whole number from 4 to 17',
      'longshore registry user add',
    ],
  ])('%j is told in one line', async (args, what, command) => {
    const { text, exitCode } = await use(args);
    expect(exitCode).toBe(1);
    expect(text).toMatch(/^longshore: [^\n]+\n$/);
    expect(text).toContain(what);
    expect(text).toContain(`; see ${command} --help\n`);
  });
});
