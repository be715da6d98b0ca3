import { createHash } from 'node:crypto';
import { get } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pushBlob, randomBytesOf, requestTo, startUpload, type Longshore } from '@longshore/testkit';
import { Servers } from './servers.js';

const MIB = 2 ** 20;
const TRANSFERS = 64;
const MOST_BYTES = 400 * MIB;
/** What one round may add to the memory that the round before needed. */
const GROWTH = 1.15;

const servers = new Servers();
const pulled = randomBytesOf('pulled', 32 * MIB);
const shared = randomBytesOf('pushed', 8 * MIB - 16);
let registry: Longshore;
let digest: string;
beforeAll(async () => {
  registry = await servers.longshore();
  digest = await pushBlob(registry, 'a', pulled);
});
afterAll(() => servers.end());

/** Pulls the blob without keeping it. Resolves with the digest of what came. */
function pull(): Promise<string> {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256');
    const request = get(`${registry.url}/v2/a/blobs/${digest}`, { agent: false }, (response) => {
      response.on('data', (chunk: Buffer) => hash.update(chunk));
      response.once('error', reject);
      response.once('end', () => resolve(`sha256:${hash.digest('hex')}`));
    });
    request.once('error', reject);
  });
}

/** Pushes a blob of its own. Resolves with the status. */
async function push(name: string): Promise<number> {
  const body = Buffer.concat([randomBytesOf(name, 16), shared]);
  const location = await startUpload(registry, 'a');
  const own = createHash('sha256').update(body).digest('hex');
  return (await requestTo(registry, `${location}&digest=sha256:${own}`, { method: 'PUT', body })).status;
}

/** Resolves with the highest memory of all processes of the registry so far, in bytes. */
async function transferAll(round: number): Promise<number> {
  const numbers = Array.from({ length: TRANSFERS }, (_, index) => index);
  expect(new Set(await Promise.all(numbers.map(pull)))).toEqual(new Set([digest]));
  expect(new Set(await Promise.all(numbers.map((index) => push(`${round} ${index}`))))).toEqual(new Set([201]));
  return registry.process.resourceUse().peakMemory;
}

it(`${TRANSFERS} pulls and pushes at once take little memory, and no more the second time`, async () => {
  const first = await transferAll(1);
  const second = await transferAll(2);
  expect(Math.max(first, second)).toBeLessThan(MOST_BYTES);
  expect(second).toBeLessThanOrEqual(first * GROWTH);
}, 120_000);
