import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../source/diagnostic.js';
import { allDialects } from '../schema/variants.js';
import { decodeDataUrl } from '../spec/data-url.js';
import { validateIgnition } from '../spec/validate.js';
import { transpile, type TranspileOptions } from './transpile.js';

/** A config of that variant and version. */
const config = (dialect: string, body = '') => {
  const [variant = '', version = ''] = dialect.split(' ');
  return `variant: ${variant}\nversion: ${version}\n${body}`;
};

const METADATA = 'metadata: {name: n, labels: {machineconfiguration.openshift.io/role: worker}}\n';

const findings = (text: string, options: TranspileOptions = {}) =>
  transpile(text, options).report.map(formatDiagnostic);

/** The dialects that a plain config can be written in. */
const plainConfig = ({ variant, version }: { variant: string; version: string }) =>
  config(`${variant} ${version}`, variant === 'openshift' ? METADATA : '');

describe('variants and versions', () => {
  it('are those of the table', () => {
    expect(allDialects().map(({ variant, version, level }) => `${variant} ${version} 3.${level}`)).toEqual([
      'fcos 1.0.0 3.0',
      'fcos 1.1.0 3.1',
      'fcos 1.2.0 3.2',
      'fcos 1.3.0 3.2',
      'fcos 1.4.0 3.3',
      'fcos 1.5.0 3.4',
      'fcos 1.6.0 3.5',
      'fcos 1.7.0 3.6',
      'fcos 1.8.0-experimental 3.7',
      ...[8, 9, 10, 11, 12, 13].map((minor) => `openshift 4.${minor}.0 3.2`),
      ...[14, 15, 16, 17, 18].map((minor) => `openshift 4.${minor}.0 3.4`),
      ...[19, 20, 21, 22].map((minor) => `openshift 4.${minor}.0 3.5`),
      'openshift 4.23.0-experimental 3.7',
      'flatcar 1.0.0 3.3',
      'flatcar 1.1.0 3.4',
      'flatcar 1.2.0-experimental 3.7',
      'r4e 1.0.0 3.3',
      'r4e 1.1.0 3.4',
      'r4e 1.2.0-experimental 3.7',
      'fiot 1.0.0 3.4',
      'fiot 1.1.0-experimental 3.7',
    ]);
  });

  it.each(allDialects().map((dialect) => [`${dialect.variant} ${dialect.version}`, dialect] as const))(
    '%s gives a config that is valid',
    (_, dialect) => {
      const { ignition, report, output } = transpile(plainConfig(dialect));
      expect(report).toEqual([]);
      expect(output).toBeDefined();
      expect(validateIgnition(JSON.stringify(ignition))).toEqual([]);
    },
  );

  it.each([
    ['', 'error parsing variant; must be specified'],
    ['variant: ~\nversion: 1.3.0\n', 'error parsing variant; must be specified'],
    ['variant: fcos\nversion: 1.3\n', 'error parsing version; must be a valid semver'],
    ['variant: fcos\nversion: v1.3.0\n', 'error parsing version; must be a valid semver'],
    ['variant: fcos\nversion: 1.3.0-a..b\n', 'error parsing version; must be a valid semver'],
    ['variant: fcos\nversion: 1.3.0+.a\n', 'error parsing version; must be a valid semver'],
    ['variant: fcos\nversion: 99999999999999999999.3.0\n', 'error parsing version; must be a valid semver'],
    ['variant: fcos\nversion: 1.3.0-\n', undefined],
    ['variant: fcos\nversion: 1.9.0\n', 'No translator exists for variant fcos with version 1.9.0'],
    ['variant: coreos\nversion: 1.3.0\n', 'No translator exists for variant coreos with version 1.3.0'],
    ['variant: fcos\nversion: 1.8.0\n', 'No translator exists for variant fcos with version 1.8.0'],
    ['variant: fcos\nversion: 01.3.0\n', undefined],
    [
      'variant: [a]\nversion: 1.3.0\n',
      'Error unmarshaling yaml: yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into string',
    ],
    ['[a]\n', 'Error unmarshaling yaml: yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into common.Common'],
    [
      'variant: fcos\nversion: 1.3.0\nversion: 1.4.0\n',
      'Error unmarshaling yaml: yaml: unmarshal errors:\n  line 3: mapping key "version" already defined at line 2',
    ],
    [
      'variant: fcos\nversion: 1.3.0\nstorage:\n  files: []\n  files: []\n',
      'yaml: unmarshal errors:\n  line 5: mapping key "files" already defined at line 4',
    ],
  ])('%j: %s', (text, failure) => {
    expect(transpile(text).failure).toBe(failure);
  });
});

