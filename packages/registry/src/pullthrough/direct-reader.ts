import type { Readable } from 'node:stream';
import { RemoteError } from '@longshore/distribution';
import type { FileReader } from '@longshore/storage';
import type { BlobSource } from './blob-source.js';

/**
 * Reads a blob from upstream and keeps nothing. It is meant to be read from front to back: each jump is a new request.
 */
export class DirectReader implements FileReader {
  private readonly gone = new AbortController();
  private body: Readable | undefined;
  private chunks: AsyncIterator<Buffer> | undefined;
  private rest: Buffer = Buffer.alloc(0);
  private position = 0;

  constructor(
    readonly size: number,
    private readonly source: BlobSource,
  ) {}

  async read(target: Uint8Array, position: number): Promise<number> {
    if (position >= this.size) return 0;
    const chunks = this.chunks && position === this.position ? this.chunks : await this.begin(position);
    while (this.rest.length === 0) {
      const next = await chunks.next();
      if (next.done === true) return 0;
      this.rest = next.value;
    }
    const taken = this.rest.subarray(0, target.byteLength);
    if (position + taken.length === this.size) await this.checkEnd(chunks);
    target.set(taken);
    this.rest = this.rest.subarray(taken.length);
    this.position += taken.length;
    return taken.length;
  }

  async close(): Promise<void> {
    this.gone.abort();
    this.body?.destroy();
  }

  /** The last byte is handed out when upstream has ended in order: the client of registries has checked the digest then. */
  private async checkEnd(chunks: AsyncIterator<Buffer>): Promise<void> {
    const { done } = await chunks.next();
    if (done !== true) throw new RemoteError('INVALID', 'the blob is longer than its size');
  }

  private async begin(position: number): Promise<AsyncIterator<Buffer>> {
    this.body?.destroy();
    const { body } = await this.source.open(position, this.gone.signal);
    body.on('error', () => undefined); // it also reaches who iterates, unless nobody does any more
    this.body = body;
    this.rest = Buffer.alloc(0);
    this.position = position;
    this.chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    return this.chunks;
  }
}
