import { createHash } from 'node:crypto';
import { ChunkWriter } from '../chunk-writer.js';
import { RemoteError } from '../remote-error.js';
import { CopyError } from './place.js';
import type { BlobSink } from './place.js';
import type { Part, S3Store } from './s3-store.js';

/** What a part may have at least, and how many parts there may be, in the object stores that there are. */
const [SMALLEST_PART, MOST_PARTS] = [5 * 1024 * 1024, 10_000];

interface Upload {
  id: string;
  /** What an earlier run has sent, by number. */
  parts: ReadonlyMap<number, Part>;
}

const PASSING: ReadonlySet<string> = new Set(['UNAVAILABLE', 'TOO_MANY_REQUESTS']);

/** Whether a part has these bytes: nothing is believed that was not compared. */
function isPart({ size, tag }: Part, bytes: Uint8Array): boolean {
  return size === bytes.byteLength && tag === `"${createHash('md5').update(bytes).digest('hex')}"`;
}

/** An object that is being written: in one request when it is small, else in parts. */
export class ObjectSink implements BlobSink {
  readonly offset = 0;
  readonly #partBytes: number;
  #chunks: ChunkWriter;
  #upload: Promise<Upload> | undefined;
  #tags: string[] = [];

  constructor(
    readonly objects: S3Store,
    readonly key: string,
    readonly size: number,
    readonly signal: AbortSignal,
  ) {
    this.#partBytes = Math.max(SMALLEST_PART, Math.ceil(size / MOST_PARTS));
    this.#chunks = this.#newChunks();
  }

  async restart(): Promise<void> {
    await this.abort();
    this.#chunks = this.#newChunks();
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.objects.bandwidth?.take(this.signal, chunk.byteLength);
    await this.#chunks.write(chunk);
  }

  async finish(): Promise<void> {
    const { bytes, offset } = await this.#chunks.rest();
    if (this.#upload === undefined) {
      const type = { ContentType: 'application/octet-stream' };
      await this.objects.put(this.key, bytes, type, this.signal);
    } else {
      if (bytes.byteLength > 0) await this.#putPart(bytes, offset);
      await this.objects.completeParts(this.key, (await this.#upload).id, this.#tags, this.signal);
      this.#upload = undefined;
    }
    this.#chunks.release();
  }

  async abort(): Promise<void> {
    await this.#chunks.rest().catch(() => undefined);
    const upload = await this.#upload?.catch(() => undefined);
    this.#upload = undefined;
    this.#tags = [];
    // What is left there has no name; the next run takes it up.
    if (upload !== undefined) await this.objects.abortParts(this.key, upload.id).catch(() => undefined);
  }

  #newChunks(): ChunkWriter {
    const bytes = Math.max(Math.min(this.#partBytes, this.size), 1);
    return new ChunkWriter(bytes, (chunk, offset) => this.#putPart(chunk, offset));
  }

  async #putPart(bytes: Uint8Array, offset: number): Promise<void> {
    this.#upload ??= this.#begin();
    const { id, parts } = await this.#upload;
    const number = Math.floor(offset / this.#partBytes) + 1;
    const there = parts.get(number);
    const isThere = there !== undefined && isPart(there, bytes);
    this.#tags[number - 1] = isThere
      ? there.tag
      : await this.objects.putPart(this.key, { id, number }, bytes, this.signal);
  }

  /** Goes on with what a killed run has begun; stores that do not tell of it, or may not, get all anew. */
  async #begin(): Promise<Upload> {
    const begun = await this.objects.begunUpload(this.key, this.signal).catch((error: unknown) => {
      if (error instanceof CopyError || (error instanceof RemoteError && !PASSING.has(error.code))) return undefined;
      throw error;
    });
    return begun ?? { id: await this.objects.beginParts(this.key, this.signal), parts: new Map() };
  }
}
