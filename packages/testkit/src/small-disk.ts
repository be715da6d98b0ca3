import { appendFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './program.js';

const MIB = 2 ** 20;
const PAGE = 4096;

/** A folder that is a small file system of its own, in memory. */
export class SmallDisk {
  readonly #filler: string;

  private constructor(readonly folder: string) {
    this.#filler = join(folder, 'filler');
  }

  /** Mounts it on an empty folder; `size` as tmpfs(5) writes it: `24m`. Errors: Error when one is not root. */
  static async mount(folder: string, size: string): Promise<SmallDisk> {
    const args = ['-t', 'tmpfs', '-o', `size=${size}`, 'longshore-test', folder];
    await runProgram('mount', args).catch((cause: unknown) => {
      throw new Error('this test mounts a small file system of its own: run it as root', { cause });
    });
    return new SmallDisk(folder);
  }

  /** Gives it other limits; what is there stays. `options` as in tmpfs(5): `size=64m,nr_inodes=12`. */
  async limit(options: string): Promise<void> {
    await runProgram('mount', ['-o', `remount,${options}`, this.folder]);
  }

  freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.folder);
    return bavail * bsize;
  }

  /** Takes all space but so many bytes. */
  leave(bytes: number): void {
    writeFileSync(this.#filler, '');
    for (let rest = this.freeBytes() - bytes; rest > 0; rest = this.freeBytes() - bytes) {
      appendFileSync(this.#filler, Buffer.alloc(Math.min(MIB, Math.max(PAGE, rest))));
    }
  }

  /** Gives the space back. */
  free(): void {
    rmSync(this.#filler, { force: true });
  }

  async unmount(): Promise<void> {
    await runProgram('umount', [this.folder], { mayFail: true });
  }
}
