/** Runs the compiled program, as people do: `npm run build` must have run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestHex, parseDigest, type Digest } from '@longshore/oci';
import { FilesystemDriver } from '@longshore/storage';
import {
  createImage,
  requireProgram,
  runProgram,
  startProcess,
  temporaryFolder,
  type GeneratedManifest,
} from '@longshore/testkit';
import { beforeEach, describe, expect, it } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../bin/longshore.js');
const ROOT = '/docker/registry/v2';

let dir: string;
beforeEach(() => {
  dir = temporaryFolder('cli');
});

const env = { PATH: process.env['PATH'], HOME: tmpdir() };

const longshore = (args: string[], input = '') =>
  runProgram(process.execPath, [PROGRAM, ...args], { cwd: dir, env, input, mayFail: true });

/** Runs the program on a terminal and types each answer when its question stands there. */
const onTerminal = async (args: string[], answers: [question: string, answer: string][] = []) => {
  const script = await requireProgram('script', 'bsdutils');
  const command = [process.execPath, PROGRAM, ...args].join(' ');
  const child = spawn(script, ['-qec', command, '/dev/null'], { cwd: dir, env });
  const waiting = [...answers];
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    const [next] = waiting;
    if (next === undefined || !stdout.includes(next[0])) return;
    waiting.shift();
    child.stdin.write(next[1]);
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout };
};

describe('longshore', () => {
  it('tells its version', async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8')) as {
      version: string;
    };
    expect(await longshore(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('ends without a word when nobody reads what it prints', async () => {
    const child = spawn(process.execPath, [PROGRAM, 'completion', 'bash'], { cwd: dir, env });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    const [status] = (await once(child, 'close')) as [number | null];
    expect({ status, stderr }).toEqual({ status: 141, stderr: '' });
  });

  it.each([
    [
      ['registry', 'gc', '--dryrun'],
      "unknown option '--dryrun' (Did you mean --dry-run?); see longshore registry gc --help",
    ],
    [['registry', 'user', 'list', '--file'], "option '--file <htpasswd>' argument missing"],
    [['registry', 'gc', '--config', 'absent.yml'], 'cannot read the configuration: ENOENT'],
    [['registry', 'user', 'add', 'alice', '--file', 'users'], 'there is no terminal to ask on; use --password-stdin'],
  ])('ends with 2 and one line on %j', async (args, line) => {
    const { status, stdout, stderr } = await longshore(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^longshore: [^\n]+\n$/);
    expect(stderr).toContain(line);
  });

  it('prints stacks when debugging, wherever the option stands', async () => {
    for (const args of [
      ['--debug', 'registry', 'gc'],
      ['registry', 'gc', '--debug'],
    ]) {
      // prettier-ignore
      const { stderr } = await longshore([...args, '--config', 'absent.yml']);
      expect(stderr).toMatch(/CliError: cannot read the configuration: .*\n\s+at /);
    }
  });

  it('prints scripts for shells', async () => {
    expect((await longshore(['completion', 'bash'])).stdout).toContain('complete -F _longshore longshore\n');
    expect((await longshore(['completion', 'zsh'])).stdout).toMatch(/^#compdef longshore\n/);
  });
});

describe('longshore registry with a wrong configuration', () => {
  it.each(['serve', 'gc', 'fsck'])('%s prints every problem behind its place', async (command) => {
    await writeFile(
      join(dir, 'c.yml'),
      'version: 0.1\nstorage:\n  filesystem: {}\n  delte:\n    enabled: true\nlog:\n  level: loud\n',
    );
    const { status, stdout, stderr } = await longshore(['registry', command, '--config', 'c.yml']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^c\.yml:4:3: storage\.delte: unknown key; .*"delete"/),
      expect.stringMatching(/^c\.yml:7:10: log\.level: /),
      '',
    ]);
  });

  it.each(['gc', 'fsck'])('%s does not look into the memory of another process', async (command) => {
    await writeFile(join(dir, 'c.yml'), 'version: 0.1\nstorage: inmemory\n');
    const { status, stderr } = await longshore(['registry', command, '--config', 'c.yml']);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('storage.inmemory') as string });
  });

  it('gc deletes nothing in read-only mode, and says what it would', async () => {
    const config =
      'version: 0.1\nstorage: {filesystem: {rootdirectory: r}, maintenance: {readonly: {enabled: true}}}\n';
    await writeFile(join(dir, 'c.yml'), config);
    const { status, stderr } = await longshore(['registry', 'gc', '--config', 'c.yml']);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining('only --dry-run is possible') as string,
    });
    expect((await longshore(['registry', 'gc', '--config', 'c.yml', '--dry-run'])).status).toBe(0);
  });
});

