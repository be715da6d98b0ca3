/** The compiled `longshore butane` and `longshore ignition`, beside Debian's ignition-validate and systemd-analyze. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { escapePath, formatDiagnostic, transpile, validateIgnition } from '@longshore/ignition';
import { requireProgram, runLongshore, runProgram, temporaryFolder } from '@longshore/testkit';
import { beforeEach, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const VECTORS = join(ROOT, 'packages/ignition/vectors');

let dir: string;
beforeEach(() => {
  dir = temporaryFolder('butane');
});

/** Runs the command in the scratch folder. */
async function longshore(args: string[], input = '', env: NodeJS.ProcessEnv = {}) {
  const environment = { PATH: process.env['PATH'], HOME: dir, ...env };
  return runLongshore(args, { cwd: dir, env: environment, input, mayFail: true });
}

const PARTITION = `variant: fcos
version: 1.7.0
storage:
  disks:
    - device: /dev/sdb
      partitions: [{label: cache}]
`;
const IGNITION =
  '{"ignition":{"version":"3.6.0"},"storage":{"disks":[{"device":"/dev/sdb","partitions":[{"label":"cache"}]}]}}\n';

describe('longshore butane', () => {
  it.each([
    ['cli-two-inputs', ['extra.bu']],
    ['cli-unknown-flag', ['--nope']],
  ])('shows its usage for %s', async (name, args) => {
    const { status, stdout, stderr } = await longshore(['butane', ...args, join(VECTORS, 'butane', `${name}.bu`)]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('Usage: longshore butane [options]');
    expect(stderr).toContain('--files-dir');
  });

  it('is there under the name that scripts call', async () => {
    await writeFile(join(dir, 'storage.bu'), PARTITION);
    const args = [join(ROOT, 'packages/cli/bin/butane.js'), 'storage.bu'];
    expect((await runProgram(process.execPath, args, { cwd: dir })).stdout).toBe(IGNITION);
  });

  it('reads standard input and names it', async () => {
    const { status, stdout, stderr } = await longshore(['butane'], PARTITION);
    expect({ status, stdout }).toEqual({ status: 0, stdout: IGNITION });
    expect(stderr).toContain('  --> <stdin>:6:20\n');
  });

  it('writes a file instead of printing, and nothing when there are errors', async () => {
    await writeFile(join(dir, 'a.bu'), PARTITION);
    expect(await longshore(['butane', '-o', 'a.ign', 'a.bu'])).toMatchObject({ status: 0, stdout: '' });
    expect(await readFile(join(dir, 'a.ign'), 'utf8')).toBe(IGNITION);
    expect((await stat(join(dir, 'a.ign'))).mode & 0o777).toBe(0o644);
    await writeFile(join(dir, 'b.bu'), 'variant: fcos\n');
    expect((await longshore(['butane', '-o', 'b.ign', 'b.bu'])).status).toBe(1);
    await expect(stat(join(dir, 'b.ign'))).rejects.toThrow('ENOENT');
    const { status, stderr } = await longshore(['butane', '-o', 'none/a.ign', 'a.bu']);
    expect(status).toBe(1);
    expect(stderr.split('\n').at(-2)).toBe('failed to open none/a.ign: open none/a.ign: no such file or directory');
  });

  it.each<[string[], number, string]>([
    [['--check'], 0, ''],
    [['--strict'], 1, ''],
    [['--strict', '--check'], 1, ''],
    [['--raw-errors', '--check'], 0, ''],
    [['--pretty'], 0, JSON.stringify(JSON.parse(IGNITION), undefined, 2) + '\n'],
  ])('%j', async (args, status, stdout) => {
    expect(await longshore(['butane', ...args], PARTITION)).toMatchObject({ status, stdout });
  });

  it.each<[string[], NodeJS.ProcessEnv, boolean]>([
    [['--color'], {}, true],
    [['--color=always'], { NO_COLOR: '1' }, true],
    [['--colour=never'], {}, false],
    [['--color=maybe'], {}, false],
    [[], {}, false],
  ])('%j with %j writes colors: %s', async (args, env, colors) => {
    await writeFile(join(dir, 'a.bu'), PARTITION);
    const { status, stderr } = await longshore(['butane', ...args, 'a.bu'], '', env);
    expect(status).toBe(0);
    expect(stderr.includes('\u001b[')).toBe(colors);
  });

  it('embeds files below the files directory', async () => {
    await mkdir(join(dir, 'files/tree/etc'), { recursive: true });
    await writeFile(join(dir, 'files/tree/etc/run.sh'), 'exit', { mode: 0o755 });
    await symlink('run.sh', join(dir, 'files/tree/etc/link'));
    const { stdout } = await longshore(
      ['butane', '-d', 'files'],
      'variant: fcos\nversion: 1.4.0\nstorage: {trees: [{local: tree}]}\n',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      storage: { files: [{ path: '/etc/run.sh', mode: 0o755 }], links: [{ path: '/etc/link', target: 'run.sh' }] },
    });
  });

  it('tells all at once, with hints, when it is asked to', async () => {
    const text =
      'variant: fcos\nversion: 1.3.0\nstorage:\n  files:\n    - path: a\n      mode: <mode>\n      overwite: true\n';
    const { status, stderr } = await longshore(['butane', '--all'], text);
    expect(status).toBe(1);
    expect(stderr).toContain('  = expected an integer, found the placeholder <mode>\n');
    expect(stderr).toContain('  = did you mean overwrite?\n');
    expect(stderr).toContain('error[$.storage.files.0.path]:');
  });

  it('says why a file cannot be read, in one line', async () => {
    const { status, stderr } = await longshore(['butane', 'missing.bu']);
    expect(status).toBe(1);
    expect(stderr).toBe('longshore: failed to read missing.bu: open missing.bu: no such file or directory\n');
  });

  it('refuses 50 MB without reading them', async () => {
    const { status, stderr } = await longshore(['butane'], 'a: b\n'.repeat(10 * 1024 * 1024));
    expect(status).toBe(1);
    expect(stderr).toContain('the text has more than 16777216 bytes');
  });
});

