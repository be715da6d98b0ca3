/** Files that commands write stay as they were when there is no space for others. */
import { writeFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SmallDisk, temporaryFolder } from '@longshore/testkit';
import { expect, it } from 'vitest';
import { SITE_CONFIG_LIST } from './testing/resource-list.js';
import { runCommand } from './testing/run-command.js';

const BUTANE = 'variant: fcos\nversion: 1.3.0\n';
const IGNITION = '{"ignition":{"version":"3.2.0"}}';
const base = join(temporaryFolder('base'), 'base.ign');
writeFileSync(base, IGNITION);

it.runIf(process.getuid?.() === 0).each<[string, string[], string]>([
  ['butane -o', ['butane', '-o'], BUTANE],
  ['ignition merge -o', ['ignition', 'merge', base, '-', '-o'], IGNITION],
  ['siteconfig-generator --report', ['siteconfig-generator', '--report'], SITE_CONFIG_LIST],
])('%s', async (_, args, input) => {
  const folder = temporaryFolder('full');
  const disk = await SmallDisk.mount(folder, '64k');
  const file = join(folder, 'file');
  try {
    await writeFile(file, 'old');
    disk.leave(0);
    const { status, stderr } = await runCommand([...args, file], { input });
    expect(status).toBe(1);
    expect(stderr).toContain(`failed to write ${file}: write ${file}: no space left on device\n`);
    expect(await readFile(file, 'utf8')).toBe('old');
    expect((await readdir(folder)).sort()).toEqual(['file', 'filler']);
  } finally {
    await disk.unmount();
  }
});
