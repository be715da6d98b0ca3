import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../source/diagnostic.js';
import { MemoryFiles, type MemoryNode } from '../testing/memory-files.js';
import { transpile } from './transpile.js';

/** Transpiles a storage section with those files at hand. */
function run(
  storage: string,
  nodes: Record<string, MemoryNode> = {},
  { version = '1.7.0', all = false, directory = 'files' } = {},
) {
  const text = `variant: fcos\nversion: ${version}\n${storage}\n`;
  return transpile(text, { files: new MemoryFiles(nodes, directory), all });
}

const findings = (...args: Parameters<typeof run>) => run(...args).report.map(formatDiagnostic);

describe('local files', () => {
  const local = (path: string) => `storage: {files: [{path: /a, contents: {local: ${path}}}]}`;

  it.each([
    ['../x', 'local file path traverses outside the files directory'],
    ['a/../../x', 'local file path traverses outside the files directory'],
    ['a', 'read files/a: is a directory'],
    ['b', 'open files/b: no such file or directory'],
    ['/b', 'open files/b: no such file or directory'],
  ])('%s: %s', (path, message) => {
    expect(run(local(path), { 'a/x': '' }).report.map((entry) => entry.message)).toEqual([message]);
  });

  it('may be named through the directory itself', () => {
    expect(run(local('../files/x'), { x: 'y' }).ignition?.storage?.files?.[0]?.contents?.source).toBe('data:,y');
    expect(run(local('./x'), { x: 'y' }, { directory: './files/' }).failure).toBeUndefined();
  });

  it('of merged configs are looked into only with all', () => {
    const merge = 'ignition: {config: {merge: [{local: x}]}}';
    expect(run(merge, { x: 'plain text' }).failure).toBeUndefined();
    expect(findings(merge, { x: 'plain text' }, { all: true })).toEqual([
      "error at $.ignition.config.merge.0.local, line 3 col 37: invalid character 'p' looking for beginning of value",
      'error at $.ignition.config.merge.0.local, line 3 col 37: config is not valid',
    ]);
    expect(run(merge, { x: '{"ignition":{"version":"3.6.0"}}' }, { all: true }).report).toEqual([]);
    const relative = '{"ignition":{"version":"3.6.0"},"storage":{"files":[{"path":"etc"}]}}';
    expect(findings(merge, { x: relative }, { all: true })).toEqual([
      'error at $.ignition.config.merge.0.local, line 3 col 37: $.storage.files.0.path: path not absolute',
    ]);
  });

  it('hold a key on each line', () => {
    const keys = 'passwd: {users: [{name: core, ssh_authorized_keys: [k0], ssh_authorized_keys_local: [a, b]}]}';
    const { ignition } = run(keys, { a: 'k1\r\n\nk2', b: 'k3\n' });
    expect(ignition?.passwd?.users?.[0]?.sshAuthorizedKeys).toEqual(['k0', 'k1', 'k2', 'k3']);
  });

  it('are the contents of units and drop-ins', () => {
    const units =
      'systemd: {units: [{name: a.service, contents_local: u, dropins: [{name: d.conf, contents_local: d}]}]}';
    const { ignition } = run(units, { u: '[Unit]\n', d: '[Service]\n' });
    expect(ignition?.systemd?.units?.[0]).toEqual({
      contents: '[Unit]\n',
      dropins: [{ contents: '[Service]\n', name: 'd.conf' }],
      name: 'a.service',
    });
  });
});

describe('trees', () => {
  const tree = (fields = '') => `storage: {trees: [{local: t${fields}}]}`;

  it('become files and links in the order of their bytes', () => {
    const nodes = { 't/b': 'x', 't/a/c': { executable: 'y' }, 't/a-b': 'z', 't/l': { target: '../x' } };
    const { ignition } = run(tree(', path: /opt'), nodes);
    expect(ignition?.storage?.files?.map(({ path, mode }) => [path, mode])).toEqual([
      ['/opt/a/c', 0o755],
      ['/opt/a-b', 0o644],
      ['/opt/b', 0o644],
    ]);
    expect(ignition?.storage?.links).toEqual([{ path: '/opt/l', target: '../x' }]);
    expect(ignition?.storage?.directories).toBeUndefined();
  });

  it('bring their directories when owner or mode are given', () => {
    const nodes = { 't/a/c': 'x' };
    const { ignition } = run(tree(', path: /opt, user: {id: 5}, file_mode: 0600'), nodes);
    expect(ignition?.storage?.directories).toEqual([
      { path: '/opt', user: { id: 5 }, mode: 0o755 },
      { path: '/opt/a', user: { id: 5 }, mode: 0o755 },
    ]);
    expect(ignition?.storage?.files?.[0]).toMatchObject({ path: '/opt/a/c', user: { id: 5 }, mode: 0o600 });
  });

  it('may be given with a slash at the end, and fill what has empty contents', () => {
    const storage =
      'storage: {trees: [{local: t, path: /opt/, dir_mode: 0700}], files: [{path: /opt/a, contents: {source: ""}}]}';
    const { ignition, report } = run(storage, { 't/a': 'x' });
    expect(report).toEqual([]);
    expect(ignition?.storage?.directories).toEqual([{ path: '/opt', mode: 0o700 }]);
    expect(ignition?.storage?.files?.[0]?.contents?.source).toBe('data:,x');
  });

  it.each<[string, string, Record<string, MemoryNode>, string]>([
    ['a socket', '', { 't/s': { other: true } }, 'trees may only contain files, directories, and symlinks'],
    ['a root that is a file', '', { t: 'x' }, 'root of tree must be a directory'],
    ['a root that is not there', '', {}, 'stat files/t: no such file or directory'],
    [
      'a directory where a file is',
      'directories: [{path: /a}]',
      { 't/a': 'x' },
      'matching filesystem node has existing contents or different type',
    ],
    [
      'a link with a target',
      'links: [{path: /a, target: x}]',
      { 't/a': { target: 'y' } },
      'matching filesystem node has existing contents or different type',
    ],
  ])('refuse %s', (_, nodes, files, message) => {
    const storage = `storage: {trees: [{local: t}]${nodes === '' ? '' : `, ${nodes}`}}`;
    expect(run(storage, files).report.map((entry) => entry.message)).toEqual([message]);
  });

  it('may be large', () => {
    const nodes = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`t/d${index % 50}/f${index}`, 'x']));
    expect(run(tree(), nodes).ignition?.storage?.files).toHaveLength(2000);
  });
});

describe('quadlets', () => {
  const quadlet = (fields: string) => `systemd: {quadlets: [${fields}]}`;

  it('of instances are links to their template', () => {
    const { ignition } = run(quadlet('{name: web@1.container, rootful: true}'), {}, { version: '1.8.0-experimental' });
    expect(ignition?.storage?.links).toEqual([
      { path: '/etc/containers/systemd/web@1.container', target: 'web@.container' },
    ]);
  });

  it.each([
    [
      '{name: a.pod, contents_local: x}, {name: a.pod}',
      'matching filesystem node has existing contents or different type',
    ],
    ['{name: a.pod, contents_local: y}', 'open files/y: no such file or directory'],
    ['{name: a@1.pod, contents_local: x}', 'template instances cannot have contents or contents_local'],
  ])('%s: %s', (fields, message) => {
    const { report } = run(quadlet(fields), { x: '[Pod]' }, { version: '1.8.0-experimental' });
    expect(report.map((entry) => entry.message)).toEqual([message]);
  });
});
