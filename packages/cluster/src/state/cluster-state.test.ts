import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it } from 'vitest';
import { ownState, removeState, runningState, writeState } from './cluster-state.js';

let dir: string;
beforeEach(() => {
  dir = temporaryFolder('state');
});

const served = {
  apiUrl: 'https://127.0.0.1:6443',
  registryAddress: '127.0.0.1:5000',
  operator: true,
  version: '0.1.0',
};
const now = new Date('2030-01-02T03:04:05Z');

describe('the state of a cluster', () => {
  it('is found while its process runs', async () => {
    await writeState(dir, ownState(served, now));
    expect(await runningState(dir)).toEqual({
      ...served,
      pid: process.pid,
      processStart: expect.stringMatching(/^\d+$/) as string,
      startedAt: '2030-01-02T03:04:05.000Z',
    });
    await removeState(dir);
    expect(await runningState(dir)).toBeUndefined();
  });

  it.each([
    ['of another process with the same number', JSON.stringify({ ...ownState(served, now), processStart: '1' })],
    ['of a process that is gone', JSON.stringify({ ...ownState(served, now), pid: 2 ** 22 + 1 })],
    ['that is cut off', '{"pid": 12'],
    ['that is none', '[]'],
  ])('is not believed when it is one %s', async (_name, text) => {
    await writeFile(join(dir, 'state.json'), text);
    expect(await runningState(dir)).toBeUndefined();
  });
});
