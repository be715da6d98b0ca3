/** What docs/siteconfig-and-policies.md shows is what the commands print, and its tables of rules are those of the code. */
import { ALL_RULES } from '@longshore/edge';
import { beforeAll, describe, expect, it } from 'vitest';
import { DocumentedExample } from './documented-example.js';

let document: DocumentedExample;
beforeAll(async () => {
  document = await DocumentedExample.prepare('siteconfig-and-policies.md', 'gitops');
});

describe('docs/siteconfig-and-policies.md', () => {
  it('shows what the commands print', async () => {
    const runs = document.shownRuns();
    expect(runs.length).toBe(3);
    for (const [command, output] of runs) {
      const { stdout, stderr } = await document.run(command);
      expect(stdout + stderr, command).toBe(output);
    }
  });

  it('has examples without findings', async () => {
    for (const [command, input] of [
      ['siteconfig-generator', 'site-a.yaml'],
      ['policygenerator', 'policies.yaml'],
    ]) {
      expect(await document.run(`${command} --strict ${input}`)).toMatchObject({ status: 0, stderr: '' });
    }
  });

  it.each(['SC', 'CI', 'PG'])('has a row for each rule %s, and no others', (prefix) => {
    const row = new RegExp(`^\\| (${prefix}\\d{3}) +\\| (\\w+) +\\| (.*?) +\\|$`, 'gm');
    const rows = [...document.text.matchAll(row)].map(([, ...cells]) => cells);
    const rules = ALL_RULES.filter(({ id }) => id.startsWith(prefix));
    expect(rows).toEqual(rules.map(({ id, severity, help }) => [id, severity, help]));
  });
});
