import { buffer } from 'node:stream/consumers';
import type { Digest } from '@longshore/oci';
import { blobOf, createManifest, randomBytesOf, sendRange, StubRegistry, type SeenRequest } from '@longshore/testkit';
import fc from 'fast-check';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryClient } from './registry-client.js';

const bytes = randomBytesOf('resumed', 3_000_000);
const blob = blobOf(bytes);
const digest = blob.descriptor.digest as Digest;
const { signal } = new AbortController();
let stub: StubRegistry;
let client: RegistryClient;

beforeEach(async () => {
  stub = await StubRegistry.start();
  stub.publish('team/app', createManifest('oci', blobOf(Buffer.from('{}')), [blob]));
  const clock = { now: () => 0, random: () => 0, sleep: async () => undefined };
  client = new RegistryClient({ insecure: () => true, clock });
});

afterEach(async () => {
  await client.close();
  await stub.close();
});

const open = (start = 0) => client.repository({ host: stub.host, name: 'team/app' }).blob(digest, { signal, start });

const ranges = () => stub.requests.filter(({ path }) => path.includes('/blobs/')).map(({ headers }) => headers.range);

/** Sends the headers of the whole rest and cuts the connection behind some bytes of it. */
function cut(seen: SeenRequest, response: ServerResponse, after: number, whole = bytes): void {
  const start = Number(/^bytes=(\d+)-$/.exec(seen.headers.range ?? '')?.[1] ?? 0);
  const range = start === 0 ? {} : { 'content-range': `bytes ${start}-${whole.byteLength - 1}/${whole.byteLength}` };
  response.writeHead(start === 0 ? 200 : 206, { 'content-length': whole.byteLength - start, ...range });
  response.write(whole.subarray(start, start + after), () => response.destroy());
}

/** Answers blob requests in turn; undefined leaves it to the stub. */
function answerBlobs(answers: (((seen: SeenRequest, response: ServerResponse) => void) | undefined)[]): void {
  stub.intercept = (seen, response) => {
    const answer = seen.path.includes('/blobs/') ? answers.shift() : undefined;
    answer?.(seen, response);
    return answer !== undefined;
  };
}

describe('a blob whose connection breaks', () => {
  it('goes on where it broke', async () => {
    answerBlobs([(seen, response) => cut(seen, response, 1_000_000), (seen, response) => cut(seen, response, 500_000)]);
    const { body } = await open();
    expect((await buffer(body)).equals(bytes)).toBe(true);
    expect(ranges()).toEqual([undefined, 'bytes=1000000-', 'bytes=1500000-']);
  });

  it('is the same whatever the cuts are, from any offset', async () => {
    const cuts = fc.array(fc.integer({ min: 0, max: bytes.byteLength }), { maxLength: 3 });
    const run = async (start: number, lengths: number[]) => {
      answerBlobs(lengths.map((length) => (seen, response) => cut(seen, response, length)));
      const { body, size } = await open(start);
      expect(size).toBe(bytes.byteLength);
      expect((await buffer(body)).equals(bytes.subarray(start))).toBe(true);
    };
    await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 2_999_999 }), cuts, run), { numRuns: 40 });
  });

  it('goes on with a server that knows no ranges', async () => {
    const whole = (_: SeenRequest, response: ServerResponse) =>
      sendRange(response, { method: 'GET', headers: {} }, bytes);
    answerBlobs([(seen, response) => cut(seen, response, 1_000_000), whole]);
    const { body } = await open();
    expect((await buffer(body)).equals(bytes)).toBe(true);
  });

  it('fails after some attempts without progress', async () => {
    answerBlobs(
      Array.from({ length: 20 }, () => (seen: SeenRequest, response: ServerResponse) => cut(seen, response, 100)),
    );
    const { body } = await open();
    await expect(buffer(body)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(ranges()).toHaveLength(4);
  });

  it('does not fail while there is progress', async () => {
    const large = randomBytesOf('large', 12_000_000);
    const { descriptor } = blobOf(large);
    answerBlobs(
      Array.from(
        { length: 8 },
        () => (seen: SeenRequest, response: ServerResponse) => cut(seen, response, 1_400_000, large),
      ),
    );
    stub.publish('team/app', createManifest('oci', blobOf(Buffer.from('{}')), [blobOf(large)]));
    const repository = client.repository({ host: stub.host, name: 'team/app' });
    const { body } = await repository.blob(descriptor.digest as Digest, { signal });
    expect((await buffer(body)).equals(large)).toBe(true);
  });

  it('fails when the rest is of another size', async () => {
    const other = randomBytesOf('other', 2_000_000);
    answerBlobs([
      (seen, response) => cut(seen, response, 1_000_000),
      (seen, response) => sendRange(response, seen, other),
    ]);
    const { body } = await open();
    await expect(buffer(body)).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('fails when the rest is of other bytes', async () => {
    const other = randomBytesOf('other', bytes.byteLength);
    answerBlobs([
      (seen, response) => cut(seen, response, 1_000_000),
      (seen, response) => sendRange(response, seen, other),
    ]);
    const { body } = await open();
    await expect(buffer(body)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  it('is not asked for again when nobody reads it any more', async () => {
    answerBlobs([(seen, response) => cut(seen, response, 1_000_000)]);
    const { body } = await open();
    body.once('data', () => body.destroy());
    await new Promise((resolve) => body.once('close', resolve));
    await client.repository({ host: stub.host, name: 'team/app' }).statBlob(digest, { signal });
    expect(ranges()).toEqual([undefined, undefined]);
  });

  it('fails when the client is closed', async () => {
    const { body } = await open();
    body.once('data', () => void client.close());
    await expect(buffer(body)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
