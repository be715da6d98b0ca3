import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { describe, expect, it } from 'vitest';
import { SITE_CONFIG_LIST } from '../../testing/resource-list.js';
import { runCommand } from '../../testing/run-command.js';

describe('a generator without files', () => {
  it('is a function of the list on standard input', async () => {
    const { status, stdout, stderr } = await runCommand(['siteconfig-generator'], { input: SITE_CONFIG_LIST });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('kind: AgentClusterInstall');
  });

  it('takes no list without end', async () => {
    const input = 'a'.repeat(64 * 1024 * 1024 + 1);
    expect(await runCommand(['policygenerator'], { input })).toEqual({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('standard input: has more than the 67108864 bytes that are read') as string,
    });
  });
});

it('names the report that cannot be written', async () => {
  const report = join(temporaryFolder('report'), 'absent/report.json');
  const { status, stderr } = await runCommand(['siteconfig-generator', '--report', report], {
    input: SITE_CONFIG_LIST,
  });
  expect(status).toBe(1);
  expect(stderr).toContain(`failed to write ${report}: open ${report}: no such file or directory`);
});
