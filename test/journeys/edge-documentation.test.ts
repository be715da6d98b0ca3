/** What docs/edge.md shows is what the commands print, and its table of rules is that of the code. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ALL_RULES } from '@longshore/edge';
import { beforeAll, describe, expect, it } from 'vitest';
import { DocumentedExample } from './documented-example.js';

let document: DocumentedExample;
beforeAll(async () => {
  document = await DocumentedExample.prepare('edge.md', 'edge');
});

describe('docs/edge.md', () => {
  it('shows what the commands print, one after the other', async () => {
    const runs = document.shownRuns();
    expect(runs.length).toBeGreaterThan(5);
    for (const [command, output] of runs) expect((await document.run(command)).stdout, command).toBe(output);
  });

  it('shows the intent of the example', async () => {
    const intent = await readFile(join(import.meta.dirname, '../../examples/edge/intent.yaml'), 'utf8');
    expect(document.text).toContain(`\`\`\`yaml\n${intent}\`\`\`\n`);
  });

  it('has a row for each rule of lint, and no others', () => {
    const rows = [...document.text.matchAll(/^\| (EL\d{3}) +\| (\w+) +\| (.*?) +\|$/gm)].map(([, ...cells]) => cells);
    const rules = ALL_RULES.filter(({ id }) => id.startsWith('EL')).map(({ id, severity, help }) => [
      id,
      severity,
      help,
    ]);
    expect(rows).toEqual(rules);
  });
});
