import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../source/diagnostic.js';
import { parseIgnition, validateIgnition } from './validate.js';

const DIRECTORY = join(import.meta.dirname, '../../vectors/validate');
const names = readdirSync(DIRECTORY)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -5));

/** Told in the last line only. */
const LAST = ['config-empty', 'config-version-invalid', 'config-version-unsupported'];

function printed(text: string): string {
  const { report, failure } = parseIgnition(text);
  const lines = report.filter(({ code }) => !LAST.includes(code)).map(formatDiagnostic);
  return [...lines, ...(failure === undefined ? [] : [`Error: ${failure}`])].map((line) => `${line}\n`).join('');
}

/** Messages that name types of the reference's language need only agree on their place. */
const comparable = (text: string) => text.replaceAll(/(cannot unmarshal \w+ into).*$/gm, '$1');

describe('the reference vectors', () => {
  it.each(names)('%s', (name) => {
    const text = readFileSync(join(DIRECTORY, `${name}.json`), 'utf8');
    expect(comparable(printed(text))).toBe(comparable(readFileSync(join(DIRECTORY, `${name}.err`), 'utf8')));
  });
});

/** A config of that version with this storage section. */
const storage = (section: unknown, version = '3.3.0') => JSON.stringify({ ignition: { version }, storage: section });

/** `path: message` of each finding. */
const findings = (text: string) => validateIgnition(text).map(({ path, message }) => `${path.join('.')}: ${message}`);

it.each<[string, string[]]>([
  [
    '{"ignition":{"version":"3.3.0"},"storage":null}',
    ['warning at $.storage, line 1 col 43: context tree does not match content tree at $.storage'],
  ],
  [
    '{"ignition":{"version":"3.3.0"},"storage":{"files":[null]}}',
    [
      'error at $.storage.files.0.path, line 1 col 53: path not specified',
      'warning at $.storage.files.0, line 1 col 53: context tree does not match content tree at $.storage.files.0',
    ],
  ],
  ['{"ignition":{"version":"3.2.0"},"storage":{"luks":[{"name":"a","device":"/d","clevis":null}]}}', []],
  [
    '{"ignition":{"version":3},"storage":[]}',
    ['error at line 1 col 25: json: cannot unmarshal number into field ignition.version of type string'],
  ],
])('tells what is null or of a wrong type as the reference does: %j', (text, expected) => {
  const shown = validateIgnition(text).map((entry) => formatDiagnostic(entry).replace(/\. Line and column.*/, ''));
  expect(shown).toEqual(expected);
});

describe('files, directories and links', () => {
  it.each<[unknown, string[]]>([
    [{ files: [{ path: '' }] }, ['storage.files.0.path: path not specified']],
    [{ files: [{ path: '/a', mode: 4096 }] }, ['storage.files.0.mode: illegal file mode']],
    [
      { files: [{ path: '/a', user: { id: 1, name: 'x' }, group: { id: 1, name: '' } }] },
      ['storage.files.0.user: cannot set both id and name'],
    ],
    [{ files: [{ path: '/a', overwrite: true, contents: { source: '' } }] }, []],
    [
      {
        files: [
          { path: '/a', contents: { source: 'https://a', httpHeaders: [{ name: 'a' }, { name: 'b', value: '' }] } },
        ],
      },
      ['storage.files.0.contents.httpHeaders.1.value: unable to parse HTTP header'],
    ],
    [
      { files: [{ path: '/a', contents: { source: 's3://a/b', httpHeaders: [{ name: 'a', value: 'b' }] } }] },
      ['storage.files.0.contents.httpHeaders: cannot use HTTP headers with this source scheme'],
    ],
    [
      { files: [{ path: '/a', contents: { verification: { hash: 'x' } } }] },
      [
        'storage.files.0.contents.verification.hash: source must be specified if verification is specified',
        'storage.files.0.contents.verification.hash: malformed hash specifier',
      ],
    ],
    [
      { files: [{ path: '/a', contents: { source: 'https://a', verification: { hash: 'sha512-12' } } }] },
      ['storage.files.0.contents.verification.hash: incorrect size for hash sum'],
    ],
    [
      {
        directories: [{ path: '/a/c' }],
        links: [{ path: '/a/b', hard: true, target: '../c', user: { id: 1 }, group: { name: 'x' } }],
      },
      [
        'storage.links.0: hard link target is a directory',
        'storage.links.0.user.id: user/group ignored for hard link',
        'storage.links.0.group.name: user/group ignored for hard link',
      ],
    ],
    [{ links: [{ path: '/a' }] }, ['storage.links.0.target: link target is required']],
  ])('%j', (section, expected) => {
    expect(findings(storage(section))).toEqual(expected);
  });

  it('have a place for special mode bits from 3.6 on', () => {
    const sticky = { directories: [{ path: '/a', mode: 0o1777 }] };
    expect(findings(storage(sticky, '3.5.0'))).toEqual([
      'storage.directories.0.mode: setuid/setgid/sticky bits are not supported or functional in spec versions older than 3.6.0',
    ]);
    expect(findings(storage(sticky, '3.6.0'))).toEqual([]);
  });

  it('may lack a link target up to 3.2', () => {
    expect(findings(storage({ links: [{ path: '/a' }] }, '3.2.0'))).toEqual([]);
  });
});

