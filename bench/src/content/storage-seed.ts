import { existsSync, linkSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf } from './digest.js';

/**
 * Fills (and inspects) a storage folder in distribution's layout, which both servers read. Content on disk is hard-linked, so both
 * servers serve the same blocks of the disk and seeding costs no space.
 */
export class StorageSeed {
  private readonly base: string;

  constructor(root: string) {
    this.base = join(root, 'docker/registry/v2');
  }

  /** Puts a blob into a repository. `path` must be on the same file system. */
  linkBlob(repository: string, digest: string, path: string): void {
    const data = this.dataPath(digest);
    mkdirSync(dirname(data), { recursive: true });
    linkSync(path, data);
    this.writeLink(join(this.repository(repository), '_layers', ...digest.split(':'), 'link'), digest);
  }

  /** Puts a small blob into a repository and returns its digest. */
  writeBlob(repository: string, content: Uint8Array): string {
    const digest = this.writeData(content);
    this.writeLink(join(this.repository(repository), '_layers', ...digest.split(':'), 'link'), digest);
    return digest;
  }

  /** Puts a manifest into a repository under any number of tags and returns its digest. */
  writeManifest(repository: string, content: Uint8Array, tags: readonly string[]): string {
    const digest = this.writeData(content);
    const manifests = join(this.repository(repository), '_manifests');
    this.writeLink(join(manifests, 'revisions', ...digest.split(':'), 'link'), digest);
    for (const tag of tags) {
      this.writeLink(join(manifests, 'tags', tag, 'current/link'), digest);
      this.writeLink(join(manifests, 'tags', tag, 'index', ...digest.split(':'), 'link'), digest);
    }
    return digest;
  }

  /** How many tags of a repository have a folder on the disk. */
  countTags(repository: string): number {
    const tags = join(this.repository(repository), '_manifests/tags');
    return existsSync(tags) ? readdirSync(tags).length : 0;
  }

  private writeData(content: Uint8Array): string {
    const digest = digestOf(content);
    const data = this.dataPath(digest);
    mkdirSync(dirname(data), { recursive: true });
    writeFileSync(data, content);
    return digest;
  }

  private writeLink(path: string, digest: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, digest);
  }

  private dataPath(digest: string): string {
    const [algorithm = '', hex = ''] = digest.split(':');
    return join(this.base, 'blobs', algorithm, hex.slice(0, 2), hex, 'data');
  }

  private repository(name: string): string {
    return join(this.base, 'repositories', name);
  }
}
