import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it } from 'vitest';
import { hostsBlock, withBlock } from './hosts-block.js';
import { HostsFile } from './hosts-file.js';
import { hostsLockName } from './hosts-lock.js';

const isRoot = process.getuid?.() === 0;
function canMount(): boolean {
  return spawnSync('unshare', ['--mount', 'true']).status === 0;
}
const BEFORE = '127.0.0.1\tlocalhost\r\n# caf\xe9\n10.0.0.1 db\n';

describe('the block of a cluster', () => {
  it('is put at the end, replaced and removed', () => {
    const first = withBlock(BEFORE, '/a', ['127.0.0.1\tx']);
    expect(first).toBe(`${BEFORE}# longshore: begin /a\n127.0.0.1\tx\n# longshore: end /a\n`);
    expect(withBlock(first, '/a', ['127.0.0.1\ty'])).toBe(first.replace('\tx', '\ty'));
    expect(withBlock(first, '/a', [])).toBe(BEFORE);
  });

  it.each([
    ['an end that is missing', '# longshore: begin /a\n1.1.1.1 mine\n', '1.1.1.1 mine\n'],
    ['a begin that is missing', '1.1.1.1 mine\n# longshore: end /a\n', '1.1.1.1 mine\n'],
    [
      'a begin that comes twice',
      '# longshore: begin /a\n1.1.1.1 mine\n# longshore: begin /a\nx\n# longshore: end /a\n',
      '1.1.1.1 mine\n',
    ],
  ])('takes nothing of others along for %s', (_what, text, expected) => {
    expect(withBlock(text, '/a', [])).toBe(expected);
  });

  const line = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom('# longshore: begin /b', '# longshore: end /b', '# longshore: begin /a', '# longshore: end /a'),
  );
  it('leaves all else as it is, whatever that is', () => {
    const foreign = line.filter((text) => !text.endsWith('/a'));
    fc.assert(
      fc.property(fc.array(foreign), (lines) => {
        const text = lines.join('\n');
        const whole = text === '' || text.endsWith('\n') ? text : `${text}\n`;
        expect(withBlock(withBlock(text, '/a', ['1.1.1.1\tx']), '/a', [])).toBe(whole);
      }),
    );
  });

  it('is there once, whatever was there before', () => {
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const once = withBlock(lines.join('\n'), '/a', ['1.1.1.1\tx']);
        expect(withBlock(once, '/a', ['1.1.1.1\tx'])).toBe(once);
        expect(once.split('\n').filter((one) => one === '# longshore: begin /a')).toHaveLength(1);
      }),
    );
  });

  it('has its names in order', () => {
    const names = new Map([
      ['b', '::1'],
      ['c', '127.0.0.1'],
      ['a', '127.0.0.1'],
    ]);
    expect(hostsBlock(names)).toEqual(['127.0.0.1\ta', '127.0.0.1\tc', '::1\tb']);
  });
});

/** Reads the file under the lock, and writes it when another process waits for it. */
const WRITER = `
  const { readFileSync, writeFileSync } = require('node:fs');
  const [name, path] = process.argv.slice(1);
  const server = require('node:net').createServer(() => {
    writeFileSync(path, Buffer.concat([before, Buffer.from('10.0.0.2 other\\n')]));
    process.kill(process.pid, 'SIGKILL');
  });
  const before = readFileSync(path);
  server.listen('\\0' + name, () => console.log('locked'));`;

describe('a hosts file', () => {
  let folder = '';
  let path = '';
  beforeEach(async () => {
    folder = temporaryFolder('hosts');
    path = join(folder, 'hosts');
    await writeFile(path, BEFORE, 'latin1');
  });
  const content = () => readFile(path, 'latin1');
  const open = async (dataDir = '/srv/one') => {
    const file = await HostsFile.open({ dataDir, path });
    if (file === undefined) throw new Error('not writable');
    return file;
  };
  const names = (...all: string[]) => new Map(all.map((name) => [name, '127.0.0.1']));

  it('holds the names of several owners and of several clusters', async () => {
    const [one, two] = [await open('/srv/one'), await open('/srv/t wo')];
    await one.set('routes', names('a.example.com'));
    await two.set('routes', names('b.example.com'));
    await one.set('services', names('c.example.com'));
    await one.set('routes', names('d.example.com'));
    expect((await content()).slice(BEFORE.length).split('\n')).toEqual([
      '# longshore: begin /srv/t%20wo',
      '127.0.0.1\tb.example.com',
      '# longshore: end /srv/t%20wo',
      '# longshore: begin /srv/one',
      '127.0.0.1\td.example.com',
      '127.0.0.1\tc.example.com',
      '# longshore: end /srv/one',
      '',
    ]);
    await one.clear();
    await two.clear();
    expect(await content()).toBe(BEFORE);
  });

  it('loses no name when several clusters write at once', async () => {
    const files = await Promise.all(Array.from({ length: 8 }, (_, at) => open(`/srv/${at}`)));
    await Promise.all(files.map((file, at) => file.set('routes', names(`host${at}`))));
    const text = await content();
    for (const at of files.keys()) expect(text).toContain(`\thost${at}\n`);
    expect(await readdir(folder)).toEqual(['hosts']);
  });

  it('keeps what another process writes meanwhile, also when that is killed', async () => {
    const file = await open();
    const other = spawn(process.execPath, ['-e', WRITER, await hostsLockName(path), path], {
      stdio: 'pipe',
    });
    const ended = once(other, 'exit');
    await once(other.stdout, 'data');
    await file.set('routes', names('a.example.com'));
    await ended;
    expect((await content()).slice(BEFORE.length)).toBe(
      '10.0.0.2 other\n# longshore: begin /srv/one\n127.0.0.1\ta.example.com\n# longshore: end /srv/one\n',
    );
  });

  it('forgets the names of a cluster that was killed when it starts again', async () => {
    await (await open()).set('routes', names('old.example.com'));
    await open();
    expect(await content()).toBe(BEFORE);
  });

  it('takes no name that would write other lines', async () => {
    const file = await open();
    await file.set(
      'routes',
      new Map([
        ['ok', '127.0.0.1'],
        ['a\n6.6.6.6 bank', '127.0.0.1'],
        ['b', '1.2.3'],
        ['*.c', '::1'],
      ]),
    );
    expect((await content()).slice(BEFORE.length)).toContain('\n127.0.0.1\tok\n# longshore: end');
  });

  it.runIf(isRoot)('keeps its mode and its owner', async () => {
    await chmod(path, 0o664);
    await chown(path, 1234, 4321);
    await (await open()).set('routes', names('a'));
    const { mode, uid, gid } = await stat(path);
    expect([mode & 0o7777, uid, gid]).toEqual([0o664, 1234, 4321]);
  });

  it.runIf(canMount())('is written in place where it is a mount', async () => {
    const source = join(folder, 'source');
    await writeFile(source, BEFORE, 'latin1');
    execFileSync('mount', ['--bind', source, path]);
    try {
      await (await open()).set('routes', names('a'));
      expect(await readFile(source, 'latin1')).toContain('127.0.0.1\ta\n');
      expect((await readdir(folder)).sort()).toEqual(['hosts', 'source']);
    } finally {
      execFileSync('umount', [path]);
    }
  });

  it('is left alone where it is not there', async () => {
    expect(await HostsFile.open({ dataDir: '/srv/one', path: join(folder, 'none') })).toBeUndefined();
  });
});
