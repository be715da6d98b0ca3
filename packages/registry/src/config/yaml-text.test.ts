import { describe, expect, it } from 'vitest';
import { ProblemList } from './config-error.js';
import type { ConfigValue } from './config-value.js';
import { readYaml } from './yaml-text.js';

function read(text: string): { value: unknown; problems: string[] } {
  const problems = new ProblemList();
  const value = readYaml(text, (line, column) => ({ file: 'f', line, column }), problems);
  return { value: value && plain(value), problems: problems.any ? problems.toError().message.split('\n') : [] };
}

/** Scalars as `text@line:column`, quoted ones in quotes. */
function plain(value: ConfigValue): unknown {
  if (value.kind === 'list') return value.items.map(plain);
  if (value.kind === 'map')
    return Object.fromEntries([...value.entries].map(([key, entry]) => [key, plain(entry.value)]));
  const at = 'line' in value.place ? `@${value.place.line}:${value.place.column}` : '';
  return `${value.quoted ? JSON.stringify(value.text) : value.text}${at}`;
}

describe('readYaml', () => {
  it.each<[name: string, text: string, value: unknown]>([
    ['scalars as written', 'a: 0.10\nb: "5"\nc: yes', { a: '0.10@1:4', b: '"5"@2:4', c: 'yes@3:4' }],
    ['a plain text that begins with a colon', 'addr: :5000', { addr: ':5000@1:7' }],
    ['nothing', 'a:\nb: ~', { a: '@1:3', b: '@2:4' }],
    ['block texts', 'a: |\n  5\n', { a: '"5\\n"@1:4' }],
    ['lists', 'a: [x, {b: y}]', { a: ['x@1:5', { b: 'y@1:12' }] }],
    ['aliases', 'a: &x {b: c}\nd: *x', { a: { b: 'c@1:11' }, d: { b: 'c@1:11' } }],
    [
      'merged mappings',
      'a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3',
      { a: { b: '1@1:11', c: '2@1:17' }, d: { c: '3@4:6', b: '1@1:11' } },
    ],
    [
      'merged lists of mappings',
      'a: &x {b: 1}\nd: {<<: [*x, {b: 2, c: 3}]}',
      { a: { b: '1@1:11' }, d: { b: '1@1:11', c: '3@2:24' } },
    ],
    ['an explicit type', 'a: !!str 5', { a: '5@1:10' }],
    ['an older YAML', '%YAML 1.1\n---\na: 010', { a: '010@3:4' }],
    ['a byte order mark', '\uFEFFa: b', { a: 'b@1:5' }],
    ['a comment', '# nothing', undefined],
    ['an empty text', '', undefined],
  ])('reads %s', (_, text, value) => {
    expect(read(text)).toEqual({ value, problems: [] });
  });

  it.each([
    ['a: b\n\tc: d', 'f:2:1: this is not valid YAML: tabs are not allowed as indentation'],
    ['a: "b', 'f:1:6: this is not valid YAML: missing closing "quote'],
    ['a: b\n---\nc: d', 'f:2:1: a second document begins here; give one document'],
    ['a:\n  b: 1\n  b: 2', 'f:3:3: a.b: this key was given before; keep one of the two'],
    ['a: 1\n"a": 2', 'f:2:1: a: this key was given before; keep one of the two'],
    ['[a]: b', 'f:1:1: a key must be a text'],
    ['a: *b', 'f:1:4: a: an alias without an anchor before it'],
    ['a: &x [*x]', 'f:1:7: a[0]: an alias stands inside the value that it names'],
    ['a: {<<: b}', 'f:1:5: a: "<<" merges mappings; give an alias of a mapping'],
    ['a: !env SECRET', 'f:1:4: this is not valid YAML: a tag that means nothing here'],
    ['a: !!binary AAAA', 'f:1:4: this is not valid YAML: a tag that means nothing here'],
    ['%SECRET\n---\na: b', 'f:1:1: this is not valid YAML: a directive that means nothing here'],
    ['a: "\\qSECRET"', 'f:1:5: this is not valid YAML: an escape sequence that does not exist'],
    ['a: |SECRET\n b', 'f:1:5: this is not valid YAML: block scalar header includes extra characters'],
  ])('refuses %j', (text, problem) => {
    const { problems } = read(text);
    expect(problems).toContain(problem);
    expect(problems.join()).not.toContain('SECRET');
  });

  const alias = (count: number): string => `a: &x {b: c}\nd: [${Array(count).fill('*x').join(', ')}]`;
  const laughs = `a0: &a0 [${'x,'.repeat(20)}]\n${Array.from(
    { length: 9 },
    (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(10)}]\n`,
  ).join('')}`;

  it.each([
    ['flow', '['.repeat(500_000), 'f:1:1: nested deeper than 50 levels'],
    ['lists', '- '.repeat(500_000), 'f:1:1: nested deeper than 50 levels'],
    ['keys', '? '.repeat(500_000), 'f:1:1: nested deeper than 50 levels'],
    ['lines', 'x: [\n'.repeat(1000), 'f:51:1: nested deeper than 50 levels'],
    ['indentation', `a:\n${' '.repeat(201)}b: c`, 'f:2:1: more than 200 columns of indentation'],
    ['many keys', 'a:\n'.repeat(100_000), 'f:25001:1: more than 100000 YAML tokens'],
    ['long texts', 'x'.repeat(1024 * 1024 + 1), 'f:1:1: the text is longer than 1048576 bytes'],
    ['aliases', alias(101), 'f:2:405: d[100]: more than 100 aliases'],
    ['values behind aliases', `a: &x [${'x, '.repeat(20_000)}]\nb: [*x, *x, *x, *x, *x]`, 'more than 100000 values'],
    ['aliases of aliases', laughs, 'more than 100 aliases'],
  ])('bounds %s', (_, text, problem) => {
    expect(read(text).problems.join('\n')).toContain(problem);
  });

  it('takes as many aliases as the bound says', () => {
    expect(read(alias(100)).problems).toEqual([]);
  });
});
