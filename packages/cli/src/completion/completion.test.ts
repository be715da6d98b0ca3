import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram, runProgram, temporaryFolder } from '@longshore/testkit';
import { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../program.js';
import { bashScript } from './bash-script.js';
import { commandWords } from './command-words.js';
import { zshScript } from './zsh-script.js';

const words = commandWords(await createProgram());
const zsh = await findProgram('zsh');

/** What is typed, the last word being completed, and what is offered for it. */
const CASES: [typed: string[], offered: string[]][] = [
  [
    [''],
    [
      'up',
      'down',
      'status',
      'login',
      'operator',
      'whoami',
      'import-image',
      'tag',
      'image',
      'media',
      'pull-secret',
      'adm',
      'registry',
      'apiserver',
      'butane',
      'ignition',
      'edge',
      'siteconfig-generator',
      'siteconfig-converter',
      'policygenerator',
      'completion',
      'help',
      '--version',
      '--debug',
      '--help',
    ],
  ],
  [['reg'], ['registry']],
  [
    ['registry', ''],
    ['serve', 'info', 'login', 'mirrors-to-conf', 'gc', 'prune', 'fsck', 'user', '--help'],
  ],
  [['--debug', 'registry', 's'], ['serve']],
  [
    ['registry', 'gc', '--d'],
    ['--dry-run', '--delete-untagged'],
  ],
  [['registry', 'gc', '--config', 'x.yml', '--j'], ['--json']],
  [
    ['registry', 'user', ''],
    ['add', 'remove', 'list', '--help'],
  ],
  [['registry', 'user', 'add', 'alice', '--pass'], ['--password-stdin']],
  [['registry', 'user', 'add', 'list', '--c'], ['--cost']],
  [['registry', 'user', 'add', '--cost', ''], []],
  [
    ['completion', ''],
    ['bash', 'zsh', '--help'],
  ],
  [['registry', 'nothing-like-it', '--q'], []],
];

let dir: string;
beforeAll(async () => {
  dir = temporaryFolder('completion');
  await writeFile(join(dir, 'longshore.bash'), bashScript(words));
  await writeFile(join(dir, '_longshore'), zshScript(words));
  for (const name of ['registry.yml', 'with space.yml', 'other.txt']) await writeFile(join(dir, name), '');
});

const lines = (text: string) => text.split('\n').filter((line) => line !== '');

describe('commandWords', () => {
  it('knows an option that takes a file from one that does not', () => {
    expect(words.fileOptions).toEqual(expect.arrayContaining(['--config', '--file', '--outPath']));
    expect(words.valueOptions).toContain('--cost');
    expect(words.fileOptions).not.toContain('--cost');
    expect([...words.fileOptions, ...words.valueOptions]).not.toContain('--strict');
  });

  it('makes scripts of a program without any such option', async () => {
    const bare = commandWords(new Command('longshore').addCommand(new Command('go')));
    for (const [shell, script] of [['bash', bashScript(bare)] as const, ['zsh', zshScript(bare)] as const]) {
      if (shell === 'bash' || zsh !== undefined) await runProgram(shell, ['-n'], { input: script });
    }
  });
});

describe('the script for bash', () => {
  const complete = async (typed: string[]) => {
    const script =
      'source ./longshore.bash; COMP_WORDS=(longshore "$@"); COMP_CWORD=$#; _longshore; printf "%s\\n" "${COMPREPLY[@]}"';
    return lines((await runProgram('bash', ['--norc', '-c', script, 'bash', ...typed], { cwd: dir })).stdout);
  };

  it('has no mistakes that bash can see', async () => {
    await runProgram('bash', ['-n', join(dir, 'longshore.bash')]);
  });

  it('is put to use by loading it', async () => {
    const { stdout } = await runProgram('bash', ['--norc', '-c', 'source ./longshore.bash; complete -p'], { cwd: dir });
    expect(stdout).toBe('complete -F _longshore longshore\n');
  });

  it.each(CASES)('completes %j', async (typed, offered) => {
    expect((await complete(typed)).sort()).toEqual([...offered].sort());
  });

  it.each([
    ['after a blank', ['registry', 'serve', '--config', 'r'], ['registry.yml']],
    ['with a blank in it', ['registry', 'serve', '--config', 'with'], ['with space.yml']],
    ['after an equals sign', ['registry', 'serve', '--config', '=', 'oth'], ['other.txt']],
    ['right after an equals sign', ['registry', 'gc', '--config', '='], ['registry.yml', 'with space.yml']],
  ])('completes a file %s', async (_, typed, offered) => {
    expect(await complete(typed)).toEqual(expect.arrayContaining(offered));
  });
});

describe.skipIf(zsh === undefined)('the script for zsh', () => {
  /** Calls the completion as zsh does, with its own commands replaced by ones that print. */
  const complete = async (typed: string[]) => {
    const script = `
      compdef() { }
      compadd() { shift; for offer in "$@"; do [[ $offer == \${words[CURRENT]}* ]] && print -r -- $offer; done; true }
      _files() { print -r -- FILES }
      source ./_longshore
      words=(longshore "$@"); CURRENT=$#words; _longshore`;
    return lines((await runProgram('zsh', ['-f', '-c', script, 'zsh', ...typed], { cwd: dir })).stdout);
  };

  it('has no mistakes that zsh can see', async () => {
    await runProgram('zsh', ['-n', join(dir, '_longshore')]);
  });

  it.each([...CASES, [['registry', 'fsck', '--config', 'r'], ['FILES']]])('completes %j', async (typed, offered) => {
    expect((await complete(typed)).sort()).toEqual([...offered].sort());
  });

  it('is found in a folder of fpath', async () => {
    const script = 'fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -d $PWD/dump; print $_comps[longshore]';
    const { stdout } = await runProgram('zsh', ['-f', '-c', script], { cwd: dir });
    expect(stdout).toBe('_longshore\n');
  });
});