describe('types', () => {
  const unit = (fields: string) => config('fcos 1.3.0', `systemd: {units: [{name: a.service, ${fields}}]}\n`);
  const mode = (value: string) => config('fcos 1.7.0', `storage: {files: [{path: /a, mode: ${value}}]}\n`);

  it.each([
    [unit('mask: on'), true],
    [unit('mask: y'), true],
    [unit("mask: 'no'"), false],
  ])('takes old booleans: %j', (text, mask) => {
    expect(transpile(text).ignition?.systemd?.units?.[0]?.mask).toBe(mask);
  });

  it.each([
    ['0644', 420],
    ['0o644', 420],
    ['0x1a4', 420],
    ['1e2', 100],
    ['1.0', 1],
    ['0.5', 0],
    ['0850', 850],
  ])('takes %s for a mode of %i', (value, expected) => {
    expect(transpile(mode(value)).ignition?.storage?.files?.[0]?.mode).toBe(expected);
  });

  it('takes numbers and booleans for text', () => {
    const text = config('fcos 1.3.0', 'passwd: {users: [{name: true, gecos: 0644, groups: [1, ~]}]}\n');
    expect(transpile(text).ignition?.passwd?.users).toEqual([{ gecos: '0644', groups: ['1'], name: 'true' }]);
  });

  it.each([
    [unit('mask: Yes'), 'cannot unmarshal !!str `Yes` into bool', 'expected true or false, found `Yes`'],
    [
      unit("mask: 'true'"),
      'cannot unmarshal !!str `true` into bool',
      'expected true or false, found the text "true" (remove the quotes if it is meant as it stands)',
    ],
    [mode('"0644"'), 'cannot unmarshal !!str `0644` into int', undefined],
    [
      mode('<start_of_partition>'),
      'cannot unmarshal !!str `<start_...` into int',
      'expected an integer, found the placeholder <start_of_partition>',
    ],
    [
      mode('<start_of_partition> 2'),
      'cannot unmarshal !!str `<start_...` into int',
      'expected an integer, found the placeholder <start_of_partition>',
    ],
    [mode('2026-11-26'), 'cannot unmarshal !!timestamp `2026-11-26` into int', undefined],
    [mode('[1]'), 'cannot unmarshal !!seq into int', 'expected an integer, found a list'],
    [
      config('fcos 1.3.0', 'storage: {files: {path: /a}}\n'),
      'cannot unmarshal !!map into []v0_3.File',
      'expected a list of maps, found a map',
    ],
    [
      config('fcos 1.3.0', 'storage: text\n'),
      'cannot unmarshal !!str `text` into v0_3.Storage',
      'expected a map, found `text`',
    ],
  ])('refuses %j', (text, message, hint) => {
    const { report, failure } = transpile(text);
    expect(failure).toMatch(/^yaml: unmarshal errors:\n {2}line 3: /);
    expect(report).toMatchObject([{ code: 'wrong-type', message, stage: 'decode', position: { line: 3 } }]);
    if (hint) expect(report[0]?.hint).toBe(hint);
  });

  it('leaves null items of lists out, and takes the places by their new numbers', () => {
    const text = config('fcos 1.3.0', 'storage:\n  files:\n  - ~\n  - {path: /a}\n  -\n  - {path: b, x: 1}\n');
    const [mismatch, ...others] = findings(text);
    expect(mismatch).toMatch(/^warning at \$\.storage\.files\.0, line 5 col 5: context tree/);
    expect(others).toEqual(['error at $.storage.files.1.path, line 6 col 12: path not absolute']);
  });

  it.each([
    ['gecos: !!binary |\n        aGFs\n        bG8=', 'hallo'],
    ['gecos: !!str 12', '12'],
    ["gecos: ! 'x'", 'x'],
    ['gecos: !!float 1', '1'],
  ])('reads the tag of %j', (field, gecos) => {
    const text = config('fcos 1.3.0', `passwd:\n  users:\n    - ${field}\n`);
    expect(transpile(text).ignition?.passwd?.users?.[0]?.gecos).toBe(gecos);
  });

  it.each([
    ['!!binary a', 'yaml: !!binary value contains invalid base64 data'],
    ['!!int x', 'yaml: cannot decode !!str `x` as a !!int'],
    ['!own x', 'yaml: cannot decode !!str `x` as a !own'],
  ])('refuses %s', (value, failure) => {
    expect(transpile(config('fcos 1.3.0', `passwd: {users: [{gecos: ${value}}]}\n`)).failure).toBe(failure);
  });

  it('tells each pair of equal keys, by the first of them', () => {
    const text = config('fcos 1.3.0', 'storage:\n  a: 1\n  b: 1\n  b: 2\n  a: 2\n  a: 3\n');
    expect(transpile(text).failure?.split('\n').slice(1)).toEqual([
      '  line 7: mapping key "a" already defined at line 4',
      '  line 8: mapping key "a" already defined at line 4',
      '  line 6: mapping key "b" already defined at line 5',
      '  line 8: mapping key "a" already defined at line 7',
    ]);
  });

  it('reads merge keys, own keys first', () => {
    const text = config(
      'fcos 1.3.0',
      'storage:\n  files:\n    - &a {path: /a, mode: 0600}\n    - <<: [*a, {mode: 0644, overwrite: false}]\n      path: /b\n',
    );
    const { ignition, report } = transpile(text);
    expect(ignition?.storage?.files?.[1]).toEqual({ mode: 384, overwrite: false, path: '/b' });
    expect(report.map(({ message }) => message)).toEqual(['unused key <<']);
  });

  it.each([
    [
      'a: &a [{path: /a}]\nstorage: {files: [{<<: *a}]}\n',
      'yaml: map merge requires map or sequence of maps as the value',
    ],
    ['a: &a x\nstorage: {files: [{<<: [*a]}]}\n', 'yaml: map merge requires map or sequence of maps as the value'],
    [
      'a: &a {path: /a, path: /b}\nstorage: {files: [{<<: *a}]}\n',
      'yaml: unmarshal errors:\n  line 3: mapping key "path" already defined at line 3',
    ],
  ])('refuses the merge key of %j', (body, failure) => {
    expect(transpile(config('fcos 1.3.0', body)).failure).toBe(failure);
  });

  it('takes any label', () => {
    const labels = `{machineconfiguration.openshift.io/role: worker, __proto__: a}`;
    const { output } = transpile(config('openshift 4.16.0', `metadata: {name: n, labels: ${labels}}\n`));
    expect(output).toContain('    __proto__: a\n');
  });
});

