import { readdir } from 'node:fs/promises';
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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CredentialChecker } from './credential-checker.js';

const [ann, ben] = [
  { name: 'ann', password: 'pass of ann' },
  { name: 'ben', password: 'pass of ben' },
];
const credentialOf = ({ name, password }: { name: string; password: string }) => ({ username: name, password });
const wrong = { username: 'ann', password: 'hush' };
const { signal } = new AbortController();
const dir = temporaryFolder('credential-checker');
let docker: DockerRegistry;
let longshore: Longshore;
let checker: CredentialChecker;

/** Debian's registry, where all users may push, and Longshore with tokens, where ben only pulls. */
beforeAll(async () => {
  const htpasswd = join(dir, 'htpasswd');
  await writeHtpasswd(htpasswd, [ann, ben]);
  docker = await startDockerRegistry({ root: join(dir, 'docker'), htpasswd });
  longshore = await startLongshore({
    config: {
      version: 0.1,
      http: { addr: '127.0.0.1:0' },
      storage: { filesystem: { rootdirectory: join(dir, 'longshore') } },
      auth: { htpasswd: { realm: 'the registry', path: htpasswd } },
      longshore: {
        workers: 1,
        auth: {
          rules: [
            { repository: '**', users: ['ann'], actions: ['*'] },
            { repository: '**', users: ['ben'], actions: ['pull'] },
          ],
          tokens: { enabled: true },
        },
      },
    },
  });
  checker = new CredentialChecker({ insecure: () => true });
});

afterAll(async () => {
  await checker.close();
  await Promise.all([docker.stop(), longshore.stop()]);
});

const registries: [string, () => string][] = [
  ["Debian's docker-registry", () => docker.address],
  ['Longshore with tokens', () => longshore.address],
];

describe.each(registries)('login at %s', (_, address) => {
  it('is accepted', async () => {
    expect(await checker.login(address(), credentialOf(ann), { signal })).toBe('accepted');
  });

  it('fails with a wrong password, which the error does not tell', async () => {
    const login = checker.login(address(), wrong, { signal });
    await expect(login).rejects.toMatchObject({ code: 'WRONG_CREDENTIALS', hadCredentials: true, status: 401 });
    await expect(login).rejects.not.toThrow(/hush/);
  });
});

describe('login', () => {
  it('says when nobody asks for it', async () => {
    const stub = await StubRegistry.start();
    expect(await checker.login(stub.host, wrong, { signal })).toBe('not-asked');
    expect(stub.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    await stub.close();
  });

  it('cannot use an identity token where passwords are wanted', async () => {
    const login = checker.login(docker.address, { identityToken: 'hush' }, { signal });
    await expect(login).rejects.toMatchObject({ code: 'WRONG_CREDENTIALS' });
  });

  it('fails where no registry is', async () => {
    await expect(checker.login('not a host', wrong, { signal })).rejects.toMatchObject({ code: 'INVALID' });
    const stub = await StubRegistry.start();
    const { host } = stub;
    await stub.close();
    await expect(checker.login(host, wrong, { signal })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('mayPush', () => {
  const mayPush = (host: string, user: typeof ann, name = 'team/app') =>
    checker.mayPush({ host, name }, credentialOf(user), { signal });

  it('tells who may from who may not, and leaves no upload behind', async () => {
    expect(await mayPush(docker.address, ann)).toBe(true);
    expect(await mayPush(longshore.address, ann)).toBe(true);
    const uploads = join(dir, 'longshore/docker/registry/v2/repositories/team/app/_uploads');
    expect(await readdir(uploads)).toEqual([]);
    expect(await mayPush(longshore.address, ben)).toBe(false);
  });

  it.each([403, 404, 405])('takes the status %i for no', async (status) => {
    const stub = await StubRegistry.start({
      intercept: (seen, response) => {
        if (seen.method !== 'POST') return false;
        response.writeHead(status).end();
        return true;
      },
    });
    expect(await mayPush(stub.host, ann)).toBe(false);
    await stub.close();
  });

  it('cancels nothing at another place', async () => {
    const elsewhere = await StubRegistry.start();
    const stub = await StubRegistry.start({
      intercept: (seen, response) => {
        if (seen.method !== 'POST') return false;
        response.writeHead(202, { location: `${elsewhere.url}/v2/team/app/blobs/uploads/1` }).end();
        return true;
      },
    });
    expect(await mayPush(stub.host, ann)).toBe(true);
    expect(elsewhere.requests).toEqual([]);
    await Promise.all([stub.close(), elsewhere.close()]);
  });

  it('fails when that cannot be found out', async () => {
    const stub = await StubRegistry.start({
      intercept: (seen, response) => {
        if (seen.method !== 'POST') return false;
        response.writeHead(507).end();
        return true;
      },
    });
    await expect(mayPush(stub.host, ann)).rejects.toMatchObject({ code: 'UNAVAILABLE', status: 507 });
    await expect(mayPush(stub.host, ann, 'UP')).rejects.toMatchObject({ code: 'INVALID' });
    await stub.close();
  });
});
