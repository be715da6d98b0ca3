import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { describe, expect, it } from 'vitest';
import { launchScript, quoteWord } from './launch-script.js';
import { containerMounts, translatePaths } from './mount.js';
import { rootPlan, type Entry, type Machine } from './root-plan.js';

describe('mounts of a container', () => {
  const folders = new Map([['v', { path: '/data/v', readOnly: false }]]);
  const mounts = (mount: object) =>
    containerMounts({ name: 'c', volumeMounts: [{ name: 'v', mountPath: '/etc/x/', ...mount }] }, folders, {
      N: 'sub',
    });

  it('are folders of volumes, or what is in them', () => {
    expect(mounts({})).toEqual([{ source: '/data/v', target: '/etc/x', readOnly: false }]);
    expect(mounts({ subPath: 'a/b', readOnly: true })).toEqual([
      { source: '/data/v/a/b', target: '/etc/x', readOnly: true },
    ]);
    expect(mounts({ subPathExpr: '$(N)' })[0]?.source).toBe('/data/v/sub');
  });

  it.each([
    [{ subPath: '../x' }, 'leads out'],
    [{ subPath: '/x' }, 'leads out'],
    [{ subPathExpr: '../$(N)' }, 'leads out'],
    [{ name: 'w' }, 'there is no volume w'],
    [{ mountPath: '/' }, 'root folder'],
  ])('are refused: %j', (mount, message) => {
    expect(() => mounts(mount)).toThrow(message);
  });
});

describe('paths where nothing can be mounted', () => {
  const mounts = [
    { source: '/data/etc', target: '/etc/shop', readOnly: true },
    { source: '/data/inner', target: '/etc/shop/inner', readOnly: true },
  ];
  it.each([
    ['/etc/shop', '/data/etc'],
    ['/etc/shop/a.yml', '/data/etc/a.yml'],
    ['/etc/shop/inner/b', '/data/inner/b'],
    ['/etc/shopping', '/etc/shopping'],
    ['--config=/etc/shop/a.yml', '--config=/data/etc/a.yml'],
    ['cat /etc/shop/a:/etc/shop/b', 'cat /data/etc/a:/data/etc/b'],
    ['https://host/etc/shop', 'https://host/etc/shop'],
    ['x/etc/shop', 'x/etc/shop'],
  ])('%s', (text, expected) => {
    expect(translatePaths(text, mounts)).toBe(expected);
  });
});

const TREE: Record<string, Entry> = {
  '/': { type: 'folder' },
  '/bin': { type: 'link', to: 'usr/bin' },
  '/usr': { type: 'folder' },
  '/etc': { type: 'folder' },
  '/etc/hosts': { type: 'file' },
  '/etc/ssl': { type: 'folder' },
  '/run': { type: 'folder' },
  '/var': { type: 'folder' },
  '/var/run': { type: 'link', to: '/run' },
  '/data': { type: 'folder' },
  '/data/v': { type: 'folder' },
  '/data/hosts': { type: 'file' },
};
const machine: Machine = {
  entry: (path) => TREE[path],
  names: (folder) =>
    Object.keys(TREE)
      .filter((path) => path !== '/' && join(path, '..') === folder)
      .map((path) => path.slice(path.lastIndexOf('/') + 1)),
};

