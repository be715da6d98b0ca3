import * as http from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { digestOf, locationOf, randomBytesOf, startUpload, type HttpResponse, type Target } from '@longshore/testkit';
import { describeRegistry, type RegistryUnderTest } from './registry-under-test.js';
import { del, expectError, get, head, OCTETS, patch, post, put, putAfterLeave } from './requests.js';
import { close, closeWithChunk, postWhole, sendChunk, streamOf, thirds, upload, UPLOADS } from './uploading.js';
import { CHUNKED_UPLOADS, withDigest, type Algorithm } from './uploading.js';

const ALGORITHMS: Algorithm[] = ['sha256', 'sha512'];
const ALL_UPLOADS = [...UPLOADS, ...CHUNKED_UPLOADS];

/** How long to wait for what another process is about to do. */
const PATIENCE = { timeout: 20_000, interval: 10 };

/** A session that does not exist, as far as its form goes. */
const NO_SESSION = '/v2/up/none/blobs/uploads/3f1c2a52-0c1d-4a3e-9a55-6f0a4f3b2c11';

function expectCreated(target: Target, response: HttpResponse, repository: string, digest: string): void {
  expect(response.status).toBe(201);
  expect(response.headers['docker-content-digest']).toBe(digest);
  expect(response.headers.location).toBe(`${target.url}/v2/${repository}/blobs/${digest}`);
}

/** The blob is there for every process, and goes by one DELETE. */
async function expectWholeLife(
  target: RegistryUnderTest,
  repository: string,
  bytes: Buffer,
  digest: string,
): Promise<void> {
  const path = `/v2/${repository}/blobs/${digest}`;
  await target.everyProcess(async () => {
    const asked = await head(target, path);
    expect([asked.status, asked.headers['content-length']]).toEqual([200, String(bytes.length)]);
    expect(asked.headers['docker-content-digest']).toBe(digest);
    const { status, headers, body } = await get(target, path);
    expect([status, headers['docker-content-digest']]).toEqual([200, digest]);
    expect(body.equals(bytes)).toBe(true);
  });
  expect((await del(target, path)).status).toBe(202);
  await target.everyProcess(async () => expect((await head(target, path)).status).toBe(404));
}

async function rangeOf(target: Target, session: string): Promise<string | undefined> {
  const { status, headers } = await get(target, session);
  expect(status).toBe(204);
  return headers.range;
}

describeRegistry('uploads', {}, (registry) => {
  blobUploads(registry);
  uploadSessions(registry);
  mounts(registry);
});

