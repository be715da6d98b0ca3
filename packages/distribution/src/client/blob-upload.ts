import type { Digest } from '@longshore/oci';
import { ChunkWriter } from '../chunk-writer.js';
import type { RateLimiter } from '../http/rate-limiter.js';
import { waitBefore } from '../http/retry.js';
import type { FollowedAnswer } from '../http/redirects.js';
import { RemoteError } from '../remote-error.js';
import { patiently } from './patiently.js';
import type { ApiRequest } from './registry-api.js';
import type { Waiting } from './remote-repository.js';
import type { RepositoryWriter } from './repository-writer.js';
import { uploadLocation } from './upload-location.js';

/** Up to here a blob goes with the request that begins its upload, where the registry takes that (mirror.md 8.2). */
const LARGEST_SINGLE_POST = 1024 * 1024;
/** Where bytes are counted, chunks are smaller: of one second, but no smaller than this. */
const SMALLEST_SLOW_CHUNK = 1024 * 1024;
const STATUSES = {
  begun: new Set([202]),
  stored: new Set([201]),
  either: new Set([201, 202]),
  told: new Set([204]),
} as const;
/** What passes: the chunk is still in memory and goes again. */
const TRANSIENT: ReadonlySet<string> = new Set(['UNAVAILABLE', 'TOO_MANY_REQUESTS']);
const UPLOAD_RANGE = /^(?:bytes=)?0-(\d{1,16})$/;

/**
 * Writes a blob of known size and digest, in chunks (registry.md 1.2). A chunk stays in memory until the registry has it, so a
 * broken connection never makes the caller read again; one is sent while the next is filled. Nothing is asked of the registry
 * before a chunk is full, so that a slow source lets no connection idle out.
 */
export class BlobUpload {
  readonly #writer: RepositoryWriter;
  readonly #blob: { digest: Digest; size: number };
  readonly #signal: AbortSignal;
  readonly #chunks: ChunkWriter;
  readonly #bandwidth: RateLimiter | undefined;
  #location: string | undefined;