describe('the root folder of a container', () => {
  const steps = (...targets: [string, string][]) =>
    rootPlan(
      targets.map(([target, source]) => ({ target, source, readOnly: false })),
      machine,
    ).map((step) => (step.do === 'bind' ? `${step.source} at ${step.path}` : `${step.do} ${step.path}`));

  it('is that of the machine', () => {
    expect(steps()).toEqual([
      'link /bin',
      '/usr at /usr',
      '/etc at /etc',
      '/run at /run',
      '/var at /var',
      '/data at /data',
    ]);
  });

  it('has mounts over what is there, without making the folder around it anew', () => {
    expect(steps(['/etc/hosts', '/data/hosts'])).toContain('/data/hosts at /etc/hosts');
    expect(steps(['/etc/hosts', '/data/hosts'])).toContain('/etc at /etc');
  });

  it('makes folders anew that have no place for a mount', () => {
    expect(steps(['/etc/new', '/data/v'])).toEqual(
      expect.arrayContaining([
        'folder /etc',
        '/etc/hosts at /etc/hosts',
        '/etc/ssl at /etc/ssl',
        '/data/v at /etc/new',
      ]),
    );
    expect(steps(['/registry', '/data/v'])).toContain('/data/v at /registry');
  });

  it('follows links to where a mount really is', () => {
    expect(steps(['/var/run/secrets/x', '/data/v'])).toEqual(
      expect.arrayContaining(['folder /run', 'folder /run/secrets', '/data/v at /run/secrets/x', '/var at /var']),
    );
  });

  it('has of a /tmp that is made anew only where its programs are', () => {
    const tree: Record<string, Entry> = {
      ...TREE,
      '/tmp': { type: 'folder' },
      '/tmp/app': { type: 'folder' },
      '/tmp/application': { type: 'folder' },
      '/tmp/left': { type: 'file' },
    };
    const names = (folder: string) => (folder === '/tmp' ? ['app', 'application', 'left'] : machine.names(folder));
    const mounts = [{ target: '/tmp/ca', source: '/data/v', readOnly: true }];
    const made = rootPlan(mounts, { entry: (path) => tree[path], names }, ['/tmp/app/main.js', '/usr/bin/node']);
    expect(made.map(({ path }) => path).filter((path) => path.startsWith('/tmp'))).toEqual([
      '/tmp',
      '/tmp/app',
      '/tmp/ca',
    ]);
  });

  it('puts mounts into mounts, outer ones first', () => {
    const made = steps(['/registry/inner', '/data/hosts'], ['/registry', '/data/v']);
    expect(made.indexOf('/data/v at /registry')).toBeLessThan(made.indexOf('/data/hosts at /registry/inner'));
  });
});

describe('the launch script', () => {
  it('runs the words as they are, whatever is in them', () => {
    const folder = temporaryFolder('launch');
    mkdirSync(join(folder, "it's"));
    const script = join(folder, 'launch.sh');
    const words = ['printf', '%s\\n', '$HOME', "a'b", '`id`', 'x\ny', '*'];
    writeFileSync(
      script,
      launchScript({ command: words, workingDir: join(folder, "it's"), controlGroups: [], graceSeconds: 1 }),
    );
    const output = execFileSync('/bin/sh', [script], { stdio: ['ignore', 'pipe', 'ignore', 'ignore'] });
    expect(output.toString()).toBe("$HOME\na'b\n`id`\nx\ny\n*\n");
  });

  it('binds what is side by side at once, and what is within that thereafter', () => {
    const bind = (path: string, isFolder = true) =>
      ({ do: 'bind', path, source: `/from a${path}`, isFolder, readOnly: false }) as const;
    const usr = { ...bind('/usr'), source: '/usr' };
    const steps = [usr, bind('/registry'), bind('/etc/hosts', false), bind('/registry/inner')];
    const script = launchScript({
      command: ['true'],
      workingDir: '/',
      controlGroups: [],
      graceSeconds: 1,
      root: { path: '/r', steps: [{ do: 'folder', path: '/etc' }, ...steps] },
    });
    const lines = script.split('\n').filter((line) => /none rbind|^m|^\[/.test(line));
    expect(lines).toEqual([
      "mount -t tmpfs -o mode=0755 longshore '/r'",
      "mkdir -p '/r/etc'",
      "mkdir -p '/r/usr' '/r/registry'",
      "[ -e '/r/etc/hosts' ] || : >'/r/etc/hosts'",
      '/usr /r/usr none rbind,nofail 0 0',
      String.raw`/from\040a/registry /r/registry none rbind 0 0`,
      String.raw`/from\040a/etc/hosts /r/etc/hosts none rbind 0 0`,
      "mount --all --fstab '/r/.mounts'",
      "mkdir -p '/r/registry/inner'",
      String.raw`/from\040a/registry/inner /r/registry/inner none rbind 0 0`,
      "mount --all --fstab '/r/.mounts'",
    ]);
  });

  it('quotes words', () => {
    expect(quoteWord("a'b")).toBe(String.raw`'a'\''b'`);
  });
});
