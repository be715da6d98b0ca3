import { constants, type Stats } from 'node:fs';
import { link, lstat, mkdir, open, readdir, readlink, realpath, rename, rm, symlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { basename, dirname, join, relative, sep } from 'node:path';
import { CopyError, fileFailure } from './place.js';

/** Two of them are in memory for each file that is read. Their start is moved, which makes the kernel's copy several times faster. */
const READ_BYTES = 1024 * 1024;
const SHIFT = 48;
/** They leave the folder of a target as they came: no link is followed for the file itself, nor out of the folder on the way. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW;

/**
 * The files of a folder that may come from anywhere: nothing outside of it is read or written, whatever links stand in it. Paths
 * are relative; their parts are names that the caller has checked. Errors: CopyError.
 */
export class Folder {
  #real: string | undefined;
  /** The last that is being written, by name. */
  readonly #steps = new Map<string, Promise<void>>();

  constructor(readonly root: string) {}

  path(name: string): string {
    return join(this.root, name);
  }

  /** Opens a file to read. */
  async open(name: string): Promise<{ file: FileHandle; stats: Stats }> {
    const path = this.path(name);
    try {
      await this.#confine(dirname(path));
      const file = await open(path, READ);
      const stats = await file.stat();
      if (stats.isFile()) return { file, stats };
      await file.close();
    } catch (error) {
      throw fileFailure(error, path);
    }
    throw new CopyError('INVALID', `${path}: is not a file`);
  }

  /** Reads a small file. */
  async read(name: string, maxBytes: number): Promise<Buffer> {
    const { file, stats } = await this.open(name);
    try {
      if (stats.size <= maxBytes) return await file.readFile();
    } catch (error) {
      throw fileFailure(error, this.path(name));
    } finally {
      await file.close();
    }
    throw new CopyError(
      'TOO_LARGE',
      `${this.path(name)}: has ${stats.size} bytes, more than the ${maxBytes} that are read`,
    );
  }

  /** The state of what stands there, be it a link; undefined when there is nothing. */
  async stat(name: string): Promise<Stats | undefined> {
    const path = this.path(name);
    try {
      await this.#confine(dirname(path));
      return await lstat(path);
    } catch (error) {
      const failure = fileFailure(error, path);
      if ((failure instanceof CopyError && failure.code === 'NOT_FOUND') || isNoFolder(error)) return undefined;
      throw failure;
    }
  }

  /** What a symbolic link says. */
  async readLink(name: string): Promise<string> {
    try {
      return await readlink(this.path(name));
    } catch (error) {
      throw fileFailure(error, this.path(name));
    }
  }

  /** The names in a folder below; none when there is no such folder. */
  async list(name: string): Promise<string[]> {
    const path = this.path(name);
    try {
      await this.#confine(path);
      return await readdir(path);
    } catch (error) {
      const failure = fileFailure(error, path);
      if (failure instanceof CopyError && failure.code === 'NOT_FOUND') return [];
      throw failure;
    }
  }

  /** Makes a folder with those above it. */
  async makeFolder(name: string): Promise<void> {
    const path = this.path(name);
    try {
      await mkdir(path, { recursive: true, mode: 0o750 });
      await this.#confine(path);
    } catch (error) {
      throw fileFailure(error, path);
    }
  }

  /** Writes a small file in one step: the old one or the whole new one is there, also after a crash. */
  async write(name: string, content: Uint8Array | string, mode = 0o600): Promise<void> {
    await this.#inOneStep(name, async (temporary) => {
      const file = await open(temporary, 'wx', mode);
      try {
        await file.writeFile(content);
        await file.datasync();
      } finally {
        await file.close();
      }
    });
  }

  /** Gives a file another name, as a hard link, in one step. False where the file system has none. */
  async link(existing: string, name: string): Promise<boolean> {
    return this.#linked(() => this.#inOneStep(name, (temporary) => link(this.path(existing), temporary)));
  }

  /** Makes a symbolic link in one step. False where the file system has none. */
  async symlink(target: string, name: string): Promise<boolean> {
    return this.#linked(() => this.#inOneStep(name, (temporary) => symlink(target, temporary)));
  }

  /** Makes the names in a folder durable. */
  async sync(name: string): Promise<void> {
    try {
      const file = await open(this.path(name), 'r');
      await file.sync().finally(() => file.close());
    } catch (error) {
      // Not all systems let folders be synchronised.
      const { code = '' } = error as NodeJS.ErrnoException;
      if (!['EPERM', 'EISDIR', 'EINVAL', 'EACCES', 'ENOENT'].includes(code)) throw fileFailure(error, this.path(name));
    }
  }

  async #linked(make: () => Promise<void>): Promise<boolean> {
    try {
      await make();
      return true;
    } catch (error) {
      const cause = error instanceof CopyError ? (error.cause as NodeJS.ErrnoException | undefined)?.code : undefined;
      if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EXDEV', 'ENOSYS'].includes(cause ?? '')) return false;
      throw error;
    }
  }

  /** Who writes the same file waits: its temporary name is the same. */
  async #inOneStep(name: string, make: (temporary: string) => Promise<void>): Promise<void> {
    const before = this.#steps.get(name) ?? Promise.resolve();
    const step = before.catch(() => undefined).then(() => this.#step(name, make));
    this.#steps.set(name, step);
    try {
      await step;
    } finally {
      if (this.#steps.get(name) === step) this.#steps.delete(name);
    }
  }

  async #step(name: string, make: (temporary: string) => Promise<void>): Promise<void> {
    const path = this.path(name);
    const temporary = join(dirname(path), temporaryName(basename(path)));
    try {
      await this.#confine(dirname(path));
      await rm(temporary, { force: true });
      // Between two names of one file, renaming does nothing.
      await make(temporary)
        .then(() => rename(temporary, path))
        .finally(() => rm(temporary, { force: true }));
    } catch (error) {
      throw fileFailure(error, path);
    }
  }

  async #confine(folder: string): Promise<void> {
    this.#real ??= await realpath(this.root);
    const real = await realpath(folder);
    const below = relative(this.#real, real);
    if (below === '..' || below.startsWith(`..${sep}`) || below.startsWith(sep)) {
      throw new CopyError('INVALID', `${folder}: leads out of ${this.root}`);
    }
  }
}

