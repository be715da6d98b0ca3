import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorCodesOf, type ContainerTools, type RunningRegistry } from '@longshore/testkit';
import { ask, buildBusybox, Journey, onDockerRegistry, type Tls } from './journey.js';

const ADMIN = { name: 'admin', password: 'correct horse' };
const DEVELOPER = { name: 'dev', password: 'battery: staple' };
const IMAGE = 'localhost/hello:1';

describe('podman over TLS with passwords', () => {
  const journey = new Journey();
  let registry: RunningRegistry;
  let tls: Tls;
  let tools: ContainerTools;

  const podman = (command: string, ...args: string[]) =>
    tools.run('podman', [command, '--cert-dir', tls.certDir, ...args]);
  const failing = async (command: string, ...args: string[]) => {
    const result = await tools.run('podman', [command, '--cert-dir', tls.certDir, ...args], { mayFail: true });
    expect(result.status).not.toBe(0);
    return result.stderr;
  };
  const login = async (user: { name: string; password: string }) => {
    const args = ['login', '--cert-dir', tls.certDir, '-u', user.name, '--password-stdin', registry.address];
    return tools.run('podman', args, { input: user.password, mayFail: true });
  };
  /** Forgets the image and its layers, so that the next pull fetches them. */
  const forget = () => tools.run('podman', ['rmi', '--all', '--force']);
  const tags = async (repository: string) => {
    const target = { url: registry.url, ca: tls.ca, user: ADMIN };
    return (await ask(target, `/v2/${repository}/tags/list`)).body.toString();
  };

  beforeAll(async () => {
    tls = await journey.tls();
    tools = await journey.tools();
    const htpasswd = await journey.htpasswd([ADMIN, DEVELOPER]);
    const rules = [
      { repository: 'public/**', anonymous: true, actions: ['pull'] },
      { repository: '**', users: ['admin'], actions: ['*'] },
      { repository: 'team/**', users: ['dev'], actions: ['pull', 'push'] },
    ];
    registry = await journey.registry({ tls: tls.files, auth: { htpasswd, rules } });
    await buildBusybox(tools, IMAGE, 'ahoy');
  });
  afterAll(() => journey.end());

  it('refuses a wrong password and an unknown user', async () => {
    for (const user of [
      { name: 'dev', password: 'wrong' },
      { name: 'nobody', password: 'correct horse' },
    ]) {
      const { status, stderr } = await login(user);
      expect(status).not.toBe(0);
      expect(stderr).toContain('invalid username/password');
    }
  });

  it('does not push before login', async () => {
    expect(await failing('push', IMAGE, `${registry.address}/team/hello:1`)).toMatch(/unauthorized|authentication/i);
  });

  it('logs in, pushes, pulls what it pushed, and runs it', async () => {
    expect((await login(DEVELOPER)).stdout).toContain('Login Succeeded!');
    const reference = `${registry.address}/team/hello:1`;
    await podman('push', IMAGE, reference);
    await forget();
    await podman('pull', reference);
    const { stdout } = await tools.run('podman', ['run', '--rm', '--network', 'none', reference]);
    expect(stdout).toBe('ahoy\n');
  });

  it('pulls by digest', async () => {
    const name = `${registry.address}/team/hello`;
    await podman('pull', `${name}:1`);
    const { stdout } = await tools.run('podman', ['image', 'inspect', '--format', '{{.Digest}}', `${name}:1`]);
    await forget();
    await podman('pull', `${name}@${stdout.trim()}`);
  });

  it('fails on an unknown tag and says so', async () => {
    expect(await failing('pull', `${registry.address}/team/hello:absent`)).toContain('manifest unknown');
  });

  it.skipIf(onDockerRegistry)('does not push where the user has no right, and says so', async () => {
    await podman('pull', `${registry.address}/team/hello:1`);
    const stderr = await failing('push', `${registry.address}/team/hello:1`, `${registry.address}/other/hello:1`);
    // The client asks by HEAD first; that answer has no body, so it can only tell the status.
    expect(stderr).toMatch(/forbidden|denied/i);
    expect(await tags('other/hello')).toContain('NAME_UNKNOWN');
    const target = { url: registry.url, ca: tls.ca, user: DEVELOPER };
    const refused = await ask(target, '/v2/other/hello/blobs/uploads/', 'POST');
    expect([refused.status, errorCodesOf(refused)]).toEqual([403, ['DENIED']]);
  });

  it.skipIf(onDockerRegistry)('pulls as anybody where that is allowed, and only there', async () => {
    await podman('pull', `${registry.address}/team/hello:1`);
    expect((await login(ADMIN)).status).toBe(0);
    await podman('push', `${registry.address}/team/hello:1`, `${registry.address}/public/hello:1`);
    await forget();
    await writeFile(tools.authFile, '{}');
    await podman('pull', `${registry.address}/public/hello:1`);
    expect(await failing('pull', `${registry.address}/team/hello:1`)).toMatch(/unauthorized|authentication|denied/i);
    const pushed = await failing('push', `${registry.address}/public/hello:1`, `${registry.address}/public/hello:2`);
    expect(pushed).toMatch(/unauthorized|authentication|denied/i);
  });

  it('pushes no more after logout', async () => {
    expect((await login(DEVELOPER)).status).toBe(0);
    await podman('pull', `${registry.address}/team/hello:1`);
    await tools.run('podman', ['logout', registry.address]);
    const stderr = await failing('push', `${registry.address}/team/hello:1`, `${registry.address}/team/hello:2`);
    expect(stderr).toMatch(/unauthorized|authentication/i);
    expect(await tags('team/hello')).not.toContain('"2"');
  });

  it('trusts no server without its authority', async () => {
    const reference = `docker://${registry.address}/team/hello:1`;
    const { status, stderr } = await tools.run('skopeo', ['inspect', reference], { mayFail: true });
    expect(status).not.toBe(0);
    expect(stderr).toContain('certificate signed by unknown authority');
  });
});
