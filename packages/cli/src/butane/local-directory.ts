import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalFiles, LocalNode } from '@longshore/ignition';

/** All that one config may embed; the result has to fit a boot partition or an API object. */
const MAX_TOTAL_BYTES = 64 * 1024 * 1024;

/** The directory of `--files-dir`. Paths come cleaned and do not lead out of it; symbolic links are followed (edge.md 1.5). */
export class LocalDirectory implements LocalFiles {
  #left = MAX_TOTAL_BYTES;

  constructor(readonly directory: string) {}

  read(path: string): Buffer {
    const full = join(this.directory, path);
    const { size } = statSync(full);
    if (size > this.#left) throw Object.assign(new Error(`${full} is too large`), { code: 'EFBIG' });
    const bytes = readFileSync(full);
    this.#left -= bytes.length;
    return bytes;
  }

  isDirectory(path: string): boolean {
    return statSync(join(this.directory, path)).isDirectory();
  }

  node(path: string): LocalNode {
    const stats = lstatSync(join(this.directory, path));
    const executable = (stats.mode & 0o111) !== 0;
    if (stats.isFile()) return { kind: 'file', executable };
    if (stats.isDirectory()) return { kind: 'directory', executable };
    return { kind: stats.isSymbolicLink() ? 'symlink' : 'other', executable };
  }

  list(path: string): string[] {
    return readdirSync(join(this.directory, path));
  }

  target(path: string): string {
    return readlinkSync(join(this.directory, path));
  }
}
