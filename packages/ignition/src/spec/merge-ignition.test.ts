import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IgnitionConfig } from './ignition-config.js';
import { mergeConfigs, mergeIgnition } from './merge-ignition.js';

const DIRECTORY = join(import.meta.dirname, '../../vectors/merge');
const SUFFIX = '.parent.json';
const names = readdirSync(DIRECTORY)
  .filter((name) => name.endsWith(SUFFIX))
  .map((name) => name.slice(0, -SUFFIX.length));

function read(name: string): string {
  const path = join(DIRECTORY, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

describe('the reference vectors', () => {
  it.each(names)('%s', (name) => {
    const merged = mergeIgnition(read(`${name}.parent.json`), read(`${name}.child.json`), { override: true });
    expect(merged.failure === undefined ? '0' : '1').toBe(read(`${name}.rc`).trim());
    if (merged.failure === undefined) {
      expect(JSON.stringify(merged.config, undefined, 1)).toBe(read(`${name}.merged.json`).trim());
    } else expect(merged.failure).toMatch(/^child: /);
  });

  it('tell the real cause, where the reference tells the version only', () => {
    const { report } = mergeIgnition(read('child-relative-path.parent.json'), read('child-relative-path.child.json'), {
      override: true,
    });
    expect(report).toMatchObject([
      { of: 'child', path: ['storage', 'files', 0, 'path'], message: 'path not absolute' },
    ]);
  });
});

const base = { ignition: { version: '3.2.0' } };

describe('mergeConfigs', () => {
  it.each<[string, IgnitionConfig, IgnitionConfig, IgnitionConfig]>([
    [
      'lets the child keep its place in the order of the parent',
      { passwd: { users: [{ name: 'a' }, { name: 'b' }] } },
      { passwd: { users: [{ name: 'c' }, { name: 'b', uid: 2 }] } },
      { passwd: { users: [{ name: 'a' }, { name: 'b', uid: 2 }, { name: 'c' }] } },
    ],
    [
      'tells partitions apart by number, or else by label',
      { storage: { disks: [{ device: '/a', partitions: [{ number: 5, label: 'x' }, { label: 'y' }] }] } },
      {
        storage: { disks: [{ device: '/a', partitions: [{ label: 'x' }, { label: 'y', sizeMiB: 1 }, { number: 5 }] }] },
      },
      {
        storage: {
          disks: [
            { device: '/a', partitions: [{ label: 'x', number: 5 }, { label: 'y', sizeMiB: 1 }, { label: 'x' }] },
          ],
        },
      },
    ],
    [
      'clears a link target that the child of 3.2 does not set',
      { storage: { links: [{ path: '/l', target: '/t' }] } },
      { storage: { links: [{ path: '/l', hard: true }] } },
      { storage: { links: [{ path: '/l', hard: true, target: '' }] } },
    ],
    [
      'moves a path to the kind of node that the child makes of it',
      { storage: { files: [{ path: '/a', mode: 1 }, { path: '/b' }] } },
      { storage: { directories: [{ path: '/a' }] } },
      { storage: { directories: [{ path: '/a' }], files: [{ path: '/b' }] } },
    ],
    [
      'replaces the whole of clevis in 3.2',
      { storage: { luks: [{ name: 'a', clevis: { tpm2: true, threshold: 1 } }] } },
      { storage: { luks: [{ name: 'a', clevis: { threshold: 2 } }] } },
      { storage: { luks: [{ clevis: { threshold: 2 }, name: 'a' }] } },
    ],
    [
      'keeps what is false or empty in the child',
      { systemd: { units: [{ name: 'a', enabled: true, contents: 'x' }] } },
      { systemd: { units: [{ name: 'a', enabled: false, contents: '' }] } },
      { systemd: { units: [{ contents: '', enabled: false, name: 'a' }] } },
    ],
  ])('%s', (_, parent, child, expected) => {
    expect(mergeConfigs({ ...base, ...parent }, { ...base, ...child })).toEqual({ ...base, ...expected });
  });

  it('takes a child of many files', () => {
    const files = Array.from({ length: 200_000 }, (_, index) => ({ path: `/b/${index}` }));
    const parent = { ...base, storage: { files: [{ path: '/a' }] } };
    expect(mergeConfigs(parent, { ...base, storage: { files } }).storage?.files).toHaveLength(200_001);
  });

  it('moves kernel arguments between their lists', () => {
    const parent = { ignition: { version: '3.3.0' }, kernelArguments: { shouldExist: ['a', 'b'] } };
    const child = { ignition: { version: '3.3.0' }, kernelArguments: { shouldNotExist: ['a'] } };
    expect(mergeConfigs(parent, child).kernelArguments).toEqual({ shouldExist: ['b'], shouldNotExist: ['a'] });
  });

  it('reports what only the result has wrong', () => {
    const side = (partition: object) =>
      JSON.stringify({ ...base, storage: { disks: [{ device: '/dev/a', partitions: [partition] }] } });
    const { failure, report } = mergeIgnition(side({ number: 5, label: 'data' }), side({ label: 'data' }));
    expect(failure).toBe('merged: config is not valid');
    expect(report.map(({ of, message }) => [of, message])).toEqual([
      ['merged', 'cannot use the same partition label twice'],
    ]);
  });

  it('accepts later versions unless they are for the install service', () => {
    const later = JSON.stringify({ ignition: { version: '3.4.0' } });
    expect(mergeIgnition(later, later).failure).toBeUndefined();
    const refused = mergeIgnition(later, later, { override: true });
    expect(refused.failure).toBe('parent: unsupported config version');
    expect(refused.report[0]?.hint).toBe('found 3.4.0; supported are 3.1.0 and 3.2.0');
  });
});

/** Each key stands in one kind of list only, as the specification needs for the order not to matter (edge.md 2.1). */
const name = fc.constantFrom('a', 'b', 'c', 'd');
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const uniqueBy = <T extends object>(item: fc.Arbitrary<T>, key: keyof T) =>
  fc.uniqueArray(item, { selector: (one) => one[key], maxLength: 4 });
const file = fc.record({
  path: name.map((letter) => `/file/${letter}`),
  mode: optional(fc.nat(511)),
  overwrite: optional(fc.boolean()),
  contents: optional(fc.record({ source: optional(fc.constantFrom('data:,1', 'data:,2')) }, { requiredKeys: [] })),
  append: optional(fc.array(fc.record({ source: fc.constantFrom('data:,1', 'data:,2') }), { maxLength: 2 })),
});
const directory = fc.record({ path: name.map((letter) => `/directory/${letter}`), mode: optional(fc.nat(511)) });
const unit = fc.record({
  name: name.map((letter) => `${letter}.service`),
  enabled: optional(fc.boolean()),
  contents: optional(fc.constantFrom('', '[Unit]', '[Service]')),
  dropins: optional(uniqueBy(fc.record({ name, contents: optional(fc.constantFrom('[A]', '[B]')) }), 'name')),
});
const user = fc.record({
  name,
  uid: optional(fc.nat(9)),
  sshAuthorizedKeys: optional(fc.uniqueArray(fc.constantFrom('k1', 'k2', 'k3'))),
});
const disk = fc.record({
  device: name.map((letter) => `/dev/${letter}`),
  wipeTable: optional(fc.boolean()),
  partitions: optional(
    uniqueBy(fc.record({ number: fc.integer({ min: 1, max: 4 }), label: optional(name) }), 'number'),
  ),
});
const anyConfig = fc
  .record({
    ignition: fc.record({ version: fc.constant('3.3.0') }),
    passwd: optional(fc.record({ users: uniqueBy(user, 'name') })),
    storage: optional(
      fc.record({
        files: optional(uniqueBy(file, 'path')),
        directories: optional(uniqueBy(directory, 'path')),
        disks: optional(uniqueBy(disk, 'device')),
      }),
    ),
    systemd: optional(fc.record({ units: uniqueBy(unit, 'name') })),
  })
  .map((config) => JSON.parse(JSON.stringify(config)) as IgnitionConfig);

describe('merging', () => {
  it('does not depend on which of two merges comes first', () => {
    fc.assert(
      fc.property(anyConfig, anyConfig, anyConfig, (one, two, three) => {
        expect(mergeConfigs(mergeConfigs(one, two), three)).toEqual(mergeConfigs(one, mergeConfigs(two, three)));
      }),
    );
  });

  it('of a config with itself changes nothing but the lists that are appended to', () => {
    const withoutAppend = anyConfig.map((config) => {
      config.storage?.files?.forEach((node) => delete node.append);
      return mergeConfigs(config, { ignition: { version: '3.3.0' } });
    });
    fc.assert(
      fc.property(withoutAppend, (config) => {
        expect(mergeConfigs(config, config)).toEqual(config);
      }),
    );
  });

  it('with an empty config on either side changes nothing', () => {
    const empty = { ignition: { version: '3.3.0' } };
    fc.assert(
      fc.property(anyConfig, (config) => {
        expect(mergeConfigs(empty, config)).toEqual(mergeConfigs(config, empty));
      }),
    );
  });
});