function blobUploads(registry: RegistryUnderTest): void {
  describe.each(ALGORITHMS)('a blob is uploaded, %s', (algorithm) => {
    it.each(ALL_UPLOADS)('by %s', async (way, uploadBy) => {
      const bytes = randomBytesOf(`${algorithm}/${way}`, 3067);
      const digest = digestOf(bytes, algorithm);
      const response = await uploadBy(registry, 'up/ways', bytes, digest);
      expectCreated(registry, response, 'up/ways', digest);
      expect((await get(registry, locationOf(response))).body.equals(bytes)).toBe(true);
      await expectWholeLife(registry, 'up/ways', bytes, digest);
    });

    it.each(ALL_UPLOADS)('by %s is refused when the digest is not that of the bytes', async (way, uploadBy) => {
      const digest = digestOf(randomBytesOf(`right ${way}`, 3067), algorithm);
      const response = await uploadBy(registry, 'up/wrong', randomBytesOf(`wrong ${way}`, 3072), digest);
      expect(expectError(response, 400, 'DIGEST_INVALID')).toMatchObject({ digest });
      expect((await head(registry, `/v2/up/wrong/blobs/${digest}`)).status).toBe(404);
    });

    it.each(UPLOADS)('of no bytes by %s', async (_way, uploadBy) => {
      const nothing = Buffer.alloc(0);
      const digest = digestOf(nothing, algorithm);
      expectCreated(registry, await uploadBy(registry, 'up/empty', nothing, digest), 'up/empty', digest);
      await expectWholeLife(registry, 'up/empty', nothing, digest);
    });

    it.each(CHUNKED_UPLOADS)('of an empty JSON object by %s', async (_way, uploadBy) => {
      const digest = digestOf(Buffer.from('{}'), algorithm);
      expectCreated(registry, await uploadBy(registry, 'up/object', Buffer.from('{}'), digest), 'up/object', digest);
      await expectWholeLife(registry, 'up/object', Buffer.from('{}'), digest);
    });

    it('of several megabytes, in pieces of all sizes', async () => {
      const bytes = randomBytesOf(`pieces ${algorithm}`, 5_000_011);
      const digest = digestOf(bytes, algorithm);
      let session = await startUpload(registry, 'up/pieces');
      let start = 0;
      for (const end of [1, 2, 65_536, 1_048_577, 4_999_999]) {
        session = locationOf(await sendChunk(registry, session, bytes, [start, end]));
        start = end;
      }
      const response = await closeWithChunk(registry, session, bytes, [start, bytes.length], digest);
      expectCreated(registry, response, 'up/pieces', digest);
      await expectWholeLife(registry, 'up/pieces', bytes, digest);
    });

    it.each(['PATCH', 'PUT'])('refuses a chunk out of order by %s, and goes on', async (method) => {
      const bytes = randomBytesOf(`order ${algorithm} ${method}`, 3067);
      const digest = digestOf(bytes, algorithm);
      const send = (session: string, part: [number, number]) =>
        method === 'PUT' && part[1] === bytes.length
          ? closeWithChunk(registry, session, bytes, part, digest)
          : sendChunk(registry, session, bytes, part);
      const ends = [0, ...thirds(bytes.length), bytes.length];
      let session = await startUpload(registry, 'up/order');
      for (const [index, start] of ends.slice(0, -1).entries()) {
        const end = ends[index + 1] ?? 0;
        const wrong: [number, number] = index === 2 ? [0, ends[1] ?? 0] : [ends[2] ?? 0, bytes.length];
        expectError(await send(session, wrong), 416, 'RANGE_INVALID');
        const status = await get(registry, session);
        expect([status.status, status.headers.range]).toEqual([204, `0-${Math.max(0, start - 1)}`]);
        const sent = await send(locationOf(status), [start, end]);
        if (sent.status === 201) return expectWholeLife(registry, 'up/order', bytes, digest);
        expect([sent.status, sent.headers.range]).toEqual([202, `0-${end - 1}`]);
        session = locationOf(sent);
      }
      expect((await close(registry, session, digest)).status).toBe(201);
      await expectWholeLife(registry, 'up/order', bytes, digest);
    });
  });

  it('to two repositories and twice to one', async () => {
    const bytes = randomBytesOf('twice', 2000);
    const digest = await upload(registry, 'up/one', bytes);
    expect(await upload(registry, 'up/one', bytes)).toBe(digest);
    expect(await upload(registry, 'up/two', bytes)).toBe(digest);
    await expectWholeLife(registry, 'up/one', bytes, digest);
    await expectWholeLife(registry, 'up/two', bytes, digest);
  });

  it('by many clients at once', async () => {
    const bytes = randomBytesOf('many', 200_000);
    const digest = digestOf(bytes);
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => postWhole(registry, 'up/many', streamOf(bytes), digest)),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    await expectWholeLife(registry, 'up/many', bytes, digest);
  });
}

