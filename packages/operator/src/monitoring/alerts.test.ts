import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireProgram, runProgram } from '@longshore/testkit';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ruleGroups } from './alerts.js';

const ROOT = join(import.meta.dirname, '../../../..');
const RULES = join(ROOT, 'deploy/monitoring/rules.yaml');
const FIXTURE = join(ROOT, 'packages/operator/fixtures/alerts.yaml');

const promtool = async (...args: string[]) => {
  const program = await requireProgram('promtool', 'prometheus');
  const { status, stdout, stderr } = await runProgram(program, args, { mayFail: true });
  return { status, text: stdout + stderr };
};

describe('the rules for Prometheus', () => {
  it('are accepted', async () => {
    const { status, text } = await promtool('check', 'rules', '--lint-fatal', RULES);
    expect(text).toContain('SUCCESS: 10 rules found');
    expect(status).toBe(0);
  });

  it('tell what they are to tell of given numbers', async () => {
    const { status, text } = await promtool('test', 'rules', FIXTURE);
    expect(text).not.toContain('FAILED');
    expect(status).toBe(0);
  });

  it('are each tested', () => {
    const fixture = readFileSync(FIXTURE, 'utf8');
    const names = ruleGroups(true).flatMap(({ rules }) =>
      rules.map((rule) => ('alert' in rule ? rule.alert : rule.record)),
    );
    expect(names.filter((name) => !fixture.includes(name))).toEqual([]);
  });

  it('leave out those that only inform, unless these are wanted', () => {
    const severities = (withOptional: boolean) =>
      new Set(
        ruleGroups(withOptional).flatMap(({ rules }) => rules.flatMap(({ labels }) => labels?.['severity'] ?? [])),
      );
    expect([...severities(false)]).toEqual(['warning']);
    expect([...severities(true)]).toEqual(['warning', 'info']);
    expect((parse(readFileSync(RULES, 'utf8')) as { groups: unknown }).groups).toEqual(ruleGroups(true));
  });
});
