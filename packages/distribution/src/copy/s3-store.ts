import type * as Sdk from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';
import type { RegistryClientOptions } from '../client/options.js';
import { RemoteError } from '../remote-error.js';
import { CopyError } from './place.js';

/** A bucket of an object store that speaks S3. */
export interface BucketName {
  /** `s3.amazonaws.com`, or the host and port of another store. */
  host: string;
  region: string;
  bucket: string;
}

/** How object stores are reached: as registries are. Keys of access are the user and the password of the host's credentials. */
export type S3Access = Pick<RegistryClientOptions, 'credentials' | 'insecure' | 'trust'>;

interface Loaded {
  sdk: typeof Sdk;
  client: Sdk.S3Client;
}

const AWS = /(^|\.)amazonaws\.com$/;
const ATTEMPTS = 6;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * The objects of a bucket. Without credentials of its host, those of the usual cloud chain are used. Errors: RemoteError, CopyError
 * NOT_FOUND for an object that is not there; the signal's reason.
 */
export class S3Store {
  readonly name: string;
  #loaded: Promise<Loaded> | undefined;

  constructor(
    readonly bucket: BucketName,
    readonly access: S3Access,
  ) {
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
    const signal = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
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
    send: (loaded: Loaded, input: { Bucket: string; Key: string }) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    try {
      this.#loaded ??= this.#load(signal);
      return await send(await this.#loaded, { Bucket: this.bucket.bucket, Key: key });
    } catch (error) {
      signal.throwIfAborted();
      throw this.#failure(error, key);
    }
  }

  /** The library is large, so only who needs it loads it. */
  async #load(signal: AbortSignal): Promise<Loaded> {
    // It warns of each version of Node that it will not know one day; which one we run on is not the user's to change.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    const sdk = await import('@aws-sdk/client-s3');
    const { host, bucket } = this.bucket;
    const client = await this.#client(sdk, 'https');
    if (this.access.insecure?.(host) !== true || AWS.test(host)) return { sdk, client };
    try {
      await client.send(new sdk.HeadBucketCommand({ Bucket: bucket }), { abortSignal: signal });
      return { sdk, client };
    } catch (error) {
      if (statusOf(error) !== undefined) return { sdk, client };
      client.destroy();
      return { sdk, client: await this.#client(sdk, 'http') };
    }
  }

  async #client(sdk: typeof Sdk, scheme: 'http' | 'https'): Promise<Sdk.S3Client> {
    const { host, region, bucket } = this.bucket;
    const { credentials, insecure, trust } = this.access;
    const isInsecure = insecure?.(host) === true;
    const [found] = (await credentials?.({ host, name: bucket })) ?? [];
    const ca = trust?.(host) ?? [];
    const keys = found === undefined || !('username' in found) ? undefined : found;
    return new sdk.S3Client({
      region,
      ...(!AWS.test(host) && { endpoint: `${scheme}://${host}`, forcePathStyle: true }),
      ...(keys !== undefined && {
        credentials: { accessKeyId: keys.username, secretAccessKey: keys.password },
      }),
      maxAttempts: isInsecure && scheme === 'https' ? 1 : ATTEMPTS,
      // Other stores do not know the newer checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: CONNECT_TIMEOUT_MS,
        httpsAgent: { rejectUnauthorized: !isInsecure, ...(ca.length > 0 && { ca: [...rootCertificates, ...ca] }) },
      },
    });
  }

  #failure(error: unknown, key: string): unknown {
    if (error instanceof CopyError || error instanceof RemoteError) return error;
    const status = statusOf(error);
    const { name = 'Error', message = '' } = error as Error;
    const words = `${this.name}/${key}: ${name}${message === '' || message === name ? '' : `: ${message}`}`;
    const options = { cause: error, ...(status !== undefined && { status }) };
    if (status === 404 && name === 'NoSuchBucket') return new RemoteError('NOT_FOUND', words, options);
    if (status === 404)
      return new CopyError('NOT_FOUND', `${this.name}/${key}: there is no such object`, { cause: error });
    if (name === 'CredentialsProviderError') {
      const remedy = 'log in to the host, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
      return new RemoteError('UNAUTHORIZED', `${this.name}: there are no credentials for it; ${remedy}`, {
        cause: error,
      });
    }
    if (status === 401 || name === 'InvalidAccessKeyId' || name === 'SignatureDoesNotMatch') {
      return new RemoteError('WRONG_CREDENTIALS', words, options);
    }
    if (status === 403) return new RemoteError('DENIED', words, options);
    if (status === 429) return new RemoteError('TOO_MANY_REQUESTS', words, options);
    return new RemoteError(status !== undefined && status < 500 ? 'INVALID' : 'UNAVAILABLE', words, options);
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
