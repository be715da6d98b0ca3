import { createProgram } from '@longshore/cli';
import { describe, expect, it } from 'vitest';
import { checkCommand, shellWords } from './command-line.js';
import { anchorsOf, codeBlocksOf, inlineCodeOf, linksOf, longshoreCommandsIn } from './markdown.js';

const PAGE = `# A page: with \`code\`

See [there](other.md#part), [the web](https://example.com/x.md) and \`longshore registry gc\`.

\`\`\`console
$ longshore registry serve   # begins
[not](a-link)
\`\`\`
`;

describe('reading a page', () => {
  it('finds its code, its links and its anchors', () => {
    expect(codeBlocksOf(PAGE)).toEqual(['$ longshore registry serve   # begins\n[not](a-link)\n']);
    expect(inlineCodeOf(PAGE)).toEqual(['code', 'longshore registry gc']);
    expect(linksOf(PAGE)).toEqual(['other.md#part']);
    expect(anchorsOf(PAGE)).toEqual(['a-page-with-code']);
  });

  it.each([
    ['$ longshore registry gc --json | jq .', ['longshore registry gc --json']],
    ['A=b npx longshore registry serve', ['longshore registry serve']],
    ["echo 'x' | longshore registry user add a \\\n    --file f < in", ['longshore registry user add a --file f']],
    ['source <(longshore completion bash)', ['longshore completion bash']],
    ['podman login -p $(longshore whoami -t) 127.0.0.1:5000', ['longshore whoami -t']],
    ['17 3 * * * root /usr/bin/longshore registry gc', ['longshore registry gc']],
    ['ln -s /opt/longshore/packages /usr/bin/longshore', []],
    ['longshore: unknown command', []],
    ['└── longshore      our own', []],
  ])('finds the commands in %j', (code, commands) => {
    expect(longshoreCommandsIn(code)).toEqual(commands);
  });
});

const program = await createProgram();

describe('checkCommand', () => {
  const check = (line: string, extent: 'whole' | 'part' = 'whole') => checkCommand(program, shellWords(line), extent);

  it.each([
    'longshore --version',
    'longshore help registry gc',
    'longshore registry --help',
    'longshore registry gc --config "/etc/my registry.yml" -d --json',
    'longshore registry gc --config=x.yml --debug',
    'longshore registry user add alice --file users --cost 12',
    'longshore completion zsh',
  ])('accepts %s', (line) => {
    expect(check(line)).toBeUndefined();
  });

  it.each([
    ['longshore registry gc --dryrun', 'has no option --dryrun'],
    ['longshore registry collect', 'has no command or argument "collect"'],
    ['longshore registry', 'needs a command'],
    ['longshore registry serve --config', '--config needs a value'],
    ['longshore registry serve now', 'has no command or argument "now"'],
    ['longshore registry user add --file users', 'too few arguments'],
    ['longshore registry user list', '--file is required'],
    ['longshore completion fish', '"fish" is no choice'],
  ])('refuses %s', (line, reason) => {
    expect(check(line)).toContain(reason);
  });

  it('accepts part of a command in prose', () => {
    expect(check('longshore registry user add', 'part')).toBeUndefined();
    expect(check('longshore registry user ad', 'part')).toContain('has no command');
  });
});
