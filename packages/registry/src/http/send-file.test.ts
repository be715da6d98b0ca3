import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventEmitter, once } from 'node:events';
import type { FileReader } from '@longshore/storage';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { BufferPool } from './buffer-pool.js';
import { sendFile, TransferBroken } from './send-file.js';

const LARGE = 64;

/** A pool that knows what is out, and complains when something comes back that is not. */
class WatchedPool extends BufferPool {
  readonly out = new Set<Buffer>();

  constructor() {
    super([{ size: LARGE, count: 2 }], 8);
  }

  override take(): Buffer {
    const buffer = super.take();
    this.out.add(buffer);
    return buffer;
  }

  override give(buffer: Buffer): void {
    if (!this.out.delete(buffer)) throw new Error('given back twice, or not from here');
    super.give(buffer);
  }
}

/** A file whose reads give at most `most` bytes each. */
class FakeReader implements FileReader {
  closed = 0;
  reads = 0;

  constructor(
    private readonly content: Buffer,
    readonly size = content.length,
    private readonly most = Infinity,
    private readonly failFrom = Infinity,
  ) {}

  async read(target: Uint8Array, position: number): Promise<number> {
    expect(this.closed, 'reads after its close').toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    if (this.reads++ >= this.failFrom) throw new Error('the disk is gone');
    return this.content.copy(target, 0, position, position + Math.min(this.most, target.length));
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

/** A response that lets the test decide when a chunk is on its way. */
class FakeResponse extends EventEmitter {
  destroyed = false;
  readonly sent: Buffer[] = [];
  readonly waiting: ((error?: Error) => void)[] = [];

  constructor(private readonly eager: boolean) {
    super();
  }

  write(chunk: Buffer, done: (error?: Error) => void): boolean {
    this.sent.push(Buffer.from(chunk));
    if (this.eager) setImmediate(done);
    else this.waiting.push(done);
    return this.eager;
  }
}

const asResponse = (response: FakeResponse) => response as unknown as ServerResponse;
const turn = () => new Promise((resolve) => setImmediate(resolve));
const bytes = (length: number) => Buffer.from(Array.from({ length }, (_, index) => index));

describe('sendFile', () => {
  it('sends just the bytes that are asked for, whatever the disk gives at once', async () => {
    const parts = fc.tuple(
      fc.nat({ max: 300 }),
      fc.nat({ max: 300 }),
      fc.nat({ max: 50 }),
      fc.integer({ min: 1, max: 100 }),
    );
    await fc.assert(
      fc.asyncProperty(parts, async ([before, length, behind, most]) => {
        const content = bytes(before + length + behind);
        const [reader, pool, response] = [
          new FakeReader(content, content.length, most),
          new WatchedPool(),
          new FakeResponse(true),
        ];
        await sendFile(reader, before, length, asResponse(response), pool);
        expect(Buffer.concat(response.sent)).toEqual(content.subarray(before, before + length));
        expect([pool.out.size, reader.closed]).toEqual([0, 1]);
      }),
    );
  });

  it('reads one piece ahead, and no further, while the client is slow', async () => {
    const [reader, pool, response] = [new FakeReader(bytes(1000)), new WatchedPool(), new FakeResponse(false)];
    const sending = sendFile(reader, 0, 1000, asResponse(response), pool);
    for (let turns = 0; turns < 20; turns++) await turn();
    expect([response.sent.length, reader.reads]).toEqual([1, 2]);
    response.waiting.shift()?.();
    for (let turns = 0; turns < 20; turns++) await turn();
    expect([response.sent.length, reader.reads]).toEqual([2, 3]);
    response.emit('close');
    await expect(sending).rejects.toThrow(TransferBroken);
  });

  it('does not touch a piece before it is on its way', async () => {
    const [pool, response] = [new WatchedPool(), new FakeResponse(false)];
    const content = bytes(1000);
    const chunks: Buffer[] = [];
    response.write = (chunk, done) => {
      chunks.push(chunk);
      response.waiting.push(() => {
        const position = response.sent.reduce((sum, { length }) => sum + length, 0);
        response.sent.push(Buffer.from(chunk));
        expect(chunk.equals(content.subarray(position, position + chunk.length))).toBe(true);
        done();
      });
      return false;
    };
    const sending = sendFile(new FakeReader(content), 0, 1000, asResponse(response), pool);
    let over = false;
    void sending.then(() => (over = true));
    while (!over) {
      await turn();
      response.waiting.shift()?.();
    }
    expect(Buffer.concat(response.sent)).toEqual(content);
  });

  it.each([
    ['the file is shorter than it was', () => new FakeReader(bytes(100), 1000), TransferBroken],
    ['the file is empty', () => new FakeReader(bytes(0), 1000), TransferBroken],
    ['the disk fails at once', () => new FakeReader(bytes(1000), 1000, Infinity, 0), 'the disk is gone'],
    ['the disk fails later', () => new FakeReader(bytes(1000), 1000, Infinity, 3), 'the disk is gone'],
  ])('gives everything back when %s', async (_what, makeReader, expected) => {
    const [reader, pool, response] = [makeReader(), new WatchedPool(), new FakeResponse(true)];
    await expect(sendFile(reader, 0, 1000, asResponse(response), pool)).rejects.toThrow(expected);
    expect([pool.out.size, reader.closed]).toEqual([0, 1]);
  });

  it.each(['before', 'during', 'by an error of'])(
    'gives everything back when the client leaves %s the transfer',
    async (when) => {
      const [reader, pool, response] = [new FakeReader(bytes(1000)), new WatchedPool(), new FakeResponse(false)];
      if (when === 'before') response.destroyed = true;
      const sending = sendFile(reader, 0, 1000, asResponse(response), pool);
      sending.catch(() => undefined);
      for (let turns = 0; turns < 5; turns++) await turn();
      if (when === 'during') response.emit('close');
      if (when === 'by an error of') response.waiting.shift()?.(new Error('EPIPE'));
      await expect(sending).rejects.toThrow(TransferBroken);
      expect([pool.out.size, reader.closed]).toEqual([0, 1]);
      expect(response.listenerCount('close')).toBe(0);
    },
  );
});

describe('with a real client', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close().closeAllConnections()));

  const SIZE = 64 * 2 ** 20;

  /** Serves a large file; resolves with the port, and with how each transfer ended. */
  async function serve() {
    const pool = new WatchedPool();
    const readers: FakeReader[] = [];
    const ends: Promise<unknown>[] = [];
    const server = createServer((_request, response) => {
      const reader = new FakeReader(Buffer.alloc(0), SIZE);
      reader.read = async (target) => {
        await turn();
        return target.length;
      };
      readers.push(reader);
      response.writeHead(200, { 'content-length': SIZE });
      ends.push(sendFile(reader, 0, SIZE, response, pool).catch((error: unknown) => error));
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, pool, readers, ends };
  }

  it('that stops reading and leaves, everything comes back', async () => {
    const { port, pool, readers, ends } = await serve();
    const client = get({ port });
    const [response] = (await once(client, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    await once(response, 'readable');
    client.destroy();
    await expect.poll(() => ends.length).toBe(1);
    expect(await ends[0]).toBeInstanceOf(TransferBroken);
    expect([pool.out.size, readers[0]?.closed]).toEqual([0, 1]);
  });
});
