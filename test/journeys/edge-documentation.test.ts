/** What docs/edge.md shows is what the commands print, and its table of rules is that of the code. */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALL_RULES } from '@longshore/edge';
import { runProgram } from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const PROGRAM = join(root, 'packages/cli/bin/longshore.js');

let dir: string;
let text: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'longshore-docs-'));
  await cp(join(root, 'examples/edge'), dir, { recursive: true });
  text = await readFile(join(root, 'docs/edge.md'), 'utf8');
});
afterAll(() => rm(dir, { recursive: true }));

/** Each `$ command` of a block with what stands below it. */
function shownRuns(markdown: string): [command: string, output: string][] {
  const blocks = [...markdown.matchAll(/^```console\n\$ longshore (.*)\n([^]*?)^```$/gm)];
  return blocks.map(([, command = '', output = '']) => [command, output]);
}

describe('docs/edge.md', () => {
  it('shows what the commands print, one after the other', async () => {
    const runs = shownRuns(text);
    expect(runs.length).toBeGreaterThan(5);
    for (const [command, output] of runs) {
      const { stdout } = await runProgram(process.execPath, [PROGRAM, ...command.split(' ')], {
        cwd: dir,
        mayFail: true,
      });
      expect(stdout, command).toBe(output);
    }
  });

  it('shows the intent of the example', async () => {
    expect(text).toContain(`\`\`\`yaml\n${await readFile(join(root, 'examples/edge/intent.yaml'), 'utf8')}\`\`\`\n`);
  });

  it('has a row for each rule of lint, and no others', () => {
    const rows = [...text.matchAll(/^\| (EL\d{3}) +\| (\w+) +\| (.*?) +\|$/gm)].map(([, ...cells]) => cells);
    const rules = ALL_RULES.filter(({ id }) => id.startsWith('EL')).map(({ id, severity, help }) => [
      id,
      severity,
      help,
    ]);
    expect(rows).toEqual(rules);
  });
});