describe('disks and what stands on them', () => {
  it.each<[unknown, string[]]>([
    [
      [
        { number: 1, startMiB: 5, sizeMiB: 3 },
        { number: 2, startMiB: 7, sizeMiB: 1 },
      ],
      ['storage.disks.0.partitions.1: partitions overlap'],
    ],
    [
      [
        { number: 1, startMiB: 5, sizeMiB: 3 },
        { number: 2, startMiB: 8, sizeMiB: 0 },
      ],
      [],
    ],
    [
      [
        { number: 1, startMiB: 5, sizeMiB: 0 },
        { number: 2, startMiB: 1, sizeMiB: 9 },
      ],
      ['storage.disks.0.partitions.1: partitions overlap'],
    ],
    [
      [
        { number: 1, startMiB: 5 },
        { number: 2, startMiB: 5, sizeMiB: 9 },
      ],
      [],
    ],
    [
      [{ number: 1, shouldExist: false }, { label: 'x' }],
      ['storage.disks.0.partitions: shouldExist is false for a partition and other partition(s) has start or size 0'],
    ],
    [
      [
        { number: 1, shouldExist: false },
        { number: 2, startMiB: 0 },
      ],
      [],
    ],
    [
      [{ number: 1, label: 'ä'.repeat(19), guid: 'x', typeGuid: '' }],
      [
        'storage.disks.0.partitions.0.label: partition labels may not exceed 36 characters',
        `storage.disks.0.partitions.0.guid: doesn't match the form "01234567-89AB-CDEF-EDCB-A98765432101"`,
      ],
    ],
  ])('partitions %j', (partitions, expected) => {
    expect(findings(storage({ disks: [{ device: '/dev/a', partitions }] }))).toEqual(expected);
  });

  it('looks at nothing else of a disk without a device', () => {
    const disk = { device: '', partitions: [{ number: 1 }, { number: 1 }] };
    expect(findings(storage({ disks: [disk] }))).toEqual([
      'storage.disks.0.device: disk device is required',
      'storage.disks.0.partitions.1: duplicate entry defined',
    ]);
  });

  it.each<[string, unknown, string[]]>([
    ['3.3.0', { device: '/d', format: 'none' }, []],
    ['3.2.0', { device: '/d', format: 'none' }, ['storage.filesystems.0.format: invalid filesystem format']],
    [
      '3.3.0',
      { device: '/d', label: 'x' },
      [
        'storage.filesystems.0.format: format cannot be empty when path, label, uuid, wipeFilesystem, options, or mountOptions is specified',
        'storage.filesystems.0.label: filesystem must specify format if label is specified',
      ],
    ],
    ...Object.entries({ ext4: 16, btrfs: 256, xfs: 12, swap: 15, vfat: 11 }).flatMap(([format, length]) => {
      const message = `filesystem labels cannot be longer than ${length} characters when using ${format}`;
      return [
        ['3.3.0', { device: '/d', format, label: 'x'.repeat(length) }, []],
        ['3.3.0', { device: '/d', format, label: 'x'.repeat(length + 1) }, [`storage.filesystems.0.label: ${message}`]],
      ] as [string, unknown, string[]][];
    }),
  ])('file system of %s %j', (version, filesystem, expected) => {
    expect(findings(storage({ filesystems: [filesystem] }, version))).toEqual(expected);
  });

  it.each<[string, unknown, string[]]>([
    ['3.2.0', { name: 'a', level: '', devices: ['/a'] }, ['storage.raid.0.level: unrecognized raid level']],
    ['3.3.0', { name: 'a', devices: ['/a'] }, ['storage.raid.0.level: raid level is required']],
    ['3.0.0', { name: 'a', level: 'raid1' }, ['storage.raid.0.devices: raid devices required']],
    [
      '3.3.0',
      { name: 'a', level: 'stripe', spares: 1, devices: ['x'], options: ['a', 'a'] },
      [
        'storage.raid.0.level: spares unsupported for linear and raid0 arrays',
        'storage.raid.0.devices.0: path not absolute',
      ],
    ],
  ])('array of %s %j', (version, raid, expected) => {
    expect(findings(storage({ raid: [raid] }, version))).toEqual(expected);
  });

  it.each<[string, unknown, string[]]>([
    ['3.2.0', { clevis: { custom: { needsNetwork: true } } }, []],
    [
      '3.3.0',
      { clevis: { custom: { needsNetwork: true } } },
      [
        'storage.luks.0.clevis.custom.config: missing required custom clevis config',
        'storage.luks.0.clevis.custom.pin: missing required custom clevis pin',
      ],
    ],
    [
      '3.3.0',
      { clevis: { custom: { config: 'x' }, tpm2: true } },
      ['storage.luks.0.clevis.custom.pin: missing required custom clevis pin'],
    ],
    ['3.6.0', { clevis: { custom: { pin: 'yubi', config: '{}' } } }, []],
    [
      '3.5.0',
      { clevis: { custom: { pin: 'yubi', config: '{}' } } },
      ['storage.luks.0.clevis.custom.pin: unsupported clevis pin'],
    ],
    [
      '3.3.0',
      { clevis: { custom: { pin: 'sss', config: '{}' }, tpm2: true } },
      ['storage.luks.0.clevis: cannot use custom clevis config with tpm2, tang, or threshold'],
    ],
    [
      '3.3.0',
      { keyFile: { source: 'x' } },
      ['storage.luks.0.keyFile.source: invalid url scheme', 'storage.luks.0.keys: invalid key-file source'],
    ],
    [
      '3.4.0',
      { clevis: { tang: [{ url: 'ftp://a', advertisement: '{' }] } },
      [
        'storage.luks.0.clevis.tang.0.advertisement: advertisement is not valid JSON',
        'storage.luks.0.clevis.tang.0.thumbprint: thumbprint is required',
        'storage.luks.0.clevis.tang.0.url: invalid url scheme',
      ],
    ],
    ['3.5.0', { cex: { enabled: true }, clevis: { tpm2: true } }, ['storage.luks.0.cex: cannot use cex with clevis']],
  ])('encrypted volume of %s %j', (version, luks, expected) => {
    const volume = { name: 'a', device: '/dev/a', ...(luks as object) };
    expect(findings(storage({ luks: [volume] }, version)).toSorted()).toEqual(expected);
  });
});

