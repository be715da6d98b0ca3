import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  digestOf,
  digestOfPulledBlob,
  getManifest,
  pushBlob,
  pushImage,
  pushTree,
  randomBytesOf,
  requestTo,
  type Longshore,
} from '@longshore/testkit';
import { eventually } from './eventually.js';
import { childrenOf, openFilesBelow } from './processes.js';
import { seed } from './random.js';
import { RawConnection } from './raw-connection.js';
import type { RawResponse } from './raw-response.js';
import { alarmsIn, fsckFindings, Servers } from './servers.js';
import { knownImage, wireSession, type WireSession } from './wire-arbitraries.js';
import { encode, isNoise, isSound, NO_SESSION, pathOf, type SessionMemory, type WireRequest } from './wire-request.js';

const REQUESTS = 10_000;
const CONNECTIONS = 6;
/** The server reads the rest of a refused body for ten seconds before it cuts the connection. */
const HUNG_MS = 20_000;

const servers = new Servers();
/** The storage lies this deep in folders that nobody else uses, so that a path that leads out of it shows. */
const surroundings = servers.folder();
const root = join(surroundings, 'a/b/c/d/root');
let registry: Longshore;

beforeAll(async () => {
  for (let folder = dirname(root); folder.startsWith(surroundings); folder = dirname(folder)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'canary'), 'alive');
  }
  registry = await servers.longshore({ root });
  await pushTree(registry, 'fuzz/a', knownImage, 'latest');
});
afterAll(() => servers.end());

/** Every path below a folder, without what is below the storage's root. */
function outsideOf(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return entries.filter((path) => !join(folder, path).startsWith(`${root}/`)).sort();
}

/** Sends what a session holds and checks each answer. */
async function play({ items, pipelined }: WireSession): Promise<void> {
  const memory: SessionMemory = { location: NO_SESSION, taken: [] };
  let connection = await RawConnection.open(registry.port);
  const owed: WireRequest[] = [];
  try {
    for (const item of items) {
      if (connection.ended) {
        connection.close();
        connection = await RawConnection.open(registry.port);
        owed.length = 0;
      }
      if (isNoise(item)) {
        await connection.write(item.noise);
        connection.halfClose();
        await readToEnd(connection, [...owed.splice(0), undefined]);
        continue;
      }
      await send(connection, item, pathOf(item, memory));
      if (item.ending === 'reset') {
        connection.reset();
        owed.length = 0;
      } else if (item.ending === 'half-close' || !isSound(item)) {
        connection.halfClose();
        await readToEnd(connection, [...owed.splice(0), item]);
      } else if (pipelined) {
        owed.push(item);
      } else {
        remember(memory, item, await answerTo(connection, item));
      }
    }
    for (const item of owed) await answerTo(connection, item);
  } finally {
    connection.close();
  }
}

async function send(connection: RawConnection, request: WireRequest, path: string): Promise<void> {
  const bytes = encode(request, path);
  const size = Math.ceil(bytes.length / request.pieces);
  for (let at = 0; at < bytes.length; at += size) await connection.write(bytes.subarray(at, at + size));
}

async function answerTo(connection: RawConnection, { method }: WireRequest): Promise<RawResponse | undefined> {
  const response = await connection.nextResponse(method, HUNG_MS);
  if (response) checkAnswer(response, method);
  return response;
}

/** Reads what comes before the server ends the connection. `requests`: what it may answer, undefined for noise. */
async function readToEnd(connection: RawConnection, requests: (WireRequest | undefined)[]): Promise<void> {
  for (let at = 0; ; at++) {
    const method = requests[at]?.method ?? 'GET';
    const response = await connection.nextResponse(method, HUNG_MS);
    if (!response) return;
    checkAnswer(response, method);
  }
}

/** An answer says what went wrong in the words of the specification, and nothing went wrong on our side. */
function checkAnswer({ status, headers, body }: RawResponse, method: string): void {
  expect(status, body.toString().slice(0, 500)).toBeLessThan(500);
  const digest = headers.get('docker-content-digest');
  if (status === 200 && method === 'GET' && digest !== undefined) {
    expect(digestOf(body, digest.startsWith('sha512:') ? 'sha512' : 'sha256')).toBe(digest);
  }
  // Node itself refuses, without a body, what lacks a Host or expects the unknown.
  if (status < 400 || method === 'HEAD' || body.length === 0) return;
  expect(headers.get('content-type')).toBe('application/json');
  const { errors } = JSON.parse(body.toString()) as { errors: { code: string; message: string }[] };
  expect(errors).toHaveLength(1);
  expect(errors[0]?.code).toMatch(/^[A-Z_]+$/);
  expect(errors[0]?.message).not.toBe('');
}

function remember(memory: SessionMemory, request: WireRequest, response: RawResponse | undefined): void {
  const location = response?.headers.get('location')?.replace(/^http:\/\/[^/]*/, '');
  if (response?.status !== 202 || !location?.includes('/uploads/')) return;
  memory.location = location;
  if (request.method === 'POST') memory.taken = [];
  else if (request.method === 'PATCH') memory.taken.push(request.framing === 'none' ? Buffer.alloc(0) : request.body);
}