function uploadSessions(registry: RegistryUnderTest): void {
  const bytes = randomBytesOf('session', 1000);
  const digest = digestOf(bytes);

  it('a session begins with nothing', async () => {
    const { status, headers } = await post(registry, '/v2/up/begin/blobs/uploads/');
    const uuid = headers['docker-upload-uuid'];
    expect([status, headers.range, headers['content-length']]).toEqual([202, '0-0', '0']);
    expect(uuid).toMatch(/^[a-zA-Z0-9_.=-]+$/);
    expect(headers.location).toMatch(`${registry.url}/v2/up/begin/blobs/uploads/${String(uuid)}?`);
    expect(headers['docker-distribution-api-version']).toBe('registry/2.0');
  });

  it('begins also without a slash at the end of the path', async () => {
    expect((await post(registry, '/v2/up/begin/blobs/uploads')).status).toBe(202);
  });

  it('tells after each chunk how far it is and where to go on', async () => {
    const begun = await startUpload(registry, 'up/far');
    const first = await sendChunk(registry, begun, bytes, [0, 400]);
    expect([first.status, first.headers.range]).toEqual([202, '0-399']);
    expect(first.headers['docker-upload-uuid']).toBeDefined();
    expect(locationOf(first)).not.toBe(begun);
    const asked = await get(registry, locationOf(first));
    expect([asked.status, asked.headers.range, asked.body.length]).toEqual([204, '0-399', 0]);
    expect(asked.headers['docker-upload-uuid']).toBe(first.headers['docker-upload-uuid']);
    const last = await closeWithChunk(registry, locationOf(asked), bytes, [400, 1000], digest);
    expectCreated(registry, last, 'up/far', digest);
  });

  it('can be asked without its state, as after a crash of the client', async () => {
    const session = locationOf(await sendChunk(registry, await startUpload(registry, 'up/lost'), bytes, [0, 400]));
    const asked = await get(registry, session.replace(/\?.*/, ''));
    expect([asked.status, asked.headers.range]).toEqual([204, '0-399']);
    const last = await closeWithChunk(registry, locationOf(asked), bytes, [400, 1000], digest);
    expect(last.status).toBe(201);
  });

  it('refuses a chunk that is sent again, and one to an old location', async () => {
    const begun = await startUpload(registry, 'up/again');
    const session = locationOf(await sendChunk(registry, begun, bytes, [0, 400]));
    expectError(await sendChunk(registry, session, bytes, [0, 400]), 416, 'RANGE_INVALID');
    expectError(await sendChunk(registry, begun, bytes, [0, 400]), 416, 'RANGE_INVALID');
    expectError(await patch(registry, begun, bytes.subarray(0, 10)), 416, 'RANGE_INVALID');
    expect(await rangeOf(registry, session)).toBe('0-399');
  });

  it.each([
    ['another length than the range', { 'content-range': '0-499' }, 400, 'SIZE_INVALID'],
    ['a range that is none', { 'content-range': 'all of it' }, 416, 'RANGE_INVALID'],
    ['a range that ends before it starts', { 'content-range': '400-0' }, 416, 'RANGE_INVALID'],
    ['a content type of text', { 'content-type': 'text/plain' }, 415, 'BLOB_UPLOAD_INVALID'],
  ])('refuses a chunk with %s, and stays', async (_case, headers, status, code) => {
    const session = await startUpload(registry, 'up/refused');
    expectError(await patch(registry, session, bytes.subarray(0, 400), headers), status, code);
    expect(await rangeOf(registry, session)).toBe('0-0');
    expect((await put(registry, withDigest(session, digest), bytes, OCTETS)).status).toBe(201);
  });

  it('takes a range with a unit, as some clients write it', async () => {
    const session = await startUpload(registry, 'up/unit');
    const sent = await patch(registry, session, bytes, { 'content-range': 'bytes 0-999/1000' });
    expect([sent.status, sent.headers.range]).toEqual([202, '0-999']);
  });

  it.each([
    ['no digest', '', 'digest missing'],
    ['an empty digest', '&digest=', 'digest missing'],
    ['a digest that is none', '&digest=nonsense', 'digest parsing failed'],
    ['a digest that is too short', '&digest=sha256:abc', 'digest parsing failed'],
    ['an unknown algorithm', `&digest=md5:${'0'.repeat(32)}`, 'digest parsing failed'],
  ])('survives a closing request with %s', async (_case, parameter, detail) => {
    const session = locationOf(await sendChunk(registry, await startUpload(registry, 'up/bad'), bytes, [0, 1000]));
    const refused = await put(registry, `${session}${parameter}`, undefined, { 'content-length': '0' });
    expect(expectError(refused, 400, 'DIGEST_INVALID')).toBe(detail);
    expect(await rangeOf(registry, session)).toBe('0-999');
    expect((await close(registry, session, digest)).status).toBe(201);
  });

  it('is gone when it has become a blob', async () => {
    const session = locationOf(await sendChunk(registry, await startUpload(registry, 'up/done'), bytes, [0, 1000]));
    expect((await close(registry, session, digest)).status).toBe(201);
    await registry.everyProcess(async () => {
      expectError(await get(registry, session), 404, 'BLOB_UPLOAD_UNKNOWN');
      expectError(await close(registry, session, digest), 404, 'BLOB_UPLOAD_UNKNOWN');
    });
  });

  it('is gone after a wrong digest', async () => {
    const session = locationOf(await sendChunk(registry, await startUpload(registry, 'up/gone'), bytes, [0, 1000]));
    expectError(await close(registry, session, digestOf(Buffer.from('else'))), 400, 'DIGEST_INVALID');
    await registry.everyProcess(async () => expectError(await get(registry, session), 404, 'BLOB_UPLOAD_UNKNOWN'));
  });

  it('is gone when it is cancelled', async () => {
    const session = locationOf(await sendChunk(registry, await startUpload(registry, 'up/cancel'), bytes, [0, 400]));
    const cancelled = await del(registry, session);
    expect([cancelled.status, cancelled.body.length]).toEqual([204, 0]);
    await registry.everyProcess(async () => {
      expectError(await get(registry, session), 404, 'BLOB_UPLOAD_UNKNOWN');
      expectError(await del(registry, session), 404, 'BLOB_UPLOAD_UNKNOWN');
      expectError(await patch(registry, session, bytes), 404, 'BLOB_UPLOAD_UNKNOWN');
    });
  });

  it.each([
    ['a made-up', '_state=bogus'],
    ['an empty', '_state='],
    ['a binary', '_state=%00%ff'],
    ['a very long', `_state=${'A'.repeat(4000)}`],
    ['no', ''],
  ])('refuses %s state', async (_case, query) => {
    const session = await startUpload(registry, 'up/state');
    const path = session.replace(/\?.*/, `?${query}`);
    expectError(await patch(registry, path, bytes), 404, 'BLOB_UPLOAD_INVALID');
    expectError(await close(registry, path, digest), 404, 'BLOB_UPLOAD_INVALID');
    expect(await rangeOf(registry, session)).toBe('0-0');
  });

  it('refuses the state of another session, and of another repository', async () => {
    const one = await startUpload(registry, 'up/state-a');
    const two = await startUpload(registry, 'up/state-a');
    const swapped = one.replace(/\?.*/, two.slice(two.indexOf('?')));
    expectError(await patch(registry, swapped, bytes), 404, 'BLOB_UPLOAD_INVALID');
    expectError(await patch(registry, one.replace('state-a', 'state-b'), bytes), 404, 'BLOB_UPLOAD_INVALID');
  });

  it('is unknown when it never was', async () => {
    expectError(await get(registry, NO_SESSION), 404, 'BLOB_UPLOAD_UNKNOWN');
    expectError(await get(registry, NO_SESSION.replace(/[^/]+$/, '%2e%2e')), 404, 'BLOB_UPLOAD_UNKNOWN');
    expectError(await get(registry, NO_SESSION.replace(/[^/]+$/, 'a'.repeat(300))), 404, 'BLOB_UPLOAD_UNKNOWN');
  });

  it.each(['md5', 'sha1', 'SHA256', ''])('cannot be begun for the algorithm "%s"', async (algorithm) => {
    const path = `/v2/up/algorithm/blobs/uploads/?digest-algorithm=${algorithm}`;
    expectError(await post(registry, path), 400, 'DIGEST_INVALID');
  });

  it('has one writer: of chunks sent at once one is taken, and it goes on', async () => {
    const session = await startUpload(registry, 'up/race');
    const chunks = Array.from({ length: 8 }, () => sendChunk(registry, session, bytes, [0, 400]));
    const answers = await Promise.all(chunks);
    const [taken, ...others] = answers.sort((a, b) => a.status - b.status);
    expect([taken?.status, taken?.headers.range]).toEqual([202, '0-399']);
    for (const other of others) expectError(other, 416, 'RANGE_INVALID');
    const asked = await get(registry, session);
    expect(asked.headers.range).toBe('0-399');
    const last = await closeWithChunk(registry, locationOf(asked), bytes, [400, 1000], digest);
    expectCreated(registry, last, 'up/race', digest);
  });

  it('keeps what came before the client went away, and goes on from there', async () => {
    const session = await startUpload(registry, 'up/broken');
    const sending = beginToSend(registry, session, bytes.subarray(0, 400));
    await vi.waitFor(async () => expect(await rangeOf(registry, session)).toBe('0-399'), PATIENCE);
    sending.destroy();
    await vi.waitFor(async () => {
      const asked = await get(registry, session);
      expect(asked.headers.range).toBe('0-399');
      const rest = await closeWithChunk(registry, locationOf(asked), bytes, [400, 1000], digest);
      expectCreated(registry, rest, 'up/broken', digest);
    }, PATIENCE);
    await expectWholeLife(registry, 'up/broken', bytes, digest);
  });

  it('outlives the server', async () => {
    const session = locationOf(await sendChunk(registry, await startUpload(registry, 'up/restart'), bytes, [0, 400]));
    await registry.longshore.restart();
    const last = await closeWithChunk(registry, session, bytes, [400, 1000], digest);
    expectCreated(registry, last, 'up/restart', digest);
  });

  it('gives leave to send a body only when it will be taken', async () => {
    const session = await startUpload(registry, 'up/leave');
    expect(await putAfterLeave(registry, withDigest(session, digest), bytes, OCTETS)).toEqual({
      leave: true,
      status: 201,
    });
    const bad = `${session.replace(/\?.*/, '?_state=bad')}&digest=${digest}`;
    expect(await putAfterLeave(registry, bad, bytes, OCTETS)).toEqual({ leave: false, status: 404 });
  });
}