describe('longshore ignition', () => {
  it('prints schemas for editors', async () => {
    const { stdout } = await longshore(['ignition', 'schema', 'openshift', '4.18.0']);
    expect(JSON.parse(stdout)).toMatchObject({ properties: { version: { const: '4.18.0' } } });
    const { status, stderr } = await longshore(['ignition', 'schema', 'fcos', '2.0.0']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^longshore: there is no Butane fcos 2\.0\.0; known are fcos 1\.0\.0, .*\n$/);
  });

  it('validates files and standard input', async () => {
    expect(await longshore(['ignition', 'validate'], IGNITION)).toMatchObject({ status: 0, stdout: '', stderr: '' });
    const wrong = '{"ignition":{"version":"3.2.0"},"storage":{"files":[{"path":"a"}]}}';
    await writeFile(join(dir, 'a.ign'), wrong);
    await writeFile(join(dir, 'b.ign'), '{"ignition":{"version":"2.2.0"}}');
    const { status, stderr } = await longshore(['ignition', 'validate', 'a.ign', 'b.ign']);
    expect(status).toBe(1);
    expect(stderr).toBe(`a.ign: error at $.storage.files.0.path, line 1 col 61: path not absolute
a.ign: Error: config is not valid
b.ign: Error: unsupported config version (found 2.2.0; supported are 3.0.0 to 3.6.0 and 3.7.0-experimental)
`);
  });

  it('merges an override into its base', async () => {
    const base = join(VECTORS, 'merge/file-fields.parent.json');
    const child = await readFile(join(VECTORS, 'merge/file-fields.child.json'), 'utf8');
    const merged = await longshore(['ignition', 'merge', base, '-'], child);
    expect(merged).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(merged.stdout)).toEqual(
      JSON.parse(await readFile(join(VECTORS, 'merge/file-fields.merged.json'), 'utf8')),
    );
    const refused = await longshore(['ignition', 'merge', base, '-'], IGNITION);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('Error: child: unsupported config version\n');
    expect((await longshore(['ignition', 'merge', '--any-version', base, '-'], IGNITION)).status).toBe(0);
    expect((await longshore(['ignition', 'merge', '-', '-'])).status).toBe(2);
    const unwritten = await longshore(['ignition', 'merge', '-o', 'none/a.ign', base, '-'], child);
    expect(unwritten).toMatchObject({
      status: 1,
      stderr: 'longshore: failed to write none/a.ign: open none/a.ign: no such file or directory\n',
    });
  });
});

/** Debian has 2.14, which knows versions 3.0 to 3.3. */
const KNOWN = /"version":"3\.[0-3]\.0"/;

const transpiled = readdirSync(join(VECTORS, 'butane'))
  .filter((name) => name.endsWith('.ign'))
  .map((name) => [name, readFileSync(join(VECTORS, 'butane', name), 'utf8')] as const)
  .filter(([, text]) => KNOWN.test(text));

