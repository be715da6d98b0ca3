import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  digestOf,
  digestOfPulledBlob,
  locationOf,
  pushBlob,
  randomBytesOf,
  requestTo,
  startUpload,
  type HttpResponse,
  type Longshore,
} from '@longshore/testkit';
import { eventually } from './eventually.js';
import { offsetOf } from './pusher.js';
import { RawConnection } from './raw-connection.js';
import { Servers } from './servers.js';

const MIB = 2 ** 20;
const OCTETS = { 'content-type': 'application/octet-stream' };
const BOUND_MS = 20_000;

const servers = new Servers();
let registry: Longshore;
beforeAll(async () => {
  registry = await servers.longshore();
});
afterAll(() => servers.end());

const patch = (location: string, body: Buffer) =>
  requestTo(registry, location, { method: 'PATCH', headers: OCTETS, body });
const finish = (location: string, digest: string) =>
  requestTo(registry, `${location}&digest=${digest}`, { method: 'PUT' });

async function statusOf(location: string): Promise<HttpResponse> {
  const response = await requestTo(registry, location);
  expect(response.status).toBe(204);
  return response;
}

/** Begins a PATCH of `length` bytes and sends the first of them. */
async function beginPatch(location: string, length: number, first: Buffer): Promise<RawConnection> {
  const connection = await RawConnection.open(registry.port);
  const head = `PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n`;
  await connection.write(Buffer.from(`${head}Content-Length: ${length}\r\n\r\n`));
  await connection.write(first);
  return connection;
}

/** Waits until so many bytes of an upload are on disk. */
const arrival = (location: string, bytes: number) =>
  eventually(`${bytes} bytes`, async () => (offsetOf(await statusOf(location)) >= bytes ? true : undefined));

describe.each(['SIGTERM', 'SIGKILL'] as const)('an upload over a restart by %s', (signal) => {
  it.each(['sha256', 'sha512'] as const)('goes on where it was, with the old Location, for %s', async (algorithm) => {
    const blob = randomBytesOf(`${signal} ${algorithm}`, 5 * MIB);
    const digest = digestOf(blob, algorithm);
    const begun = await requestTo(registry, `/v2/a/blobs/uploads/?digest-algorithm=${algorithm}`, { method: 'POST' });
    const patched = await patch(locationOf(begun), blob.subarray(0, 3 * MIB));
    expect(patched.status).toBe(202);
    if (signal === 'SIGKILL') await registry.kill9();
    await registry.restart();
    expect(offsetOf(await statusOf(locationOf(patched)))).toBe(3 * MIB);
    const again = await patch(locationOf(patched), blob.subarray(3 * MIB));
    expect(again.status).toBe(202);
    const finished = await finish(locationOf(again), digest);
    expect({ status: finished.status, digest: finished.headers['docker-content-digest'] }).toEqual({
      status: 201,
      digest,
    });
    expect(await digestOfPulledBlob(registry, 'a', digest)).toBe(digest);
  });
});

describe('an upload whose client vanishes', () => {
  it('keeps what came, and goes on there', async () => {
    const blob = randomBytesOf('vanishing', 4 * MIB);
    const location = await startUpload(registry, 'a');
    const connection = await beginPatch(location, blob.length, blob.subarray(0, 2 * MIB));
    await arrival(location, MIB);
    connection.reset();
    const resumed = await eventually('the session is free', async () => {
      const status = await statusOf(location);
      const response = await patch(locationOf(status), blob.subarray(offsetOf(status)));
      if (response.status === 416) return undefined;
      expect(response.status).toBe(202);
      return { offset: offsetOf(status), location: locationOf(response) };
    });
    expect(resumed.offset).toBeGreaterThanOrEqual(MIB);
    expect((await finish(resumed.location, digestOf(blob))).status).toBe(201);
    expect(await digestOfPulledBlob(registry, 'a', digestOf(blob))).toBe(digestOf(blob));
  });
});

describe('two requests at one upload', () => {
  it('of two PATCHes at once one is taken, and the session goes on', async () => {
    for (let round = 0; round < 12; round++) {
      const blob = randomBytesOf(`race ${round}`, 300_000);
      const location = await startUpload(registry, 'a');
      const answers = await Promise.all([patch(location, blob), patch(location, blob), patch(location, blob)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 416, 416]);
      const status = await statusOf(location);
      expect(offsetOf(status)).toBe(blob.length);
      expect((await finish(locationOf(status), digestOf(blob))).status).toBe(201);
      expect(await digestOfPulledBlob(registry, 'a', digestOf(blob))).toBe(digestOf(blob));
    }
  });

  it('what comes while another request is writing is refused, and disturbs nothing', async () => {
    const blob = randomBytesOf('busy', 2 * MIB);
    const location = await startUpload(registry, 'a');
    const connection = await beginPatch(location, blob.length, blob.subarray(0, MIB));
    await arrival(location, MIB);
    // Requests come to another worker each time.
    for (const _ of [1, 2, 3, 4]) {
      const at = locationOf(await statusOf(location));
      expect((await patch(location, blob)).status).toBe(416);
      expect((await patch(at, blob)).status).toBe(416);
      expect((await finish(at, digestOf(blob))).status).toBe(416);
      expect((await requestTo(registry, location, { method: 'DELETE' })).status).toBe(416);
    }
    await connection.write(blob.subarray(MIB));
    const response = await connection.nextResponse('PATCH', BOUND_MS);
    connection.close();
    expect(response?.status).toBe(202);
    const status = await statusOf(location);
    expect((await finish(locationOf(status), digestOf(blob))).status).toBe(201);
    expect(await digestOfPulledBlob(registry, 'a', digestOf(blob))).toBe(digestOf(blob));
  });
});

describe('forgotten uploads', () => {
  it('go when nobody has written to them for the configured age; one that is being written stays', async () => {
    registry = await servers.longshore({ purging: { age: '2s', interval: '1s' } });
    const blob = randomBytesOf('live', 2 * MIB);
    await pushBlob(registry, 'known', randomBytesOf('known', 10));
    const silent = await startUpload(registry, 'known');
    const connection = await beginPatch(silent, blob.length, blob.subarray(0, MIB));
    await arrival(silent, MIB);
    let busy = await startUpload(registry, 'known');
    let length = 0;
    // Begun after the last byte of the silent one, one of them in a repository that has nothing else.
    const forgotten = [await startUpload(registry, 'known'), await startUpload(registry, 'unknown')];
    for (const location of forgotten) {
      await eventually(`${location} is purged`, async () => {
        const written = await patch(busy, blob.subarray(0, 10));
        expect(written.status).toBe(202);
        busy = locationOf(written);
        length += 10;
        return (await requestTo(registry, location)).status === 404 ? true : undefined;
      });
    }
    expect(offsetOf(await statusOf(busy))).toBe(length);
    await connection.write(blob.subarray(MIB));
    expect((await connection.nextResponse('PATCH', BOUND_MS))?.status).toBe(202);
    connection.close();
    expect((await finish(locationOf(await statusOf(silent)), digestOf(blob))).status).toBe(201);
    expect(await digestOfPulledBlob(registry, 'known', digestOf(blob))).toBe(digestOf(blob));
  });
});
