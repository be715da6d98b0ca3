import { once } from 'node:events';
import * as http from 'node:http';
import { join } from 'node:path';
import { beforeAll, expect, it, vi } from 'vitest';
import { digestOf, MEDIA_TYPES, randomBytesOf, requestTo, startUpload } from '@longshore/testkit';
import { temporaryFolder, writeHtpasswd } from '@longshore/testkit';
import { describeRegistry, type RegistryUnderTest } from './registry-under-test.js';
import { expectError, get, OCTETS, post } from './requests.js';
import { upload, withDigest } from './uploading.js';

const PATIENCE = { timeout: 20_000, interval: 10 };

/** More than the buffers between two sockets hold: the server cannot end such an answer before the client reads. */
const LARGE = Buffer.alloc(24 * 2 ** 20, 'large');
const ONE_AND_ONE = { maxrunning: 1, maxinqueue: 1, maxwaitinqueue: '0' };
const LIMITS = { openshift: { version: '1.0', requests: { read: ONE_AND_ONE, write: ONE_AND_ONE } } };

describeRegistry('limits of one running and one waiting request', LIMITS, (registry) => {
  let path: string;
  beforeAll(async () => {
    path = `/v2/limit/app/blobs/${await upload(registry, 'limit/app', LARGE)}`;
  });

  it('let two of six pulls through and answer 429 to four', async () => {
    const answers: http.IncomingMessage[] = [];
    const pulls = Array.from({ length: 6 }, () => pull(registry, path, (answer) => answers.push(answer)));
    await vi.waitFor(() => expect(answers).toHaveLength(5), PATIENCE);
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 429, 429, 429, 429]);
    for (const alive of ['/', '/healthz', '/livez', '/readyz']) expect((await get(registry, alive)).status).toBe(200);
    const refused = await get(registry, '/v2/limit/app/tags/list');
    expectError(refused, 429, 'TOOMANYREQUESTS');
    expect(refused.headers['retry-after']).toBe('1');
    for (const answer of answers.filter(({ statusCode }) => statusCode === 429)) {
      expect(answer.headers['retry-after']).toBe('1');
    }
    const lengths = await Promise.all(pulls.map((each) => each.read()));
    expect(lengths.filter((length) => length === LARGE.length)).toHaveLength(2);
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 200, 429, 429, 429, 429]);
  });

  it('are free again afterwards', async () => {
    for (const _ of [1, 2, 3, 4]) expect((await get(registry, '/v2/limit/app/tags/list')).status).toBe(200);
  });

  it('do not count clients that left, whether they were running or waiting', async () => {
    const pulls = await fill(registry, path);
    for (const { request } of pulls) request.destroy();
    await untilFree(registry);
  });

  it('are other ones for pushes than for pulls', async () => {
    const pulls = await fill(registry, path);
    await upload(registry, 'limit/push', Buffer.from('while pulls wait'));
    await Promise.all(pulls.map((each) => each.read()));
  });

  it('hold for pushes too', async () => {
    const bytes = randomBytesOf('slow', 1000);
    const session = withDigest(await startUpload(registry, 'limit/push'), digestOf(bytes));
    const slow = http.request(`${registry.url}${session}`, {
      ...{ method: 'PUT', agent: false },
      headers: { ...OCTETS, 'content-length': '1000', expect: '100-continue' },
    });
    slow.on('error', () => undefined);
    slow.flushHeaders();
    await once(slow, 'continue');
    const answers = [1, 2, 3, 4].map(() => post(registry, '/v2/limit/push/blobs/uploads/'));
    const refused = await Promise.any(answers);
    expectError(refused, 429, 'TOOMANYREQUESTS');
    expect((await get(registry, '/v2/limit/app/tags/list')).status).toBe(200);
    slow.end(bytes);
    const [{ statusCode }] = (await once(slow, 'response')) as [http.IncomingMessage];
    expect(statusCode).toBe(201);
    const statuses = (await Promise.all(answers)).map(({ status }) => status).sort();
    expect(statuses).toEqual([202, 429, 429, 429]);
  });
});

const USERS = ['u1', 'u2', 'u3', 'u4', 'u5', 'u6'].map((name) => ({ name, password: `password:of:${name}` }));
const htpasswd = join(temporaryFolder('conformance-limits'), 'htpasswd');
beforeAll(() => writeHtpasswd(htpasswd, USERS));

const GUARDED = { ...LIMITS, auth: { htpasswd: { realm: 'limits', path: htpasswd } } };

describeRegistry(
  'limits where passwords are checked',
  GUARDED,
  (registry) => {
    it('are free again when clients leave meanwhile', async () => {
      for (const user of USERS) {
        const headers = { 'content-type': MEDIA_TYPES.oci.manifest, 'content-length': '1000' };
        const auth = `${user.name}:${user.password}`;
        const request = http.request(`${registry.url}/v2/limit/app/manifests/v1`, { method: 'PUT', headers, auth });
        request.on('error', () => undefined); // it is cut off
        await new Promise((resolve) => request.write('{', resolve));
        request.destroy();
      }
      const [user] = USERS;
      await vi.waitFor(async () => {
        const path = '/v2/limit/app/blobs/uploads/';
        expect((await requestTo(registry, path, { method: 'POST', user, timeout: 2000 })).status).toBe(202);
      }, PATIENCE);
    });
  },
  [1],
);

interface Pull {
  request: http.ClientRequest;
  /** Resolves when the head of the answer has come; its body is left where it is. */
  answered: Promise<http.IncomingMessage>;
  /** Reads the body. Resolves with its length. */
  read(): Promise<number>;
}

function pull({ url }: RegistryUnderTest, path: string, onAnswer: (answer: http.IncomingMessage) => void): Pull {
  const request = http.get(`${url}${path}`, { agent: false });
  request.on('error', () => undefined); // some are cut off
  const answered = once(request, 'response').then(([answer]) => answer as http.IncomingMessage);
  answered.then(onAnswer, () => undefined);
  const read = async () => {
    let length = 0;
    for await (const chunk of await answered) length += (chunk as Buffer).length;
    return length;
  };
  return { request, answered, read };
}

/** Begins so many pulls that one is running and one waiting, and another one has been refused. */
async function fill(registry: RegistryUnderTest, path: string): Promise<Pull[]> {
  const pulls = [1, 2, 3].map(() => pull(registry, path, () => undefined));
  const first = await Promise.race(pulls.map(indexWhenAnswered));
  const others = pulls.filter((_, index) => index !== first.index);
  const second = await Promise.race(others.map(indexWhenAnswered));
  expect([first.status, second.status].sort()).toEqual([200, 429]);
  return pulls;
}

async function indexWhenAnswered({ answered }: Pull, index: number) {
  return { index, status: (await answered).statusCode };
}

async function untilFree(registry: RegistryUnderTest): Promise<void> {
  await vi.waitFor(async () => expect((await get(registry, '/v2/limit/app/tags/list')).status).toBe(200), PATIENCE);
}
