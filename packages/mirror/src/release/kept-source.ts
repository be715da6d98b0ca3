import type { Blob, ImageSource, ManifestReading, RemoteManifest, Waiting } from '@longshore/distribution';
import { once } from '../build/new-layer.js';

/** What a release says is a megabyte or two. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * A repository that a release is read from before it is copied from there. What was read is kept until then, as far as it is small, so
 * that no blob is fetched twice.
 */
export class KeptSource implements ImageSource {
  readonly #blobs = new Map<string, Buffer>();
  #bytes = 0;
  #keepsMore = true;

  constructor(
    readonly source: ImageSource,
    readonly mostBytes = MOST_BYTES,
  ) {}

  /** Of what is read from now on, nothing is kept. */
  seal(): void {
    this.#keepsMore = false;
  }

  get name(): string {
    return this.source.name;
  }

  get store(): string {
    return this.source.store;
  }

  get isLocal(): boolean {
    return this.source.isLocal;
  }

  get mountName(): string | undefined {
    return this.source.mountName;
  }

  manifest(reference: string, options: ManifestReading): Promise<RemoteManifest> {
    return this.source.manifest(reference, options);
  }

  peek(tag: string, options: Waiting): ReturnType<ImageSource['peek']> {
    return this.source.peek(tag, options);
  }

  tags(options: Waiting): AsyncIterable<string> {
    return this.source.tags(options);
  }

  checkBlob(blob: Blob, options: Waiting): Promise<void> {
    return this.source.checkBlob(blob, options);
  }

  async openBlob(blob: Blob, start: number, options: Waiting): Promise<AsyncIterable<Uint8Array>> {
    const kept = this.#blobs.get(blob.digest);
    if (kept !== undefined) return once(kept.subarray(start));
    const bytes = await this.source.openBlob(blob, start, options);
    const isSmall = this.#bytes + blob.size <= this.mostBytes;
    return this.#keepsMore && isSmall && start === 0 ? this.#keep(blob, bytes) : bytes;
  }

  async *#keep(blob: Blob, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of bytes) {
      length += chunk.byteLength;
      // Sources may use their buffer again.
      if (length <= blob.size) chunks.push(Buffer.from(chunk));
      yield chunk;
    }
    if (length !== blob.size || this.#bytes + length > this.mostBytes) return;
    this.#bytes += length;
    this.#blobs.set(blob.digest, Buffer.concat(chunks));
  }
}
