import fs from 'node:fs';
import type { FileInfo } from '../driver.js';

/**
 * Describes what lstat found. A link to a folder counts as that folder, since people spread a registry over disks so; a
 * link to a file, a socket and the like count as nothing.
 */
export function fileInfoOf(path: string, stats: fs.Stats): FileInfo | undefined {
  if (stats.isFile()) return describe('file', stats.size, stats);
  if (stats.isDirectory()) return describe('folder', 0, stats);
  if (!stats.isSymbolicLink()) return undefined;
  const behind = fs.statSync(path, { throwIfNoEntry: false });
  return behind?.isDirectory() === true ? describe('folder', 0, behind) : undefined;
}

function describe(kind: FileInfo['kind'], size: number, stats: fs.Stats): FileInfo {
  return { kind, size, modified: stats.mtimeMs, identity: `${stats.ino}:${stats.mtimeMs}:${stats.size}` };
}
