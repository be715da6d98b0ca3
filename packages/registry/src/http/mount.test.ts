import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf } from '@longshore/oci';
import { InMemoryDriver } from '@longshore/storage';
import { afterEach, describe, expect, it } from 'vitest';
import { openAccess, type AccessControl } from '../access/index.js';
import { defaultConfig } from '../config/index.js';
import { blobData, layerLink } from '../layout.js';
import { createLogger, createMetrics, limitedBy } from '../observe/index.js';
import { createRegistry, type Registry } from '../server/registry.js';

const CONTENT = Buffer.from('content');
const DIGEST = digestOf(CONTENT);

const running: { server: Server; registry: Registry }[] = [];
afterEach(async () => {
  for (const { server, registry } of running.splice(0)) {
    server.close();
    await registry.close();
  }
});

/** A registry whose storage holds the blob, with a link to it from the last of so many repositories. */
async function registryWith(repositories: number, access: AccessControl = openAccess()) {
  const driver = new InMemoryDriver();
  for (let index = 0; index < repositories; index++) await driver.put(`${folder(index)}/x`, new Uint8Array());
  await driver.put(blobData(DIGEST), CONTENT);
  await driver.put(layerLink(name(repositories - 1), DIGEST), Buffer.from(DIGEST));
  const registry = createRegistry(defaultConfig(), {
    driver,
    access,
    secret: Buffer.alloc(32),
    log: createLogger({ level: 'error' }),
    metrics: createMetrics({ runtime: false }),
    limiter: limitedBy(undefined),
    renderMetrics: async () => '',
  });
  const server = createServer(registry.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push({ server, registry });
  const post = (path: string) => statusOf((server.address() as AddressInfo).port, path);
  return { driver, post };
}

const name = (index: number) => `old/r${String(index).padStart(5, '0')}`;
const folder = (index: number) => layerLink(name(index), DIGEST).replace(/\/sha256\/.*/, '');

function statusOf(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, path, method: 'POST', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
}

const mount = `/v2/team/app/blobs/uploads/?mount=${DIGEST}`;

describe('a mount that names no source', () => {
  it.each([
    { repositories: 1, status: 201 },
    { repositories: 1000, status: 201 },
    { repositories: 1001, status: 202 },
  ])('searches $repositories repositories: $status', async ({ repositories, status }) => {
    const { post } = await registryWith(repositories);
    expect(await post(mount)).toBe(status);
  });

  it('finds the repository that got the blob last, however many there are', async () => {
    const { post } = await registryWith(1001);
    expect(await post(`/v2/other/one/blobs/uploads/?mount=${DIGEST}&from=${name(1000)}`)).toBe(201);
    expect(await post(mount)).toBe(201);
  });

  it('does not search for what is not there at all', async () => {
    const { driver, post } = await registryWith(10);
    await driver.delete(blobData(DIGEST));
    let lists = 0;
    const list = driver.list.bind(driver);
    driver.list = (path, options) => {
      lists++;
      return list(path, options);
    };
    expect(await post(mount)).toBe(202);
    expect(lists).toBe(0);
  });

  it('takes nothing from a repository that the client may not read', async () => {
    const open = openAccess();
    const access: AccessControl = {
      ...open,
      authorize: (authorization, wanted) =>
        wanted.some((right) => right.name.startsWith('old/'))
          ? Promise.resolve({ outcome: 'forbidden', missing: wanted } as never)
          : open.authorize(authorization, wanted),
    };
    const { post } = await registryWith(3, access);
    expect(await post(mount)).toBe(202);
  });
});
