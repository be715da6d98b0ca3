/** Logging in to Debian's docker-registry, and to the registry of an embedded cluster with the session of a user. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  addUsers,
  startCluster,
  startDockerRegistry,
  temporaryFolder,
  tokenOf,
  writeHtpasswd,
  type DockerRegistry,
  type RunningCluster,
} from '@longshore/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../testing/run-command.js';

const ann = { name: 'ann', password: 'pass:of ann' };
let docker: DockerRegistry;
let cluster: RunningCluster;
let dir: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const users = temporaryFolder('registry-login');
  const htpasswd = join(users, 'htpasswd');
  await writeHtpasswd(htpasswd, [ann]);
  docker = await startDockerRegistry({ root: join(users, 'docker'), htpasswd });
  cluster = await startCluster();
  await addUsers(cluster, [ann]);
  await cluster.kubectl(['create', 'namespace', 'shop']);
  await cluster.kubectl(['create', 'rolebinding', 'ann', '--clusterrole=edit', '--user=ann', '-n', 'shop']);
  const stream = { apiVersion: 'image.openshift.io/v1', kind: 'ImageStream', metadata: { name: 'app' } };
  await cluster.kubectl(['create', '-n', 'shop', '-f', '-'], { input: JSON.stringify(stream) });
}, 90_000);
afterAll(() => Promise.all([docker.stop(), cluster.stop()]));
beforeEach(() => {
  dir = temporaryFolder('registry-login');
  env = { HOME: dir, XDG_RUNTIME_DIR: join(dir, 'run'), KUBECONFIG: join(dir, 'kubeconfig') };
});

const login = (...args: string[]) => runCommand(['registry', 'login', '--insecure', ...args], { env });
const authsIn = async (file: string) =>
  (JSON.parse(await readFile(file, 'utf8')) as { auths: Record<string, { auth: string }> }).auths;
const secretOf = ({ auth }: { auth: string }) => Buffer.from(auth, 'base64').toString();

describe('with a user name and password', () => {
  const basic = `--auth-basic=${ann.name}:${ann.password}`;

  it('saves them where podman looks, for their owner alone, without any cluster', async () => {
    const { address } = docker;
    const file = join(dir, 'run/containers/auth.json');
    expect(await login(`--registry=${address}`, basic)).toEqual({
      status: 0,
      stdout: '',
      stderr: `Saved credentials for ${address} into ${file}\n`,
    });
    expect(secretOf((await authsIn(file))[address]!)).toBe('ann:pass:of ann');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it.each(['-a', '--registry-config', '--to'])('saves them where %s says, beside what is there', async (option) => {
    const file = join(dir, 'pull-secret.json');
    await writeFile(file, '{"auths":{"quay.io":{"auth":"dTpw","email":"e"}},"credHelpers":{}}');
    expect((await login(`--registry=${docker.address}`, basic, option, file)).status).toBe(0);
    const text = await readFile(file, 'utf8');
    expect(text).toMatch(/,"quay.io":{"auth":"dTpw","email":"e"}},"credHelpers":{}}$/);
    expect(Object.keys(await authsIn(file))).toEqual([docker.address, 'quay.io']);
  });

  it('saves them where REGISTRY_AUTH_FILE says', async () => {
    env['REGISTRY_AUTH_FILE'] = join(dir, 'mine.json');
    await login(`--registry=${docker.address}`, basic);
    expect(Object.keys(await authsIn(join(dir, 'mine.json')))).toEqual([docker.address]);
  });

  it('saves nothing that the registry does not know, but when it is not asked', async () => {
    const file = join(dir, 'auth.json');
    const args = [`--registry=${docker.address}`, '--auth-basic=ann:hush', '-a', file];
    const { status, stderr } = await login(...args);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^longshore: unable to check your credentials - pass --skip-check to bypass this error: /);
    expect(stderr).not.toContain('hush');
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await login(...args, '--skip-check')).status).toBe(0);
    expect(secretOf((await authsIn(file))[docker.address]!)).toBe('ann:hush');
  });

  it.each([
    [['--auth-basic=hush', '--registry=r.test'], /--auth-basic must be in the form user:password/],
    [['--auth-basic=:hush', '--registry=r.test'], /--auth-basic must be in the form/],
    [['--auth-basic=a:hush', '--registry=https://r.test'], /--registry: "https:\/\/r\.test" is no host/],
    [['--auth-basic=a:hush', '-z', 'builder'], /cannot be used with/],
  ])('refuses %j, and does not repeat the secret', async (args, message) => {
    const { status, stderr } = await login(...args);
    expect(status).toBe(2);
    if (stderr !== '') expect(stderr).toMatch(message);
    expect(stderr).not.toContain('hush');
  });
});

describe('with the session of a cluster', () => {
  async function logIn(): Promise<string> {
    const token = await tokenOf(cluster, ann.name, ann.password);
    const ca = join(cluster.dataDir, 'pki/ca.crt');
    const args = ['login', cluster.apiUrl, `--token=${token}`, `--certificate-authority=${ca}`];
    expect((await runCommand(args, { env })).status).toBe(0);
    return token;
  }

  it('saves its token for the registry of the cluster', async () => {
    const token = await logIn();
    const { status, stderr } = await login('-n', 'shop');
    const address = /hostname (\S+)/.exec(stderr)?.[1] ?? '';
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/^info: Using (registry public|internal registry) hostname \S+\nSaved credentials for /);
    expect(secretOf((await authsIn(join(dir, 'run/containers/auth.json')))[address]!)).toBe(`user:${token}`);
  });

  it('asks for the host when no stream tells it', async () => {
    await logIn();
    expect(await login('-n', 'default')).toMatchObject({
      status: 1,
      stderr:
        'longshore: The public hostname of the integrated registry could not be determined. ' +
        'Please specify one with --registry.\n',
    });
  });

  it('saves the token of a service account', async () => {
    env['KUBECONFIG'] = cluster.kubeconfig;
    const { status, stderr } = await login('-z', 'builder', '-n', 'default', '-a', join(dir, 'auth.json'));
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('deprecated') as string });
    const [entry] = Object.values(await authsIn(join(dir, 'auth.json')));
    expect(secretOf(entry!)).toMatch(/^system-serviceaccount-default-builder:ey/);
  });

  it('needs a token: an administrator’s certificate is nothing for a registry', async () => {
    env['KUBECONFIG'] = cluster.kubeconfig;
    expect(await login()).toMatchObject({
      status: 1,
      stderr: 'longshore: no token is currently in use for this session\n',
    });
  });
});