describe('resources', () => {
  const file = (contents: string) => config('fcos 1.3.0', `storage: {files: [{path: /a, contents: ${contents}}]}\n`);

  it.each([
    ['{inline: a, local: b}', 'inline'],
    ['{inline: a, source: "data:,"}', 'source'],
    ['{local: a, source: "data:,"}', 'source'],
  ])('have one source only: %s', (contents, at) => {
    expect(transpile(file(contents)).report).toMatchObject([
      { code: 'too-many-sources', path: ['storage', 'files', 0, 'contents', at] },
    ]);
  });

  it('are compressed when that is shorter, unless the author or the target says otherwise', () => {
    const line = 'a quite repetitive line\\n'.repeat(60);
    const compressed = (dialect: string, extra = '') => {
      const body = `storage: {files: [{path: /a, contents: {inline: "${line}"${extra}}}]}\n`;
      const { ignition } = transpile(config(dialect, `${dialect.startsWith('openshift') ? METADATA : ''}${body}`));
      const { compression, source = '' } = ignition?.storage?.files?.[0]?.contents ?? {};
      expect(decodeDataUrl(source, extra.includes('gzip') ? '' : compression).toString()).toBe(
        line.replaceAll('\\n', '\n'),
      );
      return compression;
    };
    expect(compressed('fcos 1.0.0')).toBeUndefined();
    expect(compressed('fcos 1.1.0')).toBe('gzip');
    expect(compressed('fcos 1.3.0', ', compression: gzip')).toBe('gzip');
    expect(compressed('fcos 1.3.0', ", compression: ''")).toBe('gzip');
    expect(compressed('openshift 4.9.0')).toBe('');
    expect(compressed('openshift 4.10.0')).toBe('gzip');
  });
});