  constructor(
    writer: RepositoryWriter,
    blob: { digest: Digest; size: number },
    { signal, chunkBytes, location }: Waiting & { chunkBytes: number; location?: string },
  ) {
    this.#writer = writer;
    this.#blob = blob;
    this.#signal = signal;
    const deliver = (bytes: Uint8Array, offset: number) => this.#deliver('PATCH', bytes, offset);
    this.#bandwidth = writer.api.context.options.bandwidth?.of(writer.name.host);
    const slowChunk = Math.max(this.#bandwidth?.rate.perSecond ?? Infinity, SMALLEST_SLOW_CHUNK);
    this.#chunks = new ChunkWriter(Math.min(chunkBytes, slowChunk, blob.size), deliver);
    this.#location = location;
  }

  /** Begins the upload before there are bytes, to find out whether it may be. */
  async begin(): Promise<void> {
    if (this.#location === undefined) await this.#begin();
  }

  /** Takes the next bytes; they may be overwritten afterwards. Waits while the registry is slower. */
  async write(chunk: Uint8Array): Promise<void> {
    const { digest, size } = this.#blob;
    if (this.#chunks.position + chunk.byteLength > size) {
      throw new RemoteError('INVALID', `${digest}: more than its ${size} bytes come`);
    }
    await this.#bandwidth?.take(this.#signal, chunk.byteLength);
    await this.#chunks.write(chunk);
  }

  /** Sends the rest and lets the registry check the digest. */
  async finish(): Promise<void> {
    const { bytes, offset } = await this.#chunks.rest();
    const { takesSinglePost } = this.#writer.endpoint;
    if (offset === 0 && this.#location === undefined && takesSinglePost && bytes.byteLength <= LARGEST_SINGLE_POST) {
      if (await this.#postWhole(bytes)) return this.#chunks.release();
    }
    await this.#deliver('PUT', bytes, offset);
    this.#chunks.release();
  }

  /** Gives the upload up; the registry is told, as far as it listens. */
  async abort(): Promise<void> {
    await this.#chunks.rest().catch(() => undefined);
    if (this.#location !== undefined) await this.#writer.cancelUpload(this.#location, this.#blob.digest);
  }

  /** True when the registry took the blob with its first request; else it may have begun an upload. */
  async #postWhole(bytes: Uint8Array): Promise<boolean> {
    const { endpoint, name } = this.#writer;
    const path = `/v2/${name.name}/blobs/uploads/?digest=${encodeURIComponent(this.#blob.digest)}`;
    const isStored = await patiently(this.#signal, async (signal) => {
      const request = { ...this.#request('POST', path), signal, headers: BINARY, body: bytes };
      const { answer, url } = await this.#ask({ ...request, successes: STATUSES.either });
      if (answer.statusCode === 201) return true;
      endpoint.takesSinglePost = false;
      this.#location = this.#locationIn(answer.headers.location, url);
      return false;
    });
    this.#signal.throwIfAborted();
    return isStored;
  }

  /** One chunk, the last one with PUT. Goes on where the registry stopped to listen. */
  async #deliver(method: 'PATCH' | 'PUT', bytes: Uint8Array, start: number): Promise<void> {
    const { attempts, clock } = this.#writer.api.context;
    let sent = 0;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.begin();
        return await this.#sendPart(method, bytes.subarray(sent), start + sent);
      } catch (error) {
        const isTransient = error instanceof RemoteError && TRANSIENT.has(error.code);
        if (!isTransient || attempt >= attempts) throw error;
        await clock.sleep(waitBefore(attempt, error.retryAfterSeconds, clock.random()), this.#signal);
        const received = this.#location === undefined ? start : await this.#received();
        if (received === undefined) {
          if (method === 'PUT' && (await this.#writer.hasBlob(this.#blob.digest, { signal: this.#signal }))) return;
          if (start > 0) throw error;
          this.#location = undefined;
        }
        sent = (received ?? 0) - start;
        if (sent < 0 || sent > bytes.byteLength) throw error;
        if (method === 'PATCH' && sent === bytes.byteLength) return;
      }
    }
  }

  async #begin(): Promise<void> {
    const path = `/v2/${this.#writer.name.name}/blobs/uploads/`;
    await patiently(this.#signal, async (signal) => {
      const { answer, url } = await this.#ask({ ...this.#request('POST', path), signal, successes: STATUSES.begun });
      this.#location = this.#locationIn(answer.headers.location, url);
    });
    this.#signal.throwIfAborted();
  }

  async #sendPart(method: 'PATCH' | 'PUT', body: Uint8Array, offset: number): Promise<void> {
    const isLast = method === 'PUT';
    const range: Record<string, string> =
      !isLast || offset > 0 ? { 'content-range': `${offset}-${offset + body.byteLength - 1}` } : {};
    const location = this.#location ?? '';
    const { answer, url } = await this.#ask({
      ...this.#request(method, isLast ? withDigest(location, this.#blob.digest) : location),
      headers: { ...BINARY, ...range },
      body,
      successes: isLast ? STATUSES.stored : STATUSES.begun,
      attempts: 1,
    });
    if (!isLast) this.#location = this.#locationIn(answer.headers.location, url);
  }

  /** How many bytes the registry has; undefined when it does not know the upload any more. */
  async #received(): Promise<number | undefined> {
    try {
      const request = this.#request('GET', this.#location ?? '');
      const { answer, url } = await this.#ask({ ...request, successes: STATUSES.told });
      const { location, range } = answer.headers;
      if (location !== undefined) this.#location = this.#locationIn(location, url);
      const last = Number(UPLOAD_RANGE.exec(String(range ?? ''))?.[1] ?? 0);
      // Both nothing and one byte are `0-0`.
      return last === 0 ? 0 : last + 1;
    } catch (error) {
      if (error instanceof RemoteError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  #request(method: ApiRequest['method'], path: string): ApiRequest {
    return this.#writer.request(method, path, this.#blob.digest, this.#signal);
  }

  async #ask(request: ApiRequest): Promise<FollowedAnswer> {
    const { api, endpoint } = this.#writer;
    return api.request(endpoint, request, async (followed) => {
      await followed.answer.body.dump();
      return followed;
    });
  }

  #locationIn(header: string | string[] | undefined, base: URL): string {
    const { endpoint, name } = this.#writer;
    return uploadLocation(header, { base, insecure: endpoint.insecure, subject: `${name.host}/${name.name}` });
  }
}

const BINARY = { 'content-type': 'application/octet-stream' };

function withDigest(location: string, digest: Digest): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
}
