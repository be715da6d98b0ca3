/** Documents cannot rot: commands parse, links lead somewhere, tables agree with the code. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createProgram } from '@longshore/cli';
import { errorStatus } from '@longshore/oci';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { checkCommand, shellWords } from './documents/command-line.js';
import { anchorsOf, codeBlocksOf, inlineCodeOf, linksOf, longshoreCommandsIn } from './documents/markdown.js';

const root = join(import.meta.dirname, '..');

function markdownBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !/(^|\/)(node_modules|dist)\//.test(file))
    .map((file) => join(folder, file));
}

const documents = ['README.md', 'CONTRIBUTING.md', ...['docs', 'packages', 'bench', 'test'].flatMap(markdownBelow)];
const textOf = (document: string) => readFileSync(join(root, document), 'utf8');
const program = await createProgram();

describe.each(documents)('%s', (document) => {
  const text = textOf(document);

  it('shows only commands that the program knows', () => {
    const whole = codeBlocksOf(text).flatMap(longshoreCommandsIn);
    const wrong = whole.flatMap((line) => checkCommand(program, shellWords(line), 'whole') ?? []);
    const parts = inlineCodeOf(text).flatMap(longshoreCommandsIn);
    const wrongParts = parts.flatMap((line) => checkCommand(program, shellWords(line), 'part') ?? []);
    expect([...wrong, ...wrongParts]).toEqual([]);
  });

  it('names only scripts of npm that exist', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/\bnpm run ([a-z]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('links to files and headings that exist', () => {
    const broken = linksOf(text).filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? join(root, document) : join(root, dirname(document), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names only examples that exist', () => {
    const named = [...text.matchAll(/\bexamples\/[\w./-]+\w/g)].map(([path]) => path);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('leaves nothing to be done', () => {
    expect(text).not.toMatch(/\b(TODO|FIXME|XXX|TBD|WIP)\b|coming soon|not yet implemented/i);
  });
});

describe('the documentation as a whole', () => {
  it('has the pages and the commands that it is to have', () => {
    expect(documents).toEqual(
      expect.arrayContaining(['docs/running-the-registry.md', 'docs/garbage-collection.md', 'docs/fsck.md']),
    );
    const shown = documents.flatMap((document) => codeBlocksOf(textOf(document)).flatMap(longshoreCommandsIn));
    const leaves = (command: Command, path: string): string[] =>
      command.commands.length === 0
        ? [path]
        : command.commands.flatMap((child) => leaves(child, `${path} ${child.name()}`));
    for (const leaf of leaves(program, 'longshore')) {
      expect(
        shown.some((line) => line.startsWith(leaf)),
        `an example of ${leaf}`,
      ).toBe(true);
    }
  });

  it('has an index with every page', () => {
    const index = linksOf(textOf('docs/README.md')).map((link) => join('docs', link));
    const pages = documents.filter((document) => document.startsWith('docs/') && document !== 'docs/README.md');
    expect(pages.filter((page) => !index.includes(page))).toEqual([]);
  });

  it('dates its decisions and numbers them in turn', () => {
    const decisions = documents.filter((document) => document.startsWith('docs/design/')).sort();
    expect(decisions.map((document) => Number(/(\d{4})-/.exec(document)?.[1]))).toEqual(
      decisions.map((_, index) => index + 1),
    );
    for (const document of decisions) {
      const text = textOf(document);
      expect(text, document).toMatch(/^# \d+\. .+\n\n\d{4}-\d\d-\d\d\. /);
      for (const part of ['Context', 'Decision', 'Alternatives', 'Example', 'What would change our mind']) {
        expect(text, `${part} in ${document}`).toContain(`\n## ${part}\n`);
      }
    }
  });

  it('tells all error codes with their statuses, and no others', () => {
    const rows = [...textOf('docs/errors.md').matchAll(/^\| `([A-Z_]+)` +\| (\d{3}) +\| (\S.*\S) +\|$/gm)];
    expect(Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]))).toEqual(errorStatus);
    expect(rows).toHaveLength(Object.keys(errorStatus).length);
  });
});