describe('mount units', () => {
  const units = (dialect: string, storage: string) => transpile(config(dialect, `storage: ${storage}\n`));
  const tang = 'luks: [{name: c, device: /dev/x, clevis: {tang: [{url: "https://t", thumbprint: x}]}}]';

  it('wait for the network when a Tang server opens the volume, from 1.2 on', () => {
    const storage = `{${tang}, filesystems: [{device: /dev/mapper/c, format: xfs, path: /var/c, with_mount_unit: true}]}`;
    const contents = units('fcos 1.2.0', storage).ignition?.systemd?.units?.[0]?.contents;
    expect(contents).toContain('\nOptions=_netdev\n');
    expect(contents).toContain('\nRequiredBy=remote-fs.target');
  });

  it('of swap need no path from 1.4 on', () => {
    const storage = '{filesystems: [{device: /dev/s, format: swap, with_mount_unit: true}]}';
    expect(units('fcos 1.4.0', storage).ignition?.systemd?.units?.[0]).toEqual({
      contents: '# Generated by Butane\n[Swap]\nWhat=/dev/s\n\n[Install]\nRequiredBy=swap.target',
      enabled: true,
      name: 'dev-s.swap',
    });
    expect(units('fcos 1.3.0', storage).report.map(({ code }) => code)).toEqual(['mount-no-path']);
  });

  it('tell both faults up to 1.3', () => {
    const storage = '{filesystems: [{device: /dev/s, with_mount_unit: true}]}';
    expect(units('fcos 1.3.0', storage).report.map(({ code }) => code)).toEqual(['mount-no-path', 'mount-no-format']);
    expect(units('fcos 1.4.0', storage).report.map(({ code }) => code)).toEqual(['mount-no-format']);
  });
});

describe('the boot device', () => {
  const boot = (dialect: string, device: string) => transpile(config(dialect, `boot_device: ${device}\n`));

  it.each([
    ['ppc64le', ['prep-1', 'reserved-1', 'boot-1', 'root-1'], ['md-boot', 'md-root']],
    ['aarch64', ['reserved-1', 'esp-1', 'boot-1', 'root-1'], ['md-boot', 'md-root']],
  ])('is mirrored on %s', (layout, labels, arrays) => {
    const { ignition } = boot('fcos 1.4.0', `{layout: ${layout}, mirror: {devices: [/dev/a, /dev/b]}}`);
    expect(ignition?.storage?.disks?.[0]?.partitions?.map(({ label }) => label)).toEqual(labels);
    expect(ignition?.storage?.raid?.map(({ name }) => name)).toEqual(arrays);
    expect(ignition?.storage?.filesystems?.at(-1)).toMatchObject({ device: '/dev/md/md-root', format: 'xfs' });
  });

  it.each([
    ['fcos 1.6.0', '{mirror: {devices: [/dev/a, /dev/b]}}', ['warning layout-missing']],
    ['fcos 1.7.0', '{mirror: {devices: [/dev/a, /dev/b]}}', ['error layout-missing']],
    ['fcos 1.5.0', '{layout: s390x-virt}', ['error layout-unknown']],
    [
      'fcos 1.6.0',
      '{layout: s390x-none, mirror: {devices: [/dev/a, /dev/b]}}',
      ['error layout-unknown', 'error mirror-s390x'],
    ],
    ['fcos 1.6.0', '{layout: s390x-zfcp, luks: {tpm2: true}}', ['error boot-luks-no-device']],
    ['fcos 1.6.0', '{luks: {cex: {enabled: true}, tpm2: true}}', ['error cex-architecture', 'error cex-with-clevis']],
    ['fcos 1.7.0', '{layout: s390x-eckd, luks: {device: /dev/dasda}}', ['error boot-luks-no-method']],
    ['fcos 1.6.0', '{layout: s390x-eckd, luks: {device: /dev/dasda}}', []],
  ])('of %s %s: %j', (dialect, device, expected) => {
    expect(boot(dialect, device).report.map(({ severity, code }) => `${severity} ${code}`)).toEqual(expected);
  });

  it('is told at the user`s partition when the mirror stands before it', () => {
    const text = config(
      'fcos 1.3.0',
      'boot_device: {layout: x86_64, mirror: {devices: [/dev/a, /dev/b]}}\nstorage: {disks: [{device: sdc}]}\n',
    );
    expect(findings(text)).toEqual(['error at $.storage.disks.0.device, line 4 col 28: path not absolute']);
  });
});

