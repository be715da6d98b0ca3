import { posix } from 'node:path';
import { ContainerConfigError } from '../process/container-config-error.js';

/** What a volume holds: relative path to content. */
export type FileTree = Map<string, { bytes: Buffer; mode: number }>;

interface KeyToPath {
  key: string;
  path: string;
  mode?: number;
}

/**
 * The files of a config map or secret: all keys, or those that are listed. Errors: ContainerConfigError for a key that is not
 * there (unless `optional`) and for a path that leads out.
 */
export function keyedFiles(
  data: ReadonlyMap<string, Buffer>,
  { items, mode, optional = false }: { items?: readonly KeyToPath[]; mode: number; optional?: boolean },
): FileTree {
  const wanted: readonly KeyToPath[] = items ?? [...data.keys()].map((key) => ({ key, path: key }));
  const tree: FileTree = new Map();
  for (const { key, path, mode: own = mode } of wanted) {
    const bytes = data.get(key);
    if (bytes === undefined) {
      if (optional) continue;
      throw new ContainerConfigError(`references non-existent config key: ${key}`);
    }
    tree.set(checkedPath(path), { bytes, mode: own });
  }
  return tree;
}

/** A relative path that stays within. Errors: ContainerConfigError. */
export function checkedPath(path: string): string {
  const parts = path.split('/');
  if (path === '' || posix.isAbsolute(path) || parts.includes('..') || parts.includes('.') || path.startsWith('..')) {
    throw new ContainerConfigError(`${path} is no path within a volume`);
  }
  return posix.normalize(path);
}
