import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { processOwners } from './owner.js';

const [host = '', pid = '', start = ''] = processOwners.own.split('.');
const NOW = 1_700_000_000_000;
const TEN_MINUTES = 600_000;

describe('the owner of an upload', () => {
  it('is this process, by a name that may stand in a path', () => {
    expect(processOwners.own).toMatch(/^[0-9a-f]{12}\.\d+\.\d+$/);
    expect(pid).toBe(String(process.pid));
  });

  it('lives as long as its process', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1');
    const owner = `${host}.${child.pid}.${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
    expect(processOwners.lives(owner, 0, NOW)).toBe(true);
    child.stdin.end();
    await once(child, 'exit');
    expect(processOwners.lives(owner, NOW, NOW)).toBe(false);
  });

  it.each([
    ['this process', processOwners.own, true],
    ['one that had the same number before', `${host}.${pid}.${Number(start) - 1}`, false],
    ['a number that no process has', `${host}.999999999.${start}`, false],
    ['a name without a start', `${host}.${pid}`, false],
    ['a name without a number', `${host}..${start}`, false],
    ['a path in place of a number', `${host}.self/../${pid}.${start}`, false],
    ['a negative number', `${host}.-1.${start}`, false],
  ])('%s lives: %s %s', (_what, owner, lives) => {
    expect(processOwners.lives(owner, NOW, NOW)).toBe(lives);
  });

  it.each([
    { silence: 0, lives: true },
    { silence: TEN_MINUTES - 1, lives: true },
    { silence: TEN_MINUTES, lives: false },
  ])('on another machine lives after $silence ms without a write: $lives', ({ silence, lives }) => {
    expect(processOwners.lives(`000000000000.${pid}.${start}`, NOW - silence, NOW)).toBe(lives);
  });
});