describe('MachineConfigs', () => {
  const cluster = (version: string, body: string) => transpile(config(`openshift ${version}`, METADATA + body));

  it.each([
    ['4.9.0', 'kernel_arguments: {should_exist: [a]}', ['unused-key']],
    ['4.14.0', 'kernel_arguments: {should_exist: [a]}', ['kernel-arguments-openshift']],
    ['4.12.0', 'passwd: {users: [{name: core, password_hash: x}]}', ['user-fields-unsupported']],
    ['4.13.0', 'passwd: {users: [{name: core, password_hash: x}]}', []],
    [
      '4.13.0',
      'passwd: {users: [{name: core, system: false, uid: 1}]}',
      ['user-fields-unsupported', 'user-fields-unsupported'],
    ],
    ['4.13.0', 'passwd: {users: [{name: root, uid: 1}]}', ['user-name-unsupported']],
    ['4.13.0', 'passwd: {groups: [{name: a}]}', ['groups-unsupported']],
    ['4.9.0', 'storage: {files: [{path: /a, mode: 04755}]}', ['mode-special-bits']],
    ['4.10.0', 'storage: {files: [{path: /a, mode: 04755}]}', ['file-special-mode-unsupported']],
    ['4.13.0', 'storage: {filesystems: [{device: /d, format: none}]}', ['format-unknown']],
    ['4.14.0', 'storage: {filesystems: [{device: /d, format: none}]}', ['format-none-unsupported']],
    [
      '4.14.0',
      'storage: {files: [{path: /a, contents: {source: "data:,", http_headers: [{name: a, value: b}]}}]}',
      ['file-headers-unsupported'],
    ],
    ['4.18.0', 'grub: {users: [{name: a, password_hash: b}]}', ['file-append-unsupported']],
    ['4.23.0-experimental', 'grub: {users: [{name: a, password_hash: b}]}', []],
    ['4.19.0', 'boot_device: {layout: s390x-virt, luks: {cex: {enabled: true}}}', ['cex-no-kernel-argument']],
  ])('of %s with %s: %j', (version, body, codes) => {
    expect(cluster(version, `${body}\n`).report.map(({ code }) => code)).toEqual(codes);
  });

  it('tell what is lost in raw mode', () => {
    const text = config(
      'openshift 4.16.0',
      `${METADATA}openshift: {fips: true, kernel_arguments: [a], extensions: []}\n`,
    );
    const { report, ignition } = transpile(text, { raw: true });
    expect(report.map(({ path }) => path)).toEqual([
      ['openshift', 'kernel_arguments'],
      ['openshift', 'extensions'],
      ['openshift', 'fips'],
    ]);
    expect(ignition).toEqual({ ignition: { version: '3.4.0' } });
  });

  it.each([
    [
      'openshift: {kernel_arguments: [a, a], extensions: [b, b]}',
      {},
      [
        'error at $.openshift.kernel_arguments.1, line 4 col 35: duplicate entry defined',
        'error at $.openshift.extensions.1, line 4 col 55: duplicate entry defined',
      ],
    ],
    ['openshift: {kernel_arguments: [a, a]}', { raw: true }, [expect.stringMatching(/field ignored in raw mode$/)]],
    [
      'storage: {disks: [{device: /d, partitions: [{label: root, number: 4, size_mib: 1}]}]}',
      {},
      ['warning at $.storage.disks.0.partitions.0.size_mib, line 4 col 80: root should have 8GiB of space assigned'],
    ],
    [
      'storage: {filesystems: [{device: /d, format: btrfs}]}\nopenshift: {fips: true}',
      { raw: true },
      [
        'error at $.spec.config.storage.filesystems.0.format, line 1 col 1: btrfs is not supported in this spec version',
        'warning at $.openshift.fips, line 5 col 19: field ignored in raw mode',
      ],
    ],
  ])('tell places as the reference finds them: %j', (body, options, expected) => {
    expect(findings(config('openshift 4.16.0', `${METADATA}${body}\n`), options)).toEqual(expected);
  });

  it('need a name and a role', () => {
    expect(transpile(config('openshift 4.16.0')).report.map(({ code }) => code)).toEqual([
      'machineconfig-no-name',
      'machineconfig-no-role',
    ]);
  });
});