/** A short form of a session for messages. */
function describeSession(session: WireSession): string {
  const short = (text: string) => (text.length > 100 ? `${text.slice(0, 100)}… (${text.length})` : text);
  const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
  const items = session.items.map((item) =>
    isNoise(item) ? { noise: latin1(item.noise) } : { ...item, body: latin1(item.body) },
  );
  const shorten = (_key: string, value: unknown) => (typeof value === 'string' ? short(value) : value);
  return JSON.stringify({ ...session, items }, shorten).slice(0, 2000);
}

async function playAll(sessions: WireSession[]): Promise<{ requests: number; failures: string[] }> {
  const failures: string[] = [];
  let requests = 0;
  const next = sessions.entries();
  const lane = async () => {
    for (const [index, session] of next) {
      try {
        await play(session);
        requests += session.items.length;
      } catch (error) {
        failures.push(`seed ${seed}, session ${index}: ${(error as Error).message}\n${describeSession(session)}`);
      }
      if (failures.length > 3) return;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
  return { requests, failures };
}

/** Sessions with at least `count` requests in all. */
function sample(count: number): WireSession[] {
  const sessions: WireSession[] = [];
  const drawn = fc.sample(wireSession, { seed, numRuns: count });
  for (let requests = 0; requests < count;) {
    const session = drawn.pop();
    if (!session) break;
    requests += session.items.length;
    sessions.push(session);
  }
  return sessions;
}

it(`${REQUESTS} random requests bring no 5xx, no file outside the storage, no hung connection`, async () => {
  const before = outsideOf(surroundings);
  const workers = childrenOf(registry.process.pid);
  const { requests, failures } = await playAll(sample(REQUESTS));
  expect(failures.join('\n\n')).toBe('');
  expect(requests).toBeGreaterThanOrEqual(REQUESTS);

  expect(alarmsIn(registry.log())).toEqual([]);
  expect(childrenOf(registry.process.pid)).toEqual(workers);
  expect(outsideOf(surroundings)).toEqual(before);
  expect(readdirSync(root)).toEqual(['docker']);
  expect(readdirSync(join(root, 'docker'))).toEqual(['registry']);
  expect(readdirSync(join(root, 'docker/registry'))).toEqual(['v2']);
  const top = readdirSync(join(root, 'docker/registry/v2')).sort();
  expect(top).toEqual(['blobs', 'longshore', 'repositories']);

  await eventually('all files are closed and all uploads free', () => {
    const open = openFilesBelow(root, registry.process.pid);
    const files = readdirSync(join(root, 'docker/registry/v2/repositories'), { recursive: true, encoding: 'utf8' });
    const claimed = files.filter((path) => basename(path).startsWith('data.'));
    return open.length + claimed.length === 0 ? true : undefined;
  });
  expect((await requestTo(registry, '/v2/')).status).toBe(200);
  const image = await pushImage(registry, 'fuzz/after', 'latest', { seed: 'after', layers: 3 });
  expect((await getManifest(registry, 'fuzz/after', 'latest')).body.equals(image.bytes)).toBe(true);
  for (const { descriptor } of image.blobs) {
    expect(await digestOfPulledBlob(registry, 'fuzz/after', descriptor.digest)).toBe(descriptor.digest);
  }
  // A random DELETE may take a blob from a repository that has a manifest of it; the bytes stay.
  const lost = (await fsckFindings(registry)).filter((finding) => !isDeletedBlob(finding as Partial<MissingContent>));
  expect(lost).toEqual([]);
}, 240_000);

interface MissingContent {
  repository: string;
  missing: string;
}

function isDeletedBlob({ repository = '', missing }: Partial<MissingContent>): boolean {
  const [algorithm = '', hex = ''] = missing?.split(':') ?? [];
  const link = join(root, 'docker/registry/v2/repositories', repository, '_layers', algorithm, hex, 'link');
  const data = join(root, 'docker/registry/v2/blobs', algorithm, hex.slice(0, 2), hex, 'data');
  return missing !== undefined && !existsSync(link) && existsSync(data);
}

it('what comes behind a request does not get into the answer to it', async () => {
  const blob = randomBytesOf('large', 24 * 2 ** 20);
  const digest = await pushBlob(registry, 'fuzz/large', blob);
  const connection = await RawConnection.open(registry.port);
  await connection.write(Buffer.from(`GET /v2/fuzz/large/blobs/${digest} HTTP/1.1\r\nHost: x\r\n\r\n`));
  await connection.pauseAtAnswer(HUNG_MS);
  await connection.write(Buffer.from('what is this?\r\n\r\n'));
  connection.resume();
  const answer = await connection.bytesToEnd(HUNG_MS);
  connection.close();
  const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4);
  expect(answer.toString('latin1', 0, 12)).toBe('HTTP/1.1 200');
  expect(body.equals(blob.subarray(0, body.length))).toBe(true);
}, 60_000);
