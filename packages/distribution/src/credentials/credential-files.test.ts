import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { credentialFiles, findCredentials } from './credential-files.js';
import { askCredentialHelper } from './credential-helper.js';

let dir: string;
let env: NodeJS.ProcessEnv;

beforeEach(() => {
  dir = temporaryFolder('credentials');
  env = { HOME: join(dir, 'home'), XDG_RUNTIME_DIR: join(dir, 'run'), PATH: `${join(dir, 'bin')}:/usr/bin:/bin` };
});

async function write(path: string, content: unknown): Promise<void> {
  await mkdir(join(dir, dirname(path)), { recursive: true });
  await writeFile(join(dir, path), typeof content === 'string' ? content : JSON.stringify(content));
}

const auths = (password: string, ...keys: string[]) => ({
  auths: Object.fromEntries(keys.map((key) => [key, { auth: Buffer.from(`u:${password}`).toString('base64') }])),
});

async function writeHelper(name: string, script: string): Promise<void> {
  await write(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`);
  await chmod(join(dir, 'bin', `docker-credential-${name}`), 0o755);
}

const of = (username: string, password: string) => ({ username, password });
const app = { host: 'quay.io', name: 'org/app' };

describe('credentialFiles', () => {
  it.each([
    [
      { HOME: '/h' },
      ['/run/containers/7/auth.json', '/h/.config/containers/auth.json', '/h/.docker/config.json', '/h/.dockercfg'],
    ],
    [
      { HOME: '/h', REGISTRY_AUTH_FILE: '/a', XDG_RUNTIME_DIR: '/r', XDG_CONFIG_HOME: '/c', DOCKER_CONFIG: '/d' },
      ['/a', '/r/containers/auth.json', '/c/containers/auth.json', '/d/config.json', '/h/.dockercfg'],
    ],
    [
      { HOME: '/h', REGISTRY_AUTH_FILE: '/a', REGISTRY_AUTH_PREFERENCE: 'docker' },
      [
        '/h/.docker/config.json',
        '/a',
        '/run/containers/7/auth.json',
        '/h/.config/containers/auth.json',
        '/h/.dockercfg',
      ],
    ],
    [
      { REGISTRY_AUTH_FILE: '/a', DOCKER_CONFIG: '/d', REGISTRY_AUTH_PREFERENCE: 'podman' },
      ['/a', '/run/containers/7/auth.json', '/d/config.json'],
    ],
    [{}, ['/run/containers/7/auth.json']],
  ])('%j: %j', (environment, expected) => expect(credentialFiles(environment, 7)).toEqual(expected));
});

describe('findCredentials', () => {
  it('takes those of the first file that has some, in the order of the reference', async () => {
    const files: [string, string[], object][] = [
      ['named.json', ['named'], auths('named', 'quay.io')],
      ['env.json', ['env'], auths('env', 'quay.io')],
      ['run/containers/auth.json', ['run', 'run'], auths('run', 'quay.io', 'quay.io/org')],
      ['home/.config/containers/auth.json', ['config'], auths('config', 'quay.io')],
      ['home/.docker/config.json', ['docker'], auths('docker', 'quay.io')],
      ['home/.dockercfg', ['old'], auths('old', 'quay.io').auths],
    ];
    for (const [name, , content] of files) await write(name, content);
    for (const [name, passwords] of files) {
      const found = await findCredentials(
        { ...env, REGISTRY_AUTH_FILE: join(dir, 'env.json') },
        { file: join(dir, 'named.json') },
      );
      expect(await found.credentials(app)).toEqual(passwords.map((password) => of('u', password)));
      expect(found.problems).toEqual([]);
      await write(name, {});
    }
    expect(await (await findCredentials(env)).credentials(app)).toEqual([]);
  });

  it('warns of a preference, and follows it', async () => {
    await write('run/containers/auth.json', auths('run', 'quay.io'));
    await write('home/.docker/config.json', auths('docker', 'quay.io'));
    const found = await findCredentials({ ...env, REGISTRY_AUTH_PREFERENCE: 'docker' });
    expect(await found.credentials(app)).toEqual([of('u', 'docker')]);
    expect(found.problems).toEqual([expect.stringMatching(/^REGISTRY_AUTH_PREFERENCE is deprecated/)]);
  });

  it('tells what it could not read, and goes on', async () => {
    await write('run/containers/auth.json', '{"auths": hush');
    await write('home/.docker/config.json', {
      auths: { 'quay.io': { auth: 'hush!' }, ...auths('docker', 'quay.io/org').auths },
    });
    const found = await findCredentials(env);
    expect(await found.credentials(app)).toEqual([of('u', 'docker')]);
    expect(found.problems).toHaveLength(2);
    expect(found.problems[0]).toMatch(/run\/containers\/auth.json: the configuration is not JSON/);
    expect(found.problems.join()).not.toContain('hush');
  });

  it('fails for the file that was named', async () => {
    await expect(findCredentials(env, { file: join(dir, 'none.json') })).rejects.toMatchObject({ code: 'ENOENT' });
    await write('broken.json', 'x');
    await expect(findCredentials(env, { file: join(dir, 'broken.json') })).rejects.toMatchObject({
      code: 'DOCKER_CONFIG_INVALID',
    });
  });

  it('asks helpers, once for a host', async () => {
    await writeHelper(
      'one',
      `read -r host; echo "$host" >> ${dir}/asked; echo '{"ServerURL":"x","Username":"one","Secret":"s1"}'`,
    );
    await writeHelper(
      'two',
      `read -r host; echo "$host" >> ${dir}/asked; echo '{"Username":"<token>","Secret":"refresh"}'`,
    );
    await write('home/.docker/config.json', {
      ...auths('file', 'quay.io'),
      credHelpers: { 'quay.io': 'one' },
      credsStore: 'two',
    });
    const { credentials } = await findCredentials(env);
    expect(await credentials(app)).toEqual([of('u', 'file'), of('one', 's1')]);
    expect(await credentials(app)).toHaveLength(2);
    expect(await credentials({ host: 'docker.io', name: 'app' })).toEqual([{ identityToken: 'refresh' }]);
    expect(await readFile(join(dir, 'asked'), 'utf8')).toBe('quay.io\nhttps://index.docker.io/v1/\n');
  });

  it('goes on without a helper that fails', async () => {
    await write('home/.docker/config.json', { ...auths('file', 'quay.io'), credsStore: 'missing' });
    const { credentials, problems } = await findCredentials(env);
    expect(await credentials(app)).toEqual([of('u', 'file')]);
    expect(problems).toEqual(['docker-credential-missing cannot be run; is it installed, and in PATH?']);
  });
});

describe('askCredentialHelper', () => {
  const ask = (timeoutMs?: number) => askCredentialHelper('x', 'quay.io', { env, ...(timeoutMs && { timeoutMs }) });

  it('has nothing when the helper says so', async () => {
    await writeHelper('x', 'echo "credentials not found in native keychain"; exit 1');
    expect(await ask()).toBeUndefined();
  });

  it.each([
    ['fails', 'echo hush; exit 3', /exit status 3/],
    ['answers nonsense', 'echo hush', /expected JSON with Username and Secret/],
    ['answers without end', 'yes hush', /exit status none/],
  ])('reports one that %s, without what it says', async (_, script, message) => {
    await writeHelper('x', script);
    await expect(ask()).rejects.toThrow(message);
    await expect(ask()).rejects.not.toThrow(/hush/);
  });

  it('ends one that does not end', async () => {
    await writeHelper('x', 'sleep 600');
    await expect(ask(50)).rejects.toThrow(/exit status none \(killed\)/);
  });
});