describe('longshore registry serve', () => {
  const serve = (address: string) => {
    const args = [PROGRAM, 'registry', 'serve'];
    const settings = { REGISTRY_HTTP_ADDR: address, REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: join(dir, 'root') };
    const ready = { output: /listening on 127\.0\.0\.1:\d+\D/ };
    const options = { cwd: dir, env: { ...env, ...settings, REGISTRY_LONGSHORE_WORKERS: '2' } };
    return startProcess({ command: process.execPath, args, ready, ...options });
  };

  it.each(['SIGINT', 'SIGTERM'] as const)('ends in order with %s, which npm may send twice', async (signal) => {
    const running = await serve('127.0.0.1:0');
    process.kill(running.pid, signal);
    process.kill(running.pid, signal);
    expect(await running.ended).toEqual({ status: 0, signal: null });
    expect(running.output()).toContain('server shutdown, bye.');
  });

  it('ends with 1 when its address is taken', async () => {
    const first = await serve('127.0.0.1:0');
    const address = /listening on ([\d.:]+)/.exec(first.output())?.[1] ?? '';
    await expect(serve(address)).rejects.toThrow(/ended too early[^]*longshore: cannot serve on .*EADDRINUSE/);
    expect(await first.stop()).toBe(0);
  });
});

describe('longshore registry user', () => {
  const user = (args: string[], input?: string) => longshore(['registry', 'user', ...args, '--file', 'users'], input);
  const text = () => readFile(join(dir, 'users'), 'utf8');
  const add = (name: string) => user(['add', name, '--cost', '4', '--password-stdin'], 'secret\n');

  it('adds users to a new file that only its owner reads', async () => {
    expect(await add('alice')).toEqual({ status: 0, stdout: 'added alice to users\n', stderr: '' });
    expect((await add('bob')).status).toBe(0);
    expect(await text()).toMatch(/^alice:\$2[aby]\$04\$\S{53}\nbob:\$2[aby]\$04\$\S{53}\n$/);
    expect((await stat(join(dir, 'users'))).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['users']);
  });

  it('makes entries that htpasswd accepts', async () => {
    await add('alice');
    const htpasswd = await requireProgram('htpasswd', 'apache2-utils');
    const { status } = await runProgram(htpasswd, ['-vb', join(dir, 'users'), 'alice', 'secret'], { mayFail: true });
    expect(status).toBe(0);
  });

  it('keeps comments and other users when a user changes or goes', async () => {
    await add('bob');
    const bob = await text();
    await writeFile(join(dir, 'users'), `# team\n${bob}\n`);
    await add('alice');
    const before = await text();
    expect((await add('alice')).stdout).toBe('alice has a new password in users\n');
    const after = await text();
    expect(after.replace(/^alice:.*$/m, '')).toBe(before.replace(/^alice:.*$/m, ''));
    expect(after).not.toBe(before);
    expect((await user(['remove', 'alice'])).stdout).toBe('removed alice from users\n');
    expect(await text()).toBe(`# team\n${bob}\n`);
  });

  it('lists users for people and for programs', async () => {
    await add('alice');
    await add('bob');
    expect((await user(['list'])).stdout).toBe('alice\nbob\n');
    expect((await user(['list', '--json'])).stdout).toBe('["alice","bob"]\n');
  });

  it.each([
    ['a name with a colon', ['add', 'a:b', '--cost', '4', '--password-stdin'], 'a user name must not hold a colon'],
    ['a user who is not there', ['remove', 'carol'], 'users has no user "carol"'],
  ])('refuses %s and changes nothing', async (_, args, message) => {
    await add('alice');
    const before = await text();
    const { status, stderr } = await user(args, 'secret');
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(message) as string });
    expect(await text()).toBe(before);
  });

  it('tells which line of a file the registry could not use', async () => {
    await writeFile(join(dir, 'users'), '# old\nalice:{SHA}abc\n');
    const { status, stderr } = await user(['list']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^longshore: users: line 2: user "alice" has no bcrypt hash; /);
  });

  it('asks twice on a terminal and shows nothing', async () => {
    const args = ['registry', 'user', 'add', 'alice', '--cost', '4', '--file', 'users'];
    const { status, stdout } = await onTerminal(args, [
      ['Password: ', 'hush-hush\r'],
      ['Again: ', 'hush-hush\r'],
    ]);
    expect(stdout).toContain('added alice to users');
    expect(stdout).toMatch(/Password: \s+Again: \s+added/);
    expect(status).toBe(0);
  });

  it.each<[string, [string, string][], string]>([
    [
      'two passwords that differ',
      [
        ['Password: ', 'one\r'],
        ['Again: ', 'two\r'],
      ],
      'the two passwords differ',
    ],
    [
      'Ctrl-C',
      [
        ['Password: ', 'one\r'],
        ['Again: ', '\u0003'],
      ],
      'nothing was given',
    ],
    ['Ctrl-D', [['Password: ', '\u0004']], 'nothing was given'],
  ])('changes nothing on a terminal after %s', async (_, answers, message) => {
    const args = ['registry', 'user', 'add', 'alice', '--cost', '4', '--file', 'users'];
    const { status, stdout } = await onTerminal(args, answers);
    expect(stdout).toContain(`${message}; nothing has changed`);
    expect(status).toBe(1);
    expect(await readdir(dir)).toEqual([]);
  });
});