it('keeps what Ignition 3.2 holds by reference, also when it is empty', () => {
  const luks = (clevis: string) => {
    const { ignition, report } = transpile(
      config('fcos 1.3.0', `storage: {luks: [{name: a, device: /dev/a, clevis: ${clevis}}]}\n`),
    );
    expect(report).toEqual([]);
    return ignition?.storage?.luks?.[0]?.clevis;
  };
  expect(luks('{}')).toEqual({});
  expect(luks('{custom: {}}')).toEqual({ custom: { config: '', pin: '' } });
  expect(luks('~')).toBeUndefined();
});

describe('other targets', () => {
  it.each([
    ['flatcar 1.1.0', 'luks: [{name: a, device: /a, clevis: {tpm2: true}}]', ['clevis-unsupported']],
    ['flatcar 1.1.0', 'luks: [{name: a, device: /a, key_file: {inline: a}}]', []],
    ['flatcar 1.2.0-experimental', 'luks: [{name: a, device: /a, cex: {enabled: true}}]', ['cex-unsupported']],
    [
      'r4e 1.0.0',
      'disks: [{device: /d}], filesystems: [{device: /d}], luks: [{name: a, device: /a}], raid: [{name: r, level: "1", devices: [/a]}]',
      ['disks-unsupported', 'filesystems-unsupported', 'luks-unsupported', 'raid-unsupported'],
    ],
    ['fiot 1.0.0', 'disks: [{device: /d}]', ['disks-unsupported']],
  ])('%s {%s}: %j', (dialect, storage, codes) => {
    const { report } = transpile(config(dialect, `storage: {${storage}}\n`));
    expect(report.map(({ code }) => code)).toEqual(codes);
  });

  it('refuse kernel arguments', () => {
    const text = config('fiot 1.0.0', 'kernel_arguments: {should_exist: [a]}\n');
    expect(transpile(text).report.map(({ code }) => code)).toEqual(['kernel-arguments-unsupported']);
  });
});

describe('with all', () => {
  it('tells the problems of all stages at once', () => {
    const text = config(
      'fcos 1.3.0',
      'storage:\n  disk: []\n  filesystems: [{device: sda, with_mount_unit: true}]\n  files: [{path: a, mode: x, contents: {local: b}}]\n',
    );
    const { report, failure, output } = transpile(text, { all: true });
    expect(report.map(({ stage, code }) => `${stage} ${code}`)).toEqual([
      'decode wrong-type',
      'keys unused-key',
      'source mount-no-path',
      'source mount-no-format',
      'translate files-dir-missing',
      'generated path-relative',
      'generated path-relative',
    ]);
    expect(report.every(({ position }) => position !== undefined)).toBe(true);
    expect(failure).toMatch(/^yaml: unmarshal errors/);
    expect(output).toBeUndefined();
  });

  it.each([
    ['wipeTable', 'did you mean wipe_table?'],
    ['partition', 'did you mean partitions?'],
    ['divice', 'did you mean device?'],
    ['zzz', undefined],
  ])('takes the unknown key %s for an error, with a hint', (key, hint) => {
    const text = config('fcos 1.3.0', `storage: {disks: [{device: /d, ${key}: 1}]}\n`);
    expect(transpile(text, { all: true }).report).toMatchObject([{ severity: 'error', code: 'unused-key' }]);
    expect(transpile(text).report[0]?.hint).toBe(hint);
    expect(transpile(text).report[0]?.severity).toBe('warning');
  });

  it('tells with which version a key comes', () => {
    const text = config('fcos 1.3.0', 'kernel_arguments: {should_exist: [a]}\n');
    expect(transpile(text).report[0]?.hint).toBe('kernel_arguments comes with a later version (Ignition 3.3.0)');
  });

  it('checks mount paths and partitions for OpenShift too', () => {
    const text = config(
      'openshift 4.16.0',
      `${METADATA}storage:\n  disks: [{device: /dev/a, partitions: [{label: c}]}]\n  filesystems: [{device: /dev/b, format: xfs, path: /opt/c, with_mount_unit: true}]\n`,
    );
    expect(transpile(text).report).toEqual([]);
    expect(transpile(text, { all: true }).report.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
      'warning reuse-by-label',
      'warning mount-path-forbidden',
    ]);
  });

  it('tells nothing twice', () => {
    const text = config('fcos 1.3.0', 'boot_device: {layout: x86_64, mirror: {devices: [/dev/a]}}\n');
    expect(transpile(text).report).toHaveLength(2);
    expect(transpile(text, { all: true }).report).toHaveLength(1);
  });
});
