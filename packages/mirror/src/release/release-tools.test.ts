import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram, temporaryFolder } from '@longshore/testkit';
import { beforeEach, expect, it } from 'vitest';
import { packTool } from './release-tools.js';

const to = temporaryFolder('release-tools');
const binary = join(temporaryFolder('release-tool'), 'oc');
const name = 'openshift-client-linux-4.99.0.tar.gz';
const tool = { command: 'oc', alsoAs: ['kubectl'], archive: 'openshift-client-linux' };
const pack = (options: { signal?: AbortSignal } = {}) =>
  packTool(binary, tool, {
    to,
    version: '4.99.0',
    modified: new Date(0),
    signal: new AbortController().signal,
    ...options,
  });

beforeEach(async () => {
  await writeFile(binary, 'program');
  await rm(join(to, name), { recursive: true, force: true });
});

it('packs a program with its other names', async () => {
  const packed = await pack();
  const { stdout } = await runProgram('sha256sum', [name], { cwd: to });
  expect(stdout).toBe(`${packed.sha256}  ${packed.name}\n`);
  expect((await runProgram('tar', ['-xzOf', name, 'oc'], { cwd: to })).stdout).toBe('program');
  expect((await runProgram('tar', ['-tzf', name], { cwd: to })).stdout).toBe('oc\nkubectl\n');
});

it.each<[string, RegExp, () => Promise<unknown>]>([
  ['a target that cannot be written', /EISDIR/, () => mkdir(join(to, name)).then(() => pack())],
  [
    'a program that is a folder',
    /EISDIR/,
    () =>
      rm(binary)
        .then(() => mkdir(binary))
        .then(() => pack()),
  ],
  ['an end that is asked for', /aborted/, () => pack({ signal: AbortSignal.abort() })],
])('leaves nothing half written for %s', async (_, message, work) => {
  await expect(work()).rejects.toThrow(message);
  expect((await readdir(to)).filter((one) => one.endsWith('.partial'))).toEqual([]);
  await rm(binary, { recursive: true });
});