describe('longshore registry gc and fsck', () => {
  const image = createImage({ seed: 'kept' });
  const untagged = createImage({ seed: 'untagged' });
  const stray = createImage({ seed: 'stray' }).blobs.map((blob) => ({
    ...blob,
    digest: parseDigest(blob.descriptor.digest),
  }));
  let driver: FilesystemDriver;

  const folderOf = (digest: Digest) => `${ROOT}/blobs/sha256/${digestHex(digest).slice(0, 2)}/${digestHex(digest)}`;
  const link = (path: string, digest: Digest) =>
    driver.put(`${ROOT}/repositories/app/${path}/link`, Buffer.from(digest));
  const storeBlob = (digest: Digest, bytes: Buffer) => driver.put(`${folderOf(digest)}/data`, bytes);
  const isThere = (digest: Digest) => driver.stat(`${folderOf(digest)}/data`).then(() => true, () => false); // prettier-ignore
  const digestsOf = ({ blobs }: GeneratedManifest) => blobs.map(({ descriptor }) => parseDigest(descriptor.digest));

  async function storeImage(manifest: GeneratedManifest, tag?: string): Promise<void> {
    for (const { descriptor, bytes } of manifest.blobs) {
      const digest = parseDigest(descriptor.digest);
      await storeBlob(digest, bytes);
      await link(`_layers/sha256/${digestHex(digest)}`, digest);
    }
    const digest = parseDigest(manifest.descriptor.digest);
    await storeBlob(digest, manifest.bytes);
    await link(`_manifests/revisions/sha256/${digestHex(digest)}`, digest);
    if (tag !== undefined) await link(`_manifests/tags/${tag}/current`, digest);
  }

  beforeEach(async () => {
    const root = join(dir, 'root');
    driver = new FilesystemDriver({ rootDirectory: root });
    await storeImage(image, 'latest');
    await storeImage(untagged);
    for (const { digest, bytes } of stray) await storeBlob(digest, bytes);
    const config = {
      version: 0.1,
      storage: { filesystem: { rootdirectory: root } },
      longshore: { gc: { lease: '0s' } },
    };
    await writeFile(join(dir, 'c.yml'), JSON.stringify(config));
  });

  const gc = (...flags: string[]) => longshore(['registry', 'gc', '--config', 'c.yml', ...flags]);
  const fsck = (...flags: string[]) => longshore(['registry', 'fsck', '--config', 'c.yml', ...flags]);

  it('a dry run of gc tells what nothing needs, and leaves it', async () => {
    const { status, stdout, stderr } = await gc('--dry-run');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const { digest } of stray) {
      expect(stdout).toContain(`would delete blob ${digest}\n`);
      expect(await isThere(digest)).toBe(true);
    }
    expect(stdout).toMatch(
      /\nkept 1 repository, 2 manifests, 6 blobs\nwould delete 0 manifests, 0 layer links, 2 blobs: \d/,
    );
  });

  it('gc deletes what nothing needs, and nothing else', async () => {
    const { stdout } = await gc();
    expect(stdout).toMatch(/\ndeleted 0 manifests, 0 layer links, 2 blobs: \d/);
    for (const { digest } of stray) expect(await isThere(digest)).toBe(false);
    for (const digest of [...digestsOf(image), ...digestsOf(untagged)]) expect(await isThere(digest)).toBe(true);
    expect((await gc()).stdout).toContain('deleted 0 manifests, 0 layer links, 0 blobs: 0 B\n');
  });

  it('gc deletes untagged manifests when asked to, and reports in JSON', async () => {
    const { status, stdout, stderr } = await gc('--delete-untagged', '--json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report).toMatchObject({
      repositories: 1,
      manifestsKept: 1,
      manifestsDeleted: [{ repository: 'app', digest: untagged.descriptor.digest }],
      linksDeleted: 2,
      blobsKept: 3,
    });
    expect(report['blobsDeleted']).toHaveLength(5);
    expect((await fsck()).stdout).toMatch(/^3 blobs \(.*\) in 1 repository: clean\n$/);
  });

  it('what is in use by a push stays', async () => {
    const config = await readFile(join(dir, 'c.yml'), 'utf8');
    await writeFile(join(dir, 'c.yml'), config.replace('"0s"', '"1h"'));
    expect((await gc('--delete-untagged')).stdout).toContain('deleted 0 manifests, 0 layer links, 0 blobs: 0 B\n');
  });

  it('fsck finds a clean registry clean', async () => {
    expect(await fsck()).toMatchObject({ status: 0, stdout: expect.stringMatching(/^8 blobs .*: clean\n$/) as string });
  });

  it('fsck finds corrupt blobs and what misses them, and ends with 1', async () => {
    const [config] = digestsOf(image);
    if (!config) throw new Error('the image has no configuration');
    await storeBlob(config, Buffer.from('rotten'));
    const first = await fsck();
    expect(first.status).toBe(1);
    expect(first.stdout).toMatch(
      new RegExp(`^corrupt blob ${config}: .*--quarantine to move it away\n.*: 1 finding\n$`),
    );
    const second = await fsck('--quarantine', '--json');
    expect({ status: second.status, stderr: second.stderr }).toEqual({ status: 1, stderr: '' });
    expect((JSON.parse(second.stdout) as { findings: unknown[] }).findings).toEqual([
      expect.objectContaining({ kind: 'blob-corrupt', digest: config, quarantined: true }),
      { kind: 'content-missing', repository: 'app', manifest: image.descriptor.digest, missing: config },
    ]);
    expect(await isThere(config)).toBe(false);
    const kept = await readdir(join(dir, 'root', ROOT, 'longshore/quarantine'));
    expect(kept).toEqual([expect.stringContaining(digestHex(config))]);
  });

  it('fsck draws a bar on a terminal and then prints its report', async () => {
    const { status, stdout } = await onTerminal(['registry', 'fsck', '--config', 'c.yml']);
    expect(stdout).toMatch(/reading blobs █+ 100% of [^]*8 blobs .*: clean/);
    expect(status).toBe(0);
  });

  it('gc counts on a terminal', async () => {
    const { stdout } = await onTerminal(['registry', 'gc', '--config', 'c.yml', '--dry-run']);
    expect(stdout).toMatch(/repositories marked: 1[^]*would delete 0 manifests/);
  });
});
