/** Texts that would take our time or memory, or make us throw. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allDialects } from '../schema/variants.js';
import { transpile } from './transpile.js';

/** A config of that variant and version. */
const config = (dialect: string, body = '') => {
  const [variant = '', version = ''] = dialect.split(' ');
  return `variant: ${variant}\nversion: ${version}\n${body}`;
};

/** So many texts in a row. */
const many = (count: number, text: (index: number) => string, between = '') =>
  Array.from({ length: count }, (_, index) => text(index)).join(between);

describe('hostile input', () => {
  const headers = many(300, () => '*h', ', ');
  const files = many(300, () => '*f', ', ');
  it.each([
    [
      'aliases in aliases',
      `h: &h {name: a, value: b}\nf: &f {path: /x, contents: {http_headers: [${headers}]}}\nstorage: {files: [${files}]}\n`,
    ],
    [
      'merge keys that double at each step',
      `a0: &a0 {path: /x}\n${many(40, (at) => `a${at + 1}: &a${at + 1} {<<: [*a${at}, *a${at}]}\n`)}storage: {files: [{<<: *a40}]}\n`,
    ],
    [
      'a long chain of merge keys',
      `a0: &a0 {path: /x}\n${many(5000, (at) => `a${at + 1}: &a${at + 1} {<<: *a${at}}\n`)}storage: {files: [{<<: *a5000}]}\n`,
    ],
    [
      'a large map merged many times',
      `a: &a {${many(2000, (at) => `k${at}: 1`, ', ')}}\nstorage: {files: [${many(2000, () => '{<<: *a}', ', ')}]}\n`,
    ],
  ])('is refused when it blows up by %s', (_, body) => {
    const { failure, report } = transpile(config('fcos 1.3.0', body));
    expect(failure).toBe('yaml: document contains excessive aliasing');
    expect(report).toMatchObject([{ code: 'yaml-excessive-aliasing' }]);
  });

  it.each([
    [
      'files below links',
      `storage: {files: [${'{path: /a/b}, '.repeat(3000)}], links: [${'{path: /a, target: x}, '.repeat(3000)}]}`,
      6000,
    ],
    ['unknown keys', many(20_000, (index) => `devce${index}: 1`, '\n'), 20_000],
    [
      'partitions that touch',
      `storage: {disks: [{device: /d, partitions: [${many(5000, (index) => `{number: ${index + 1}, start_mib: ${2 * index + 1}, size_mib: 2}`, ', ')}]}]}`,
      0,
    ],
    [
      'a unit without a section',
      `systemd: {units: [{name: a.service, contents: "${`${'x'.repeat(1000)}\\n`.repeat(2000)}"}]}`,
      0,
    ],
    [
      'instances of a large template',
      `systemd: {units: [{name: a@.service, contents: "${'[A]\\nb=c\\n'.repeat(20_000)}"}, ${many(5000, (index) => `{name: a@${index}.service, enabled: true}`, ', ')}]}`,
      5000,
    ],
    ['a name of many ats', `systemd: {units: [{name: "${'a@'.repeat(200_000)}", enabled: true}]}`, 1],
    [
      'many volumes and file systems',
      `storage: {luks: [${'{name: a, device: /a}, '.repeat(10_000)}], filesystems: [${'{device: /dev/mapper/a, path: /b, format: xfs, with_mount_unit: true}, '.repeat(5000)}]}`,
      10_000,
    ],
    ['a long line', `a: ${' '.repeat(200_000)}b\nc: [`, 1],
    ['what might be block scalars', `a: b${' |#'.repeat(200_000)}\u2028\nc: ]`, 1],
    ['lists that nobody closes', 'a: [b,\n'.repeat(20_000), 1],
    ['equal keys', many(200, (key) => `k${key}: 1\n`.repeat(100)), 10_000],
  ])('does not keep us busy: %s', (_, body, findings) => {
    expect(transpile(config('fcos 1.4.0', `${body}\n`), { all: true }).report.length).toBe(findings);
  });

  it('in bytes that are no UTF-8 is told with its place', () => {
    const bytes = Buffer.from('variant: fcos\nversion: 1.3.0\nfoo: \u00e4\n', 'latin1');
    expect(transpile(bytes)).toEqual({
      failure: 'Error unmarshaling yaml: the text is not UTF-8',
      report: [
        {
          code: 'input-encoding',
          message: 'the text is not UTF-8',
          path: [],
          position: { line: 3, column: 6 },
          severity: 'error',
          stage: 'read',
        },
      ],
    });
  });

  it('of 50 MB is refused at once', () => {
    const { report } = transpile(Buffer.alloc(50 * 1024 * 1024, 'a: b\n'));
    expect(report.map(({ code }) => code)).toEqual(['input-too-large']);
  });

  it('never makes it throw, whatever the options', () => {
    const keys = fc.constantFrom(
      'storage',
      'files',
      'path',
      'contents',
      'inline',
      'disks',
      'device',
      'partitions',
      'label',
      'filesystems',
      'with_mount_unit',
      'format',
      'trees',
      'local',
      'systemd',
      'units',
      'name',
      'boot_device',
      'mirror',
      'devices',
      'luks',
      'tang',
      'openshift',
      'metadata',
      'grub',
      'users',
      'passwd',
      'ignition',
      'config',
      'merge',
      'quadlets',
      '<<',
    );
    const leaf = fc.constantFrom('~', 'true', '0644', 'x', '/a', '[]', '{}', '"x"', 'x86_64', 'swap', 'data:,a', '""');
    const { value } = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 6, depthSize: 'large' },
        leaf,
        fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
        fc.dictionary(keys, tie('value'), { maxKeys: 4 }).map((map) => {
          return `{${Object.entries(map)
            .map(([key, item]) => `${key}: ${item}`)
            .join(', ')}}`;
        }),
      ),
    }));
    const sections = fc.constantFrom(
      'ignition',
      'passwd',
      'storage',
      'systemd',
      'boot_device',
      'grub',
      'metadata',
      'openshift',
      'kernel_arguments',
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...allDialects()),
        fc.dictionary(sections, value),
        fc.boolean(),
        fc.boolean(),
        (dialect, body, all, raw) => {
          const text = Object.entries(body)
            .map(([key, item]) => `${key}: ${item}\n`)
            .join('');
          const result = transpile(config(`${dialect.variant} ${dialect.version}`, text), { all, raw });
          expect(result.output === undefined).toBe(result.failure !== undefined);
        },
      ),
      { numRuns: 600 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => void transpile(`variant: fcos\nversion: 1.3.0\n${text}`)),
    );
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void transpile(bytes)));
  });
});