function mounts(registry: RegistryUnderTest): void {
  const uploads = '/v2/mount/to/blobs/uploads/';

  it.each(ALGORITHMS)('from a named repository, %s', async (algorithm) => {
    const bytes = randomBytesOf(`from ${algorithm}`, 512);
    const digest = await upload(registry, 'mount/from', bytes, algorithm);
    const mounted = await post(registry, `${uploads}?mount=${digest}&from=mount/from`);
    expectCreated(registry, mounted, 'mount/to', digest);
    await expectWholeLife(registry, 'mount/to', bytes, digest);
    await expectWholeLife(registry, 'mount/from', bytes, digest);
  });

  it.each(ALGORITHMS)('from wherever it is, %s', async (algorithm) => {
    const bytes = randomBytesOf(`anywhere ${algorithm}`, 512);
    const digest = await upload(registry, 'mount/deep/in/some/repository', bytes, algorithm);
    expectCreated(registry, await post(registry, `${uploads}?mount=${digest}`), 'mount/to', digest);
    await expectWholeLife(registry, 'mount/to', bytes, digest);
  });

  it('that the repository has already', async () => {
    const digest = await upload(registry, 'mount/to', randomBytesOf('own', 512));
    const mounted = await post(registry, `${uploads}?mount=${digest}&from=mount/to`);
    expectCreated(registry, mounted, 'mount/to', digest);
  });

  it.each([
    ['a repository that has it not', '&from=mount/from'],
    ['a repository that is none', '&from=mount/never'],
    ['a name that is none', '&from=No..Name'],
    ['an empty name', '&from='],
    ['nowhere', ''],
  ])('that is missing, from %s, begins a session', async (_case, parameters) => {
    const bytes = randomBytesOf(`missing ${parameters}`, 512);
    const digest = digestOf(bytes);
    const begun = await post(registry, `${uploads}?mount=${digest}${parameters}`);
    expect([begun.status, begun.headers.range]).toEqual([202, '0-0']);
    const uploaded = await put(registry, withDigest(locationOf(begun), digest), bytes, OCTETS);
    expectCreated(registry, uploaded, 'mount/to', digest);
  });

  it('refuses a digest that is none', async () => {
    expectError(await post(registry, `${uploads}?mount=sha256:abc&from=mount/from`), 400, 'DIGEST_INVALID');
  });
}

/** Announces twice as much as `part`, and sends that. */
function beginToSend(target: Target, session: string, part: Buffer): http.ClientRequest {
  const headers = { ...OCTETS, 'content-length': String(2 * part.length) };
  const request = http.request(`${target.url}${session}`, { method: 'PATCH', headers, agent: false });
  request.on('error', () => undefined); // it is cut off
  request.write(part);
  return request;
}
