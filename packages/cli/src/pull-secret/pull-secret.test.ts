/** The life of a pull secret, as the documents of mirrors tell it, against Debian's docker-registry and Longshore. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  startDockerRegistry,
  startLongshore,
  StubRegistry,
  temporaryFolder,
  writeHtpasswd,
  type DockerRegistry,
  type Longshore,
} from '@longshore/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../testing/run-command.js';

const [mirror, reader] = [
  { name: 'mirror', password: 'pass of mirror' },
  { name: 'reader', password: 'pass of reader' },
];
const other = { auth: Buffer.from('u:p').toString('base64'), email: 'you@example.com' };
const downloaded = { auths: { 'cloud.openshift.com': other, 'quay.io': other } };
let docker: DockerRegistry;
let longshore: Longshore;
let dir: string;
let file: string;

beforeAll(async () => {
  const root = temporaryFolder('pull-secret');
  const htpasswd = join(root, 'htpasswd');
  await writeHtpasswd(htpasswd, [mirror, reader]);
  docker = await startDockerRegistry({ root: join(root, 'docker'), htpasswd });
  const rules = [
    { repository: 'ocp4/**', users: ['mirror'], actions: ['pull', 'push'] },
    { repository: '**', users: ['reader'], actions: ['pull'] },
  ];
  longshore = await startLongshore({
    config: {
      version: 0.1,
      http: { addr: '127.0.0.1:0' },
      storage: { inmemory: {} },
      auth: { htpasswd: { realm: 'the registry', path: htpasswd } },
      longshore: { workers: 1, auth: { rules, tokens: { enabled: true } } },
    },
  });
}, 60_000);
afterAll(() => Promise.all([docker.stop(), longshore.stop()]));
beforeEach(() => {
  dir = temporaryFolder('pull-secret');
  file = join(dir, 'pull-secret.json');
});

const run = (args: string[], input = '') =>
  runCommand(['pull-secret', ...args, '--file', file], { env: { HOME: dir }, input });
const add = (registry: string, user: typeof mirror, ...more: string[]) =>
  run(['add', registry, '-u', user.name, '--password-stdin', ...more], `${user.password}\n`);
const check = (...more: string[]) => run(['check', '--insecure', ...more]);
const base64 = ({ name, password }: typeof mirror) => Buffer.from(`${name}:${password}`).toString('base64');

describe('add', () => {
  it('merges a mirror into a pull secret that jq has laid out', async () => {
    await writeFile(file, `${JSON.stringify(downloaded, undefined, 2)}\n`);
    const result = await add('registry.example.com:5000', mirror, '--email=you@example.com');
    expect(result).toEqual({
      status: 0,
      stdout: '',
      stderr: `Saved credentials for registry.example.com:5000 into ${file}\n`,
    });
    const entry = { auth: base64(mirror), email: 'you@example.com' };
    const merged = { auths: { 'registry.example.com:5000': entry, ...downloaded.auths } };
    expect(await readFile(file, 'utf8')).toBe(`${JSON.stringify(merged, undefined, 2)}\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('writes the result elsewhere, with the credentials of another file', async () => {
    const text = JSON.stringify(downloaded);
    await writeFile(file, text);
    const from = join(dir, 'config.json');
    await writeFile(from, JSON.stringify({ auths: { 'r.test': { auth: base64(mirror) } } }));
    const out = join(dir, 'merged.json');
    const { status } = await run(['add', 'r.test/ocp4', '--from', from, '--out', out]);
    expect(status).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(text);
    const merged = { auths: { 'r.test/ocp4': { auth: base64(mirror) }, ...downloaded.auths } };
    expect(await readFile(out, 'utf8')).toBe(JSON.stringify(merged));
    const none = await run(['add', 'other.test', '--from', from]);
    expect(none).toMatchObject({ status: 1, stderr: `longshore: ${from} has no credentials for other.test\n` });
  });

  it.each([
    [
      'a name that is none',
      ['add', 'https://', '-u', 'a', '--password-stdin'],
      'hush',
      '{}',
      2,
      /does not name a registry/,
    ],
    ['an empty password', ['add', 'r.test', '-u', 'a', '--password-stdin'], '\n', '{}', 2, /password is empty/],
    ['a colon in the name', ['add', 'r.test', '-u', 'a:b', '--password-stdin'], 'hush', '{}', 1, /colon/],
    ['no terminal to ask on', ['add', 'r.test', '-u', 'a'], '', '{}', 2, /no terminal to ask on; use --password-stdin/],
    [
      'a file that is no JSON',
      ['add', 'r.test', '-u', 'a', '--password-stdin'],
      'x',
      'hush',
      1,
      /pull-secret\.json: .*not JSON/,
    ],
  ])('refuses %s, and leaves the file as it is', async (_, args, input, text, status, message) => {
    await writeFile(file, text);
    const result = await run(args, input);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toContain('hush');
    expect(await readFile(file, 'utf8')).toBe(text);
  });
});

describe('remove', () => {
  it('takes an entry away again', async () => {
    const text = `${JSON.stringify(downloaded, undefined, 2)}\n`;
    await writeFile(file, text);
    await add('r.test', mirror);
    expect((await run(['remove', 'r.test'])).status).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(text);
    expect(await run(['remove', 'r.test'])).toMatchObject({
      status: 1,
      stderr: `longshore: ${file} has no credentials for r.test\n`,
    });
  });

  it('makes no file', async () => {
    expect(await run(['remove', 'r.test'])).toMatchObject({
      status: 1,
      stderr: `longshore: there is no file ${file}\n`,
    });
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('check', () => {
  it('asks each registry', async () => {
    await add(docker.address, mirror);
    await add(longshore.address, reader);
    const { status, stdout, stderr } = await check();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const rows = [longshore.address, docker.address].map((host) => `${host} accepted\n`).join('');
    expect(stdout.replaceAll(/ +/g, ' ')).toBe(`REGISTRY LOGIN\n${rows}`);
  });

  it('finds what does not work', async () => {
    const page = await StubRegistry.start({
      intercept: (_, response) => {
        response.writeHead(404, { 'content-type': 'text/html' }).end('<html>');
        return true;
      },
    });
    await add(page.host, reader);
    await add(longshore.address, { name: 'reader', password: 'hush' });
    await add('127.0.0.1:1', reader);
    const { status, stdout, stderr } = await check('--json');
    const { host } = page;
    await page.close();
    expect(status).toBe(1);
    expect(stdout + stderr).not.toContain('hush');
    expect(JSON.parse(stdout)).toEqual([
      { registry: '127.0.0.1:1', login: 'failed', message: expect.stringContaining('cannot be reached') as string },
      { registry: longshore.address, login: 'refused', message: expect.stringContaining('check user name') as string },
      { registry: host, login: 'no-registry', message: expect.stringContaining('not a registry') as string },
    ]);
  });

  it('asks only those that are named', async () => {
    await add(longshore.address, reader);
    await add('127.0.0.1:1', reader);
    const { status, stdout } = await check(longshore.address, '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual([{ registry: longshore.address, login: 'accepted' }]);
    expect(await check('r.test')).toMatchObject({
      status: 1,
      stderr: `longshore: ${file} has no credentials for r.test\n`,
    });
  });

  it('tells of entries that nobody can use', async () => {
    await writeFile(file, '{"auths":{"r.test":{"auth":"hush"}}}');
    const { status, stderr } = await check();
    expect(status).toBe(1);
    expect(stderr).toMatch(/^warning: .*pull-secret\.json: "r\.test": auth /);
    expect(stderr).not.toContain('hush');
  });

  it('warns of a file that may push, which is not for clusters', async () => {
    await add(longshore.address, mirror);
    const blind = await check('--check-write');
    expect(blind).toMatchObject({ status: 0, stderr: '' });
    const { status, stdout, stderr } = await check('--check-write', '--write-repository=ocp4/openshift4');
    expect(status).toBe(1);
    expect(stdout).toMatch(/ accepted yes\n$/);
    expect(stderr).toMatch(/may push to ocp4\/openshift4; do not make this file the pull secret of a cluster/);
    await add(longshore.address, reader);
    expect(await check('--check-write', '--write-repository=ocp4/openshift4')).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    [['--write-repository=a'], /is for --check-write/],
    [['--check-write', '--write-repository=A'], /"A" is no repository/],
  ])('refuses %j', async (args, message) => {
    const { status, stderr } = await check(...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('needs the file', async () => {
    expect(await check()).toMatchObject({ status: 1, stderr: `longshore: there is no file ${file}\n` });
  });
});
