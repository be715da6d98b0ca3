import { describe, expect, it } from 'vitest';
import { limitFiles, limitsOf, type ResourceLimits } from './control-groups.js';

describe('the limits of a container', () => {
  it.each<[Record<string, string> | undefined, ResourceLimits]>([
    [undefined, {}],
    [
      { memory: '64Mi', cpu: '250m' },
      { memory: 67_108_864n, cpu: 250n },
    ],
    [{ memory: '1G', 'ephemeral-storage': '1Gi' }, { memory: 1_000_000_000n }],
    [{ cpu: '2' }, { cpu: 2000n }],
  ])('%j', (limits, expected) => {
    expect(limitsOf(limits)).toEqual(expected);
  });
});

describe('the files of control groups', () => {
  const files = (version: 1 | 2, limits: ResourceLimits) =>
    limitFiles(version, 'g', limits).map(({ folder, file, text }) => `${folder}/${file} ${text}`);

  it.each<[string, 1 | 2, ResourceLimits, string[]]>([
    ['nothing to limit', 2, {}, []],
    [
      'one tree',
      2,
      { memory: 64n, cpu: 250n },
      ['/sys/fs/cgroup/longshore/g/memory.max 64', '/sys/fs/cgroup/longshore/g/cpu.max 25000 100000'],
    ],
    [
      'a tree for each controller',
      1,
      { memory: 64n, cpu: 2000n },
      [
        '/sys/fs/cgroup/memory/longshore/g/memory.limit_in_bytes 64',
        '/sys/fs/cgroup/cpu/longshore/g/cpu.cfs_quota_us 200000',
      ],
    ],
    ['no less than the kernel takes', 2, { cpu: 1n }, ['/sys/fs/cgroup/longshore/g/cpu.max 1000 100000']],
  ])('%s', (_what, version, limits, expected) => {
    expect(files(version, limits)).toEqual(expected);
  });
});
