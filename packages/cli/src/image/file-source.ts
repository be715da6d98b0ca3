import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { digestAlgorithm, digestOf, isDigest, parseDigest, type Digest } from '@longshore/oci';
import { CliError } from '../cli-error.js';
import { LARGEST_MANIFEST, type ImageSource, type SourceManifest } from './image-source.js';

/**
 * An image in the folder that a mirroring to files leaves (mirror.md 1.4): `v2/REPOSITORY/manifests/` with tags and digests,
 * `v2/REPOSITORY/blobs/`. What stands in it may come from anywhere, so links out of the folder are refused and bytes are
 * compared with their digest.
 */
export class FileSource implements ImageSource {
  readonly #dir: string;
  readonly #repository: string;
  readonly #verify: boolean;

  /** @param repository a checked name of a repository */
  constructor(options: { dir: string; repository: string; verify: boolean }) {
    this.#dir = options.dir;
    this.#repository = options.repository;
    this.#verify = options.verify;
  }

  async manifest(reference: string): Promise<SourceManifest> {
    const bytes = await this.#read('manifests', reference, LARGEST_MANIFEST);
    if (!isDigest(reference)) return { bytes, digest: await this.#digestOfTag(reference, bytes) };
    this.#compare(bytes, reference);
    return { bytes, digest: reference };
  }

  async smallBlob(digest: Digest, maxBytes: number): Promise<Buffer> {
    const bytes = await this.#read('blobs', digest, maxBytes);
    this.#compare(bytes, digest);
    return bytes;
  }

  /** A tag is a link to its digest; in a copy without links it is the manifest itself. */
  async #digestOfTag(tag: string, bytes: Uint8Array): Promise<Digest> {
    const target = await realpath(this.#path('manifests', tag));
    const name = target.slice(target.lastIndexOf(sep) + 1).replace(/^(sha256|sha512)-/, '$1:');
    const digest = isDigest(name) ? parseDigest(name) : digestOf(bytes);
    this.#compare(bytes, digest);
    return digest;
  }

  #compare(bytes: Uint8Array, digest: Digest): void {
    const actual = digestOf(bytes, digestAlgorithm(digest));
    if (!this.#verify || actual === digest) return;
    throw new CliError(`file://${this.#repository}: the file of ${digest} has other content, ${actual}`);
  }

  #path(kind: 'manifests' | 'blobs', name: string): string {
    return join(this.#dir, 'v2', ...this.#repository.split('/'), kind, name);
  }

  /** Where `:` is no character of a name, it is `-`. */
  async #read(kind: 'manifests' | 'blobs', name: string, maxBytes: number): Promise<Buffer> {
    for (const candidate of new Set([name, name.replace(':', '-')])) {
      const bytes = await this.#readFile(this.#path(kind, candidate), maxBytes);
      if (bytes !== undefined) return bytes;
    }
    const what = kind === 'blobs' ? 'blob' : 'manifest';
    throw new CliError(`file://${this.#repository}: there is no ${what} ${name} below ${this.#path(kind, '')}`);
  }

  async #readFile(path: string, maxBytes: number): Promise<Buffer | undefined> {
    try {
      const [root, real] = await Promise.all([realpath(this.#dir), realpath(path)]);
      if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) throw new CliError(`${path} leads out of ${root}`);
      const file = await open(real, 'r');
      try {
        const { size } = await file.stat();
        if (size > maxBytes) throw new CliError(`${path} has ${size} bytes, more than the ${maxBytes} that are read`);
        return await file.readFile();
      } finally {
        await file.close();
      }
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      if (error instanceof CliError) throw error;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new CliError(`${path} cannot be read: ${code}`, 1, { cause: error });
    }
  }
}
