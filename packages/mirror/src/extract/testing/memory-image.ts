import { gzipSync } from 'node:zlib';
import { digestOf, MediaType, type Descriptor } from '@longshore/oci';
import { pack, type Header } from 'tar-stream';
import type { ReadableSource } from '../readable-source.js';

export type TestEntry = Partial<Header> & { name: string; content?: string | Buffer };

/** A tar archive with the entries in their order. */
export async function archiveOf(entries: readonly TestEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content = '', ...header } of entries) {
    if (header.type === undefined || header.type === 'file') archive.entry(header, content);
    else archive.entry(header);
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A repository in memory; what stands in `blobs` is served as it is, whatever its digest. */
export class MemoryRepository implements ReadableSource {
  readonly name = 'registry.test/team/app';
  readonly blobs = new Map<string, Buffer>();
  readonly tags = new Map<string, string>();
  readonly read: string[] = [];

  manifest(reference: string): ReturnType<ReadableSource['manifest']> {
    const digest = this.tags.get(reference) ?? reference;
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) return Promise.reject(new Error(`${reference}: not there`));
    const { mediaType } = JSON.parse(bytes.toString()) as { mediaType: string };
    return Promise.resolve({ bytes, mediaType, digest: digestOf(bytes) });
  }

  openBlob({ digest }: { digest: string }): Promise<AsyncIterable<Uint8Array>> {
    this.read.push(digest);
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) return Promise.reject(new Error(`${digest}: not there`));
    return Promise.resolve(chunksOf(bytes));
  }

  add(bytes: Buffer, mediaType: string): Descriptor {
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.byteLength };
  }

  /** Layers are given as archives, and packed with gzip. */
  image(archives: readonly Buffer[], config: object, tag: string): { manifest: Descriptor; layers: Descriptor[] } {
    const layers = archives.map((archive) => this.add(gzipSync(archive), MediaType.dockerLayerGzip));
    const configBlob = this.add(Buffer.from(JSON.stringify(config)), MediaType.dockerConfig);
    const mediaType = MediaType.dockerManifest;
    const value = { schemaVersion: 2, mediaType, config: configBlob, layers };
    const manifest = this.add(Buffer.from(JSON.stringify(value)), mediaType);
    this.tags.set(tag, manifest.digest);
    return { manifest, layers };
  }
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.byteLength; at += 1000) yield await Promise.resolve(bytes.subarray(at, at + 1000));
}
