import { readFile } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { digestOf } from '@longshore/oci';
import { createCertificateAuthority, issueServerCertificate, randomBytesOf, temporaryFolder } from '@longshore/testkit';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChunkWriter } from '../chunk-writer.js';
import { RegistryClient } from '../client/registry-client.js';
import type { BlobSink, ImageSource, ImageTarget } from './place.js';
import { RegistrySource } from './registry-place.js';
import { RawBlobs, type BodyShape } from './testing/raw-blobs.js';
import { Steps } from './testing/steps.js';
import { transferBlob } from './transfer-blob.js';

const MEBIBYTE = 1024 * 1024;
const blobs = [3 * MEBIBYTE, 2 * MEBIBYTE + 17, 1_500_000, 70_000].map((size, index) => {
  const bytes = randomBytesOf(`received ${index}`, size);
  return { bytes, digest: digestOf(bytes), size };
});
const { signal } = new AbortController();
const options = { signal, onBytes: () => undefined };
let tls: { key: Buffer; cert: Buffer };
let server: RawBlobs | undefined;
let client: RegistryClient;

beforeAll(async () => {
  const dir = temporaryFolder('transfer-blob');
  const files = await issueServerCertificate(await createCertificateAuthority(dir), { dir });
  tls = { key: await readFile(files.key), cert: await readFile(files.certificate) };
});
beforeEach(() => {
  client = new RegistryClient({ insecure: () => true, clock: new Steps(), attempts: 6 });
});
afterEach(async () => {
  await client.close();
  await server?.close();
  server = undefined;
});

const source = () => new RegistrySource(client, { host: server?.host ?? '', name: 'team/app' });

class Taking implements BlobSink {
  readonly offset = 0;
  content: Buffer | undefined;
  #parts: Buffer[] = [];
  #chunks: ChunkWriter | undefined;

  /** @param how it looks at what it gets: at once, some turns later, or through chunks that it looks at some turns later */
  constructor(
    readonly how: 'at once' | 'slowly' | 'in chunks',
    readonly failsBehind = Infinity,
  ) {}

  async write(chunk: Uint8Array): Promise<void> {
    if (this.how === 'slowly') for (let turns = chunk.byteLength % 4; turns > 0; turns -= 1) await turn();
    if (this.how === 'in chunks') {
      this.#chunks ??= new ChunkWriter(MEBIBYTE, async (bytes) => {
        await turn();
        await this.#take(bytes);
      });
      return this.#chunks.write(chunk);
    }
    await this.#take(chunk);
  }

  async restart(): Promise<void> {
    await this.abort();
    this.#chunks = undefined;
    this.#parts = [];
  }

  async finish(): Promise<void> {
    if (this.#chunks !== undefined) await this.#take((await this.#chunks.rest()).bytes);
    this.#chunks?.release();
    this.content = Buffer.concat(this.#parts);
  }

  async abort(): Promise<void> {
    await this.#chunks?.rest().catch(() => undefined);
    this.#chunks?.release();
  }

  async #take(bytes: Uint8Array): Promise<void> {
    this.#parts.push(Buffer.from(bytes));
    const taken = this.#parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (taken > this.failsBehind) throw new Error('full');
  }
}

const targetOf = (name: string, sink: BlobSink) =>
  ({ name, store: name, writeBlob: () => Promise.resolve(sink) }) as unknown as ImageTarget;

/** Some smaller than a read of a socket, some larger. */
const sizes = [1, 7, 900, 16_384, 40_000, 66_000, 80_000, 131_072, 200_000, 400_000];
const shape: fc.Arbitrary<BodyShape> = fc.record({
  framing: fc.constantFrom('length', 'chunks', 'chunks and trailers', 'end of connection'),
  // With a large one among them, so that it does not take long.
  writes: fc.array(fc.constantFrom(...sizes), { maxLength: 6 }).map((drawn) => [...drawn, 90_000]),
  cut: fc.option(fc.integer({ min: 0, max: 3 * MEBIBYTE }), { nil: undefined }),
  knowsRanges: fc.boolean(),
  before: fc.constantFrom(undefined, undefined, 'redirect', 'unavailable', 'hints'),
  isFollowed: fc.boolean(),
});

describe('targets of a blob', () => {
  it.each([
    ['plain', false],
    ['TLS', true],
  ])('get its bytes over %s connections in whatever shape they come, beside other blobs', async (_, isTls) => {
    server = await RawBlobs.start(isTls ? tls : undefined);
    const copy = fc.record({
      which: fc.integer({ min: 0, max: blobs.length - 1 }),
      shapes: fc.array(shape, { minLength: 1, maxLength: 3 }),
      failsBehind: fc.integer({ min: 0, max: 3 * MEBIBYTE }),
    });
    const run = async (drawn: { which: number; shapes: BodyShape[]; failsBehind: number }[]) => {
      for (const { which, shapes } of drawn) {
        const { digest, bytes } = blobs[which] as (typeof blobs)[number];
        server?.publish(digest, bytes, shapes);
      }
      await Promise.all(
        drawn.map(async ({ which, failsBehind }) => {
          const blob = blobs[which] as (typeof blobs)[number];
          const sinks = [new Taking('at once'), new Taking('slowly'), new Taking('in chunks')];
          const targets = sinks.map((sink) => targetOf(sink.how, sink));
          const failing = targetOf('failing', new Taking('slowly', Math.min(failsBehind, blob.size - 1)));
          const failures = await transferBlob(blob, [source()], [failing, ...targets], options);
          expect([...failures].map(([{ name }, error]) => [name, (error as Error).message])).toEqual([
            ['failing', 'full'],
          ]);
          for (const { content, how } of sinks) expect([how, content?.equals(blob.bytes)]).toEqual([how, true]);
        }),
      );
    };
    await fc.assert(fc.asyncProperty(fc.array(copy, { minLength: 1, maxLength: 4 }), run), { numRuns: 15 });
  });

  it.each([
    ['another target fails, and cannot even give up', { isEnded: false }],
    ['the copy is ended', { isEnded: true }],
  ])('are left alone while they write when %s', async (_, { isEnded }) => {
    const { bytes, digest, size } = blobs[3] as (typeof blobs)[number];
    const ended = new AbortController();
    const done: string[] = [];
    const busy: Partial<BlobSink> = {
      write: async () => {
        for (let turns = 0; turns < 5; turns += 1) await turn();
        done.push('written');
      },
      restart: async () => void done.push('begun again'),
      abort: async () => void done.push('given up'),
    };
    const failing: Partial<BlobSink> = {
      write: async () => {
        if (isEnded) ended.abort(new Error('ended'));
        throw new Error('full');
      },
      abort: isEnded ? async () => undefined : () => Promise.reject(new Error('gone')),
    };
    const local = { name: 'local', openBlob: async () => [bytes] } as unknown as ImageSource;
    const targets = [failing, busy].map((sink) => targetOf('target', { offset: 0, ...sink } as BlobSink));
    await transferBlob({ digest, size }, [local], targets, { ...options, signal: ended.signal }).catch(() => undefined);
    expect(done).toEqual(isEnded ? ['written', 'given up'] : ['written', 'begun again', 'given up']);
  });
});
