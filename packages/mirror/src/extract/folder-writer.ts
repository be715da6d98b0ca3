import { constants } from 'node:fs';
import { chmod, lchown, link, lstat, mkdir, open, realpath, rm, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { ancestors } from './entry-path.js';
import { ImageError } from './image-error.js';
import type { LayerEntry } from './layer-entries.js';

/** Permission bits without those that give the rights of the owner. */
const HARMLESS_BITS = 0o777;

/**
 * Writes entries of images below a folder and never outside: no link is followed, whether it was there before or an archive brought
 * it. Errors: ImageError INVALID for an entry that would lead out, IO.
 */
export class FolderWriter {
  readonly #folders = new Set<string>();
  readonly #files = new Set<string>();
  /** Rights that would keep us from writing into a folder are set at the end. */
  readonly #later = new Map<string, LayerEntry>();

  private constructor(
    readonly root: string,
    readonly preserveOwnership: boolean,
  ) {}

  /** For a folder that is there. */
  static async open(folder: string, { preserveOwnership }: { preserveOwnership: boolean }): Promise<FolderWriter> {
    return new FolderWriter(await failing(folder, () => realpath(folder)), preserveOwnership);
  }

  async folder(path: string, entry: LayerEntry): Promise<void> {
    if (path === '') return;
    await this.#makeFolders([...ancestors(path), path]);
    this.#later.set(path, entry);
  }

  async file(path: string, entry: LayerEntry): Promise<void> {
    const target = await this.#makeRoom(path);
    await failing(target, async () => {
      const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
      const file = await open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      try {
        for await (const chunk of entry.body) await file.writeFile(chunk);
      } finally {
        await file.close();
      }
      await this.#settle(target, entry);
    });
    this.#files.add(path);
  }

  async symlink(path: string, target: string, entry: LayerEntry): Promise<void> {
    const place = await this.#makeRoom(path);
    await failing(place, async () => {
      await symlink(target, place);
      if (this.preserveOwnership) await lchown(place, entry.uid, entry.gid);
    });
  }

  /** False when the file that it is another name of has not been written. */
  async hardlink(path: string, existing: string): Promise<boolean> {
    if (!this.#files.has(existing) || path === existing) return false;
    const target = await this.#makeRoom(path);
    await failing(target, () => link(join(this.root, existing), target));
    this.#files.add(path);
    return true;
  }

  /** Gives folders their rights and times. */
  async finish(): Promise<void> {
    for (const [path, entry] of [...this.#later].reverse()) {
      const target = join(this.root, path);
      await failing(target, () => this.#settle(target, entry));
    }
  }

  async #settle(path: string, { mode, uid, gid, modified }: LayerEntry): Promise<void> {
    // The change of owners takes special bits away, so it comes first.
    if (this.preserveOwnership) await lchown(path, uid, gid);
    await chmod(path, this.preserveOwnership ? mode : mode & HARMLESS_BITS);
    await utimes(path, modified, modified);
  }

  /** A free place for a file in folders that are none of links. */
  async #makeRoom(path: string): Promise<string> {
    if (path === '') throw new ImageError('INVALID', `${this.root}: the root of an archive is no folder`);
    await this.#makeFolders(ancestors(path));
    const target = join(this.root, path);
    const found = await statOf(target);
    if (found?.isDirectory() === true) {
      throw new ImageError('IO', `${target}: is a folder, and a file of that name is to be written`);
    }
    if (found !== undefined) await failing(target, () => rm(target));
    this.#files.delete(path);
    return target;
  }

  async #makeFolders(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      if (this.#folders.has(path)) continue;
      const target = join(this.root, path);
      const found = await statOf(target);
      if (found === undefined) await failing(target, () => mkdir(target, { mode: 0o755 }));
      else if (!found.isDirectory()) {
        const words = `${target}: is a link or a file, and the archive has files below it; nothing is written through it`;
        throw new ImageError('INVALID', words);
      }
      this.#folders.add(path);
    }
  }
}

async function statOf(path: string): Promise<Awaited<ReturnType<typeof lstat>> | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileFailure(path, error);
  }
}

async function failing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileFailure(path, error);
  }
}

function fileFailure(path: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  return new ImageError('IO', `${path}: ${code ?? 'unknown error'}`, { cause: error });
}
