import { mkdir, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CopyError, fileFailure } from './place.js';

const HEAD = 'longshore journal 1';
const LARGEST = 64 * 1024 * 1024;
/** Keys have no tab, values no line feed. */
const LINE = /^([^\t\n]{1,1000})\t([^\t\n]{0,1000})$/;

/**
 * Facts that outlive a run, each a key with its last value, in a file to which lines are only added. A line counts when it is
 * whole, so a process killed at any moment spoils nothing. `set` returns at once; the system brings it to the disk in its own
 * time, and `flush` waits for that.
 */
export class Journal {
  /** None where nothing may be written. */
  readonly #file: FileHandle | undefined;
  readonly #path: string;
  readonly #values: Map<string, string>;
  #waiting: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  #failure: unknown;

  private constructor(file: FileHandle | undefined, path: string, values: Map<string, string>) {
    this.#file = file;
    this.#path = path;
    this.#values = values;
  }

  /** Opens a journal, or begins one. A file that is none, or has grown beyond 64 MiB, is begun anew. Errors: CopyError. */
  static async open(path: string): Promise<Journal> {
    try {
      await mkdir(dirname(path), { recursive: true });
      const values = await readValues(path);
      // Written anew: without what was said twice, and without the torn line of a killed process.
      const next = `${path}.new`;
      await rm(next, { force: true });
      const file = await open(next, 'ax', 0o600);
      const lines = [...values].map(([key, value]) => `${key}\t${value}\n`);
      await file.appendFile(`${HEAD}\n${lines.join('')}`);
      await file.datasync();
      await rename(next, path);
      return new Journal(file, path, values);
    } catch (error) {
      throw fileFailure(error, path);
    }
  }

  /** Reads a journal, to which nothing will be added on disk. Errors: CopyError. */
  static async peek(path: string): Promise<Journal> {
    try {
      return new Journal(undefined, path, await readValues(path));
    } catch (error) {
      throw fileFailure(error, path);
    }
  }

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  entries(): Iterable<readonly [string, string]> {
    return this.#values;
  }

  /** @throws {CopyError} INVALID for what cannot stand in a line */
  set(key: string, value: string): void {
    if (this.#values.get(key) === value) return;
    const line = `${key}\t${value}`;
    if (!LINE.test(line))
      throw new CopyError('INVALID', `${this.#path}: ${JSON.stringify(line)} is no line of a journal`);
    this.#values.set(key, value);
    if (this.#file === undefined) return;
    this.#waiting.push(`${line}\n`);
    if (this.#waiting.length === 1) this.#writing = this.#writing.then(() => this.#write());
  }

  /** Waits until all is on disk. Errors: CopyError. */
  async flush(): Promise<void> {
    await this.#writing;
    await this.#try(async (file) => file.datasync());
    if (this.#failure !== undefined) throw fileFailure(this.#failure, this.#path);
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
  }

  /** Whatever has come together during the last write goes in one. */
  async #write(): Promise<void> {
    const lines = this.#waiting.splice(0);
    await this.#try(async (file) => file.appendFile(lines.join('')));
  }

  async #try(work: (file: FileHandle) => Promise<void>): Promise<void> {
    try {
      if (this.#file !== undefined) await work(this.#file);
    } catch (error) {
      this.#failure ??= error;
    }
  }
}

async function readValues(path: string): Promise<Map<string, string>> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return new Map();
  try {
    const { size } = await file.stat();
    if (size > LARGEST) return new Map();
    const text = await file.readFile('utf8');
    const [head, ...lines] = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    if (head !== HEAD) return new Map();
    return new Map(
      lines.flatMap((line) => {
        const [, key, value] = LINE.exec(line) ?? [];
        return key === undefined || value === undefined ? [] : [[key, value] as const];
      }),
    );
  } finally {
    await file.close();
  }
}
