import { isDigest, isRepositoryName, isTag } from '@longshore/oci';
import type { Digest } from '@longshore/oci';
import type { RemoteManifest, Waiting } from '../client/remote-repository.js';
import { digestIfWhole, LARGEST_MANIFEST, readLocalManifest } from './local-manifest.js';
import { ObjectSink } from './object-sink.js';
import { CopyError } from './place.js';
import type { Blob, BlobSink, ImageSource, ImageTarget, ManifestReading, PutOptions } from './place.js';
import { RemoteError } from '../remote-error.js';
import type { S3Store } from './s3-store.js';

/** A blob of which nothing more comes is given up. */
const MOST_BREAKS = 5;
/** What may be copied inside a store in one request. */
const LARGEST_COPY = 5 * 1024 ** 3;
/** As the reference marks a bucket, so that a web server in front of it is a registry that can be read (mirror.md 2.4). */
const MARKER = { key: 'v2/', metadata: { 'X-Docker-Distribution-API-Version': 'registry/2.0' } };

/**
 * A repository in a bucket as mirroring to S3 leaves it (mirror.md 2.4): `v2/REPOSITORY/blobs/DIGEST`, and the manifests under
 * their digests and tags in `v2/REPOSITORY/manifests`, with their media types. Objects become visible as a whole.
 */
export class S3Repository implements ImageSource, ImageTarget {
  readonly name: string;
  readonly store: string;
  readonly storeLabel: string;
  readonly isLocal = false;
  readonly mountName: string;
  readonly canLink = true;
  readonly #objects: S3Store;
  readonly #path: string;

  /** @throws {CopyError} INVALID for a name that is none */
  constructor(
    objects: S3Store,
    readonly repository: string,
  ) {
    if (!isRepositoryName(repository)) {
      throw new CopyError('INVALID', `${JSON.stringify(repository)} does not name a repository`);
    }
    this.#objects = objects;
    this.#path = `v2/${repository}`;
    this.store = objects.name;
    this.name = `${objects.name}/${repository}`;
    this.storeLabel = `${objects.name}/`;
    this.mountName = repository;
  }

  async manifest(reference: string, { signal, ...reading }: ManifestReading): Promise<RemoteManifest> {
    if (!isDigest(reference) && !isTag(reference)) {
      throw new CopyError('INVALID', `${this.name}: ${JSON.stringify(reference)} is neither a tag nor a digest`);
    }
    const { size, body } = await this.#objects.get(this.#key('manifests', reference), 0, signal);
    if (size > LARGEST_MANIFEST) {
      body.destroy();
      const words = `has ${size} bytes, more than the ${LARGEST_MANIFEST} that are read`;
      throw new CopyError('TOO_LARGE', `${this.name}: the manifest ${reference} ${words}`);
    }
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.byteLength;
      if (length > LARGEST_MANIFEST)
        throw new CopyError('TOO_LARGE', `${this.name}: the manifest ${reference} has no end`);
      chunks.push(chunk);
    }
    return readLocalManifest(
      Buffer.concat(chunks),
      `${this.name}: ${reference}`,
      isDigest(reference) ? reference : undefined,
      reading,
    );
  }

  /** Reading it costs as much as asking. */
  async peek(): Promise<undefined> {
    return undefined;
  }

  digestOf(reference: string, options: Waiting): Promise<Digest | undefined> {
    return digestIfWhole(() => this.manifest(reference, options));
  }

  async *tags({ signal }: Waiting): AsyncGenerator<string, void, undefined> {
    for await (const name of this.#objects.list(this.#key('manifests', ''), signal)) {
      if (isTag(name)) yield name;
    }
  }

  async openBlob(blob: Blob, start: number, { signal }: Waiting): Promise<AsyncIterable<Uint8Array>> {
    return this.#bytesOf(blob, start, signal);
  }

  /** Goes on where the store breaks off. */
  async *#bytesOf({ digest, size }: Blob, start: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let breaks = 0;
    for (let at = start; at < size;) {
      const { size: found, body } = await this.#objects.get(this.#key('blobs', digest), at, signal);
      if (found !== size) {
        body.destroy();
        throw wrongSize(this.name, digest, found, size);
      }
      try {
        for await (const chunk of body as AsyncIterable<Uint8Array>) {
          await this.#objects.bandwidth?.take(signal, chunk.byteLength);
          at += chunk.byteLength;
          breaks = 0;
          yield chunk;
        }
      } catch (error) {
        signal.throwIfAborted();
        breaks += 1;
        if (breaks < MOST_BREAKS) continue;
        const words = `${this.name}@${digest}: the store breaks off again and again (${(error as Error).message})`;
        throw new RemoteError('UNAVAILABLE', words, { cause: error });
      }
    }
  }

  async checkBlob({ digest, size }: Blob, { signal }: Waiting): Promise<void> {
    const found = await this.#objects.size(this.#key('blobs', digest), signal);
    if (found === undefined) throw new CopyError('INCOMPLETE', `${this.name}: has no blob ${digest}`);
    if (found !== size) throw wrongSize(this.name, digest, found, size);
  }

  async hasBlob({ digest, size }: Blob, { signal }: Waiting): Promise<boolean> {
    return (await this.#objects.size(this.#key('blobs', digest), signal)) === size;
  }

  knownElsewhere(): undefined {
    return undefined;
  }

  /** The store copies it, without its bytes coming here. */
  async linkBlob(blob: Blob, from: string, { signal }: Waiting): Promise<boolean> {
    if (blob.size > LARGEST_COPY) return false;
    const other = new S3Repository(this.#objects, from);
    if (!(await other.hasBlob(blob, { signal }))) return false;
    await this.#objects.copy(other.#key('blobs', blob.digest), this.#key('blobs', blob.digest), signal);
    return this.hasBlob(blob, { signal });
  }

  async writeBlob(blob: Blob, { signal }: Waiting): Promise<BlobSink> {
    return new ObjectSink(this.#objects, this.#key('blobs', blob.digest), blob.size, signal);
  }

  async putManifest({ digest, bytes, mediaType }: RemoteManifest, { tag, signal }: PutOptions): Promise<void> {
    for (const name of tag === undefined ? [digest] : [digest, tag]) {
      await this.#objects.put(this.#key('manifests', name), bytes, { ContentType: mediaType }, signal);
    }
    if (tag !== undefined)
      await this.#objects.put(MARKER.key, new Uint8Array(0), { Metadata: MARKER.metadata }, signal);
  }

  #key(kind: 'blobs' | 'manifests', name: string): string {
    return `${this.#path}/${kind}/${name}`;
  }
}

function wrongSize(where: string, digest: Digest, found: number, wanted: number): CopyError {
  return new CopyError('DIGEST_MISMATCH', `${where}: ${digest} has ${found} bytes; its manifest says ${wanted}`);
}