describe('the ignition section', () => {
  const section = (ignition: object) => JSON.stringify({ ignition: { version: '3.3.0', ...ignition } });

  it.each<[object, string[]]>([
    [{ config: { merge: [{}] } }, ['ignition.config.merge.0: source is required']],
    [
      { config: { merge: [{ source: 'foo' }] } },
      ['ignition.config.merge.0: invalid url scheme', 'ignition.config.merge.0.source: invalid url scheme'],
    ],
    [
      { security: { tls: { certificateAuthorities: [{}, { source: '' }] } } },
      [
        'ignition.security.tls.certificateAuthorities.0: source is required',
        'ignition.security.tls.certificateAuthorities.1: source is required',
        'ignition.security.tls.certificateAuthorities.1: duplicate entry defined',
      ],
    ],
    [
      { proxy: { httpProxy: 'ftp://a', httpsProxy: 'http://a' } },
      [
        'ignition.proxy.httpProxy: proxies must be http(s)',
        'ignition.proxy.httpsProxy: insecure plaintext HTTP proxy specified for HTTPS resources',
      ],
    ],
  ])('%j', (ignition, expected) => {
    expect(findings(section(ignition))).toEqual(expected);
  });
});

describe('keyed lists', () => {
  it('share keys across files, directories and links, and across kernel arguments', () => {
    const text = JSON.stringify({
      ignition: { version: '3.3.0' },
      kernelArguments: { shouldExist: ['a'], shouldNotExist: ['a'] },
      passwd: { users: [{ name: 'a', groups: ['x', 'x'] }, { name: 'a' }] },
    });
    expect(findings(text)).toEqual([
      'kernelArguments.shouldNotExist.0: duplicate entry defined',
      'passwd.users.1: duplicate entry defined',
      'passwd.users.0.groups.1: duplicate entry defined',
    ]);
  });
});

it('tells so many errors, and no more', () => {
  const directories = Array.from({ length: 2000 }, () => ({ path: '/d' }));
  const links = Array.from({ length: 2000 }, () => ({ path: '/l', hard: true, target: '/d' }));
  const { report, failure } = parseIgnition(storage({ directories, links }));
  expect(report.filter(({ severity }) => severity === 'error')).toHaveLength(10_000);
  expect(failure).toBe('config is not valid');
});

describe('texts that are no config', () => {
  it.each([
    ['', 'not a config (empty)'],
    ['{}', "invalid config version (couldn't parse)"],
    ['[1]', 'config is not valid'],
    ['{"ignition":5}', 'config is not valid'],
    ['{"ignition":{"version":"3.8.0"}}', 'unsupported config version'],
    ['{"ignition":{"version":"3.6.0-experimental"}}', 'unsupported config version'],
    ['{"ignition":{"version":"3.2.0"}} x', 'config is not valid'],
    ['['.repeat(1000), 'config is not valid'],
  ])('%j', (text, failure) => {
    expect(parseIgnition(text).failure).toBe(failure);
  });

  it('tells which versions there are', () => {
    const [entry] = validateIgnition('{"ignition":{"version":"2.2.0"}}');
    expect(entry?.hint).toBe('found 2.2.0; supported are 3.0.0 to 3.6.0 and 3.7.0-experimental');
  });

  it('never makes it throw', () => {
    fc.assert(fc.property(fc.string(), (text) => void validateIgnition(text)));
    fc.assert(fc.property(fc.json(), (text) => void validateIgnition(text)));
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('storage', 'systemd', 'passwd', 'kernelArguments'), (json, section) => {
        validateIgnition(`{"ignition":{"version":"3.6.0"},"${section}":${json}}`);
      }),
    );
  });
});
