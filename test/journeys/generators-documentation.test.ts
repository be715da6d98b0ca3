/** What docs/siteconfig-and-policies.md shows is what the commands print, and its tables of rules are those of the code. */
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
  await cp(join(root, 'examples/gitops'), dir, { recursive: true });
  text = await readFile(join(root, 'docs/siteconfig-and-policies.md'), 'utf8');
});
afterAll(() => rm(dir, { recursive: true }));

const longshore = (command: string) =>
  runProgram(process.execPath, [PROGRAM, ...command.split(' ')], { cwd: dir, mayFail: true });

describe('docs/siteconfig-and-policies.md', () => {
  it('shows what the commands print', async () => {
    const runs = [...text.matchAll(/^```console\n\$ longshore (.*)\n([^]*?)^```$/gm)];
    expect(runs.length).toBe(3);
    for (const [, command = '', output] of runs) {
      const { stdout, stderr } = await longshore(command);
      expect(stdout + stderr, command).toBe(output);
    }
  });

  it('has examples without findings', async () => {
    for (const [command, input] of [
      ['siteconfig-generator', 'site-a.yaml'],
      ['policygenerator', 'policies.yaml'],
    ]) {
      expect(await longshore(`${command} --strict ${input}`)).toMatchObject({ status: 0, stderr: '' });
    }
  });

  it.each(['SC', 'CI', 'PG'])('has a row for each rule %s, and no others', (prefix) => {
    const row = new RegExp(`^\\| (${prefix}\\d{3}) +\\| (\\w+) +\\| (.*?) +\\|$`, 'gm');
    const rows = [...text.matchAll(row)].map(([, ...cells]) => cells);
    const rules = ALL_RULES.filter(({ id }) => id.startsWith(prefix));
    expect(rows).toEqual(rules.map(({ id, severity, help }) => [id, severity, help]));
  });
});
