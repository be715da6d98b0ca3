import type * as Sdk from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import type { RateLimiter } from '../http/rate-limiter.js';
import { RemoteError } from '../remote-error.js';
import { CopyError } from './place.js';
import { loadS3, type BucketName, type LoadedS3, type S3Access } from './s3-client.js';
import { s3Failure } from './s3-failure.js';

/** A part of an upload that the store has. */
export interface Part {
  size: number;
  /** The MD5 of its bytes, but where the store encrypts. */
  tag: string;
}

const ABORT_TIMEOUT_MS = 10_000;

/**
 * The objects of a bucket. Without credentials of its host, those of the usual cloud chain are used. Errors: RemoteError, CopyError
 * NOT_FOUND for an object that is not there; the signal's reason.
 */
export class S3Store {
  readonly name: string;
  /** Bounds the bytes of blobs. */
  readonly bandwidth: RateLimiter | undefined;
  #loaded: Promise<LoadedS3> | undefined;

  constructor(
    readonly bucket: BucketName,
    readonly access: S3Access,
  ) {
    this.bandwidth = access.bandwidth?.of(bucket.host);
    this.name = `s3://${bucket.host}/${bucket.region}/${bucket.bucket}`;
  }

  /** The size of an object; undefined when it is not there. */
  async size(key: string, signal: AbortSignal): Promise<number | undefined> {
    try {
      const found = await this.#call(signal, key, ({ sdk, client }, input) =>
        client.send(new sdk.HeadObjectCommand(input), { abortSignal: signal }),
      );
      return found.ContentLength ?? 0;
    } catch (error) {
      if (error instanceof CopyError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  /** An object from an offset on, and its whole size. */
  async get(key: string, start: number, signal: AbortSignal): Promise<{ size: number; body: Readable }> {
    const range = start === 0 ? {} : { Range: `bytes=${start}-` };
    const found = await this.#call(signal, key, ({ sdk, client }, input) =>
      client.send(new sdk.GetObjectCommand({ ...input, ...range }), { abortSignal: signal }),
    );
    return { size: start + (found.ContentLength ?? 0), body: found.Body as Readable };
  }

  async put(
    key: string,
    body: Uint8Array,
    more: Pick<Sdk.PutObjectCommandInput, 'ContentType' | 'Metadata'>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#call(signal, key, ({ sdk, client }, input) =>
      client.send(new sdk.PutObjectCommand({ ...input, ...more, Body: body }), { abortSignal: signal }),
    );
  }

  /** Copies an object inside the bucket. */
  async copy(from: string, key: string, signal: AbortSignal): Promise<void> {
    const source = `${this.bucket.bucket}/${from}`.split('/').map(encodeURIComponent).join('/');
    await this.#call(signal, key, ({ sdk, client }, input) =>
      client.send(new sdk.CopyObjectCommand({ ...input, CopySource: source }), { abortSignal: signal }),
    );
  }

  /** What follows a prefix in the keys that begin with it. */
  async *list(prefix: string, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    for (let token: string | undefined; ;) {
      const page = await this.#call(signal, prefix, ({ sdk, client }, { Bucket }) =>
        client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix: prefix, ContinuationToken: token }), {
          abortSignal: signal,
        }),
      );
      for (const { Key: key } of page.Contents ?? []) if (key !== undefined) yield key.slice(prefix.length);
      token = page.NextContinuationToken;
      if (token === undefined) return;
    }
  }

  /** Begins an object of several parts, which becomes visible as a whole. Returns the id of the upload. */
  async beginParts(key: string, signal: AbortSignal): Promise<string> {
    const begun = await this.#call(signal, key, ({ sdk, client }, input) =>
      client.send(new sdk.CreateMultipartUploadCommand(input), { abortSignal: signal }),
    );
    if (begun.UploadId !== undefined) return begun.UploadId;
    throw new RemoteError('INVALID', `${this.name}/${key}: the store begins an upload and gives no id for it`);
  }

  /** An upload of several parts that a killed run has begun, the last one of several. */
  async begunUpload(key: string, signal: AbortSignal): Promise<{ id: string; parts: Map<number, Part> } | undefined> {
    const { Uploads: uploads = [] } = await this.#call(signal, key, ({ sdk, client }, { Bucket }) =>
      client.send(new sdk.ListMultipartUploadsCommand({ Bucket, Prefix: key }), { abortSignal: signal }),
    );
    const id = uploads.filter(({ Key }) => Key === key).at(-1)?.UploadId;
    return id === undefined ? undefined : { id, parts: await this.#partsOf(key, id, signal) };
  }

  async #partsOf(key: string, id: string, signal: AbortSignal): Promise<Map<number, Part>> {
    const parts = new Map<number, Part>();
    for (let marker: string | undefined; ;) {
      const page = await this.#call(signal, key, ({ sdk, client }, input) =>
        client.send(new sdk.ListPartsCommand({ ...input, UploadId: id, PartNumberMarker: marker }), {
          abortSignal: signal,
        }),
      );
      for (const { PartNumber, Size, ETag } of page.Parts ?? []) {
        if (PartNumber !== undefined) parts.set(PartNumber, { size: Size ?? 0, tag: ETag ?? '' });
      }
      const next = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
      if (next === undefined || next === marker) return parts;
      marker = next;
    }
  }

  /** Returns the tag of the part, which `completeParts` needs. */
  async putPart(
    key: string,
    { id, number }: { id: string; number: number },
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<string> {
    const put = await this.#call(signal, key, ({ sdk, client }, input) =>
      client.send(new sdk.UploadPartCommand({ ...input, UploadId: id, PartNumber: number, Body: body }), {
        abortSignal: signal,
      }),
    );
    return put.ETag ?? '';
  }

  async completeParts(key: string, id: string, tags: readonly string[], signal: AbortSignal): Promise<void> {
    const parts = tags.map((tag, index) => ({ PartNumber: index + 1, ETag: tag }));
    await this.#call(signal, key, ({ sdk, client }, input) =>
      client.send(
        new sdk.CompleteMultipartUploadCommand({ ...input, UploadId: id, MultipartUpload: { Parts: parts } }),
        { abortSignal: signal },
      ),
    );
  }

  /** Gives the space of an upload back. */
  async abortParts(key: string, id: string): Promise<void> {
    const signal = AbortSignal.timeout(ABORT_TIMEOUT_MS);
    await this.#call(signal, key, ({ sdk, client }, input) =>
      client.send(new sdk.AbortMultipartUploadCommand({ ...input, UploadId: id }), { abortSignal: signal }),
    );
  }

  async close(): Promise<void> {
    const loaded = await this.#loaded?.catch(() => undefined);
    loaded?.client.destroy();
  }

  async #call<T>(
    signal: AbortSignal,
    key: string,
    send: (loaded: LoadedS3, input: { Bucket: string; Key: string }) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    try {
      this.#loaded ??= loadS3(this.bucket, this.access, signal);
      return await send(await this.#loaded, { Bucket: this.bucket.bucket, Key: key });
    } catch (error) {
      signal.throwIfAborted();
      throw s3Failure(error, { store: this.name, key, host: this.bucket.host });
    }
  }
}
