import { posix } from 'node:path';
import type { LocalFiles, LocalNode } from '../butane/local-files.js';

/** A node of {@link MemoryFiles}: contents of a file, or what is told of it. */
export type MemoryNode = string | Uint8Array | { target: string } | { executable: string } | { other: true };

/** A files directory for tests, from paths to what stands there; directories come from the paths. */
export class MemoryFiles implements LocalFiles {
  readonly #nodes: ReadonlyMap<string, MemoryNode>;

  constructor(
    nodes: Record<string, MemoryNode>,
    readonly directory = 'files',
  ) {
    this.#nodes = new Map(Object.entries(nodes));
  }

  read(path: string): Uint8Array {
    const node = this.#at(path);
    if (typeof node === 'string') return Buffer.from(node);
    if (node instanceof Uint8Array) return node;
    if (node && 'executable' in node) return Buffer.from(node.executable);
    throw systemError(this.isDirectory(path) ? 'EISDIR' : 'ENOENT');
  }

  isDirectory(path: string): boolean {
    if (this.#names(path).length > 0) return true;
    if (this.#at(path) === undefined) throw systemError('ENOENT');
    return false;
  }

  node(path: string): LocalNode {
    const node = this.#at(path);
    if (node === undefined) return { kind: this.isDirectory(path) ? 'directory' : 'other', executable: true };
    if (typeof node === 'string' || node instanceof Uint8Array) return { kind: 'file', executable: false };
    if ('executable' in node) return { kind: 'file', executable: true };
    return { kind: 'target' in node ? 'symlink' : 'other', executable: false };
  }

  list(path: string): string[] {
    return this.#names(path);
  }

  target(path: string): string {
    const node = this.#at(path);
    if (typeof node !== 'object' || !('target' in node)) throw systemError('EINVAL');
    return node.target;
  }

  #at(path: string): MemoryNode | undefined {
    return this.#nodes.get(path);
  }

  /** Not in order: whoever walks a directory has to sort. */
  #names(path: string): string[] {
    const prefix = path === '' || path === '.' ? '' : `${posix.normalize(path)}/`;
    const below = [...this.#nodes.keys()].filter((name) => name.startsWith(prefix));
    return [...new Set(below.map((name) => name.slice(prefix.length).split('/')[0] ?? ''))].toReversed();
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