describe("Debian's ignition-validate", () => {
  const validate = async (text: string) => {
    const program = await requireProgram('ignition-validate', 'ignition');
    await writeFile(join(dir, 'config.ign'), text);
    return runProgram(program, [join(dir, 'config.ign')], { mayFail: true });
  };

  it('accepts what we write', async () => {
    expect(transpiled.length).toBeGreaterThan(60);
    for (const [name] of transpiled) {
      const source = readFileSync(join(VECTORS, 'butane', name.replace(/ign$/, 'bu')), 'utf8');
      const { output } = transpile(source, { raw: true });
      // Those with local files are written in the vectors' own test.
      if (output === undefined) continue;
      const { status, stdout, stderr } = await validate(output);
      expect({ name, status, output: `${stdout}${stderr}` }).toMatchObject({ name, status: 0 });
    }
  });

  it.each([
    {
      raid: [
        { name: 'a', level: 'raid9' },
        { name: 'b', level: '0', spares: 1, devices: ['x'] },
      ],
    },
    {
      disks: [
        {
          device: 'a',
          partitions: [
            { number: 1, label: 'a:b', guid: 'x', typeGuid: 'y', startMiB: 5, sizeMiB: 3 },
            { number: 1, shouldExist: false, startMiB: 6, sizeMiB: 1, label: 'a:b' },
            { number: 0 },
            { label: 'a'.repeat(37) },
          ],
        },
      ],
    },
    {
      filesystems: [
        { device: '', path: 'b' },
        { device: '/dev/a', path: '', label: 'x', format: '' },
        { device: '/dev/b', format: 'swap', label: '1234567890123456' },
      ],
    },
    {
      luks: [
        {
          name: 'a/b',
          device: 'a',
          label: 'x'.repeat(48),
          keyFile: { source: 'x' },
          clevis: { custom: { pin: 'x' }, tpm2: true, tang: [{ url: '', thumbprint: '' }, { url: 'ftp://a' }] },
        },
      ],
    },
    {
      links: [
        { path: '/a', target: '' },
        { path: 'x/' },
        { path: '/b', target: 'x', hard: true },
        { path: '/b/c', target: 'y' },
      ],
      directories: [{ path: '/b/x' }, { path: '/b', mode: 4096 }],
      files: [{ path: '/a', user: { id: 1, name: 'x' }, overwrite: true }],
    },
    {
      files: [
        'http://a b',
        'data:,%zz',
        'data:',
        'foo',
        'data:;base64,A',
        'data:text,a',
        'data:,a b',
        ':foo',
        'http://a:x/',
        'http://us er@a/',
        'http://a<b>/',
        'http://%41/',
        'data:/plain,a',
        'data:;a=,b',
        'data:;a="\u00e9",b',
        'data:,%z',
      ].map((source, index) => ({ path: `/${index}`, contents: { source } })),
    },
  ])('finds the same errors as we do in %j', async (storage) => {
    const text = JSON.stringify({ ignition: { version: '3.3.0' }, storage });
    const errors = (lines: string[]) => lines.filter((line) => line.startsWith('error')).toSorted();
    const { stdout, stderr } = await validate(text);
    const ours = validateIgnition(text).map(formatDiagnostic);
    expect(errors(ours)).toEqual(errors(`${stdout}${stderr}`.split('\n')));
    expect(errors(ours).length).toBeGreaterThan(0);
  });
});

describe('systemd-analyze', () => {
  it('accepts the units that we write', async () => {
    const program = await requireProgram('systemd-analyze', 'systemd');
    const text = `variant: fcos
version: 1.4.0
storage:
  luks: [{name: net, device: /dev/x, clevis: {tang: [{url: "https://t", thumbprint: x}]}}]
  filesystems:
    - {device: /dev/disk/by-partlabel/var-lib-containers, format: xfs, path: /var/lib/containers, with_mount_unit: true, mount_options: [defaults, prjquota]}
    - {device: /dev/mapper/net, format: ext4, path: "/var/my data/캐시", with_mount_unit: true}
    - {device: /dev/disk/by-partlabel/swap0, format: swap, with_mount_unit: true}
`;
    const units = transpile(text).ignition?.systemd?.units ?? [];
    expect(units.map(({ name }) => name)).toEqual([
      'var-lib-containers.mount',
      `${escapePath('/var/my data/캐시')}.mount`,
      String.raw`dev-disk-by\x2dpartlabel-swap0.swap`,
    ]);
    for (const { name = '', contents = '' } of units) {
      await writeFile(join(dir, name), contents);
      const { status, stdout, stderr } = await runProgram(program, ['verify', '--man=no', join(dir, name)], {
        mayFail: true,
      });
      expect({ name, status, output: `${stdout}${stderr}` }).toEqual({ name, status: 0, output: '' });
    }
  });
});
