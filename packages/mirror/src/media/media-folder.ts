import { resolve } from 'node:path';
import { CopyError, FileRepository, Folder, OciLayout, splitLayoutName } from '@longshore/distribution';
import type { ImageSource } from '@longshore/distribution';
import { isDigest, isRepositoryName, makeDigest, type Digest } from '@longshore/oci';
import { formatOf, type FolderFormat } from '../folder-places.js';

/** A way in which media name an image. What is in no repository has an empty one. */
export interface MediaReference {
  repository: string;
  /** Without, the image has no name but its digest. */
  tag?: string;
  digest?: Digest;
}

/** A file of media that has content, by its name. */
export interface ContentFile {
  path: string;
  digest: Digest;
  /** The same for several names of one file. */
  inode: string;
}

/** What stands on media, as names tell it: nothing has been compared. */
export interface MediaListing {
  references: MediaReference[];
  contents: ContentFile[];
  /** Beginnings of files that a run left behind. */
  leftOvers: string[];
  /** What belongs nowhere. */
  strange: string[];
}

const [MOST_FILES, MOST_FOLDERS, DEEPEST] = [2_000_000, 200_000, 130];
const LEFT_OVER = /\.download$|^\.[0-9a-f]{12}\.tmp$/;
const DIGEST_NAME = /^(sha256|sha512)[-:]([0-9a-f]+)$/;

/** A folder with images in either format, which may come from anywhere. Errors: CopyError. */
export class MediaFolder {
  readonly dir: string;
  readonly folder: Folder;
  readonly #layout: OciLayout;

  /** Errors: CopyError NOT_FOUND for a folder that has no images. */
  static open(dir: string): MediaFolder {
    const format = formatOf(dir);
    if (format !== undefined) return new MediaFolder(dir, format);
    throw new CopyError('NOT_FOUND', `${dir}: has no images: neither v2/ nor an oci-layout; name a folder that has`);
  }

  constructor(
    dir: string,
    readonly format: FolderFormat,
  ) {
    this.dir = resolve(dir);
    this.folder = new Folder(this.dir);
    this.#layout = new OciLayout(this.dir);
  }

  source(repository: string): ImageSource {
    if (this.format === 'v2') return new FileRepository(this.dir, repository);
    return repository === '' ? this.#layout : this.#layout.at(repository);
  }

  async list(): Promise<MediaListing> {
    const listing: MediaListing = { references: [], contents: [], leftOvers: [], strange: [] };
    if (this.format === 'v2') await this.#listRepositories('v2', listing);
    else await this.#listLayout(listing);
    return listing;
  }

  async #listRepositories(top: string, listing: MediaListing): Promise<void> {
    const folders = [top];
    for (let next = 0; next < folders.length; next += 1) {
      const path = folders[next] as string;
      if (folders.length > MOST_FOLDERS || path.split('/').length > DEEPEST) {
        throw new CopyError('TOO_LARGE', `${this.folder.path(path)}: there are more folders than media have`);
      }
      const repository = path.slice(top.length + 1);
      for (const name of await this.folder.list(path)) {
        const below = `${path}/${name}`;
        const stats = await this.folder.stat(below);
        if (stats?.isDirectory() !== true) listing.strange.push(below);
        else if (name === 'blobs' && isRepositoryName(repository)) await this.#listContents(below, listing, nameDigest);
        else if (name === 'manifests' && isRepositoryName(repository)) await this.#listManifests(repository, listing);
        else folders.push(below);
      }
    }
  }

  async #listManifests(repository: string, listing: MediaListing): Promise<void> {
    const path = `v2/${repository}/manifests`;
    await this.#listContents(path, listing, nameDigest, () => undefined);
    const source = this.source(repository);
    const { signal } = new AbortController();
    for await (const tag of source.tags({ signal })) listing.references.push({ repository, tag });
    for (const name of await this.folder.list(path)) {
      const digest = nameDigest(name);
      if (digest !== undefined) listing.references.push({ repository, digest });
    }
  }

  async #listLayout(listing: MediaListing): Promise<void> {
    for (const name of await this.folder.list('blobs')) {
      const algorithm = name === 'sha256' || name === 'sha512' ? name : undefined;
      if (algorithm === undefined) listing.strange.push(`blobs/${name}`);
      else await this.#listContents(`blobs/${name}`, listing, (hex) => nameDigest(`${algorithm}:${hex}`));
    }
    for (const { name, digest } of await this.#layout.images()) {
      listing.references.push(name === undefined ? { repository: '', digest } : { ...splitLayoutName(name), digest });
    }
  }

  async #listContents(
    path: string,
    { contents, leftOvers, strange }: MediaListing,
    digestOfName: (name: string) => Digest | undefined,
    other = (name: string): unknown => strange.push(`${path}/${name}`),
  ): Promise<void> {
    for (const name of await this.folder.list(path)) {
      const digest = digestOfName(name);
      if (LEFT_OVER.test(name)) leftOvers.push(`${path}/${name}`);
      else if (digest === undefined) other(name);
      else {
        const stats = await this.folder.stat(`${path}/${name}`);
        if (stats?.isFile() !== true) strange.push(`${path}/${name}`);
        else contents.push({ path: `${path}/${name}`, digest, inode: `${stats.dev} ${stats.ino}` });
      }
      if (contents.length > MOST_FILES) {
        throw new CopyError('TOO_LARGE', `${this.folder.path(path)}: there are more than ${MOST_FILES} files`);
      }
    }
  }
}

function nameDigest(name: string): Digest | undefined {
  const [, algorithm, hex = ''] = DIGEST_NAME.exec(name) ?? [];
  if (algorithm === undefined || !isDigest(`${algorithm}:${hex}`)) return undefined;
  return makeDigest(algorithm === 'sha512' ? 'sha512' : 'sha256', hex);
}