/** For one name always the same, so that what a killed run has left is gone after the next one. */
function temporaryName(name: string): string {
  return `.${createHash('sha256').update(name).digest('hex').slice(0, 12)}.tmp`;
}

/** The bytes of an open file, which is closed at the end. A chunk is overwritten when the next but one is asked for. */
export async function* readChunks(file: FileHandle, start: number): AsyncGenerator<Uint8Array, void, undefined> {
  const [first, second] = [0, 1].map(() =>
    Buffer.allocUnsafeSlow(READ_BYTES + 2 * SHIFT).subarray(SHIFT, SHIFT + READ_BYTES),
  );
  let [current, next] = [first as Buffer, second as Buffer];
  let position = start;
  let ahead: Promise<number> | undefined;
  const read = (buffer: Buffer) => file.read(buffer, 0, READ_BYTES, position).then(({ bytesRead }) => bytesRead);
  try {
    ahead = read(current);
    for (;;) {
      const length = await ahead;
      ahead = undefined;
      if (length === 0) return;
      position += length;
      const chunk = current.subarray(0, length);
      [current, next] = [next, current];
      ahead = read(current);
      ahead.catch(() => undefined);
      yield chunk;
    }
  } finally {
    await ahead?.catch(() => undefined);
    await file.close();
  }
}

/** Some of the bytes of an open file, which is closed at the end. Ends early where the file does. */
export async function* readRange(
  file: FileHandle,
  start: number,
  length: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let rest = length;
  if (rest === 0) return file.close();
  for await (const chunk of readChunks(file, start)) {
    yield chunk.byteLength > rest ? chunk.subarray(0, rest) : chunk;
    rest -= chunk.byteLength;
    if (rest <= 0) return;
  }
}

function isNoFolder(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOTDIR';
}
