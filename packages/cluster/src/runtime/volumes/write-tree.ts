import { createHash, randomUUID } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileTree } from './file-tree.js';

const DATA = '..data';

/**
 * Makes a folder hold these files, all of them from one moment to the next, as kubelets do: the names are links through
 * `..data`, which is exchanged by one rename (`pkg/volume/util/atomic_writer.go`). Nothing is written when nothing changed.
 */
export async function writeTree(folder: string, tree: FileTree): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const version = `..${versionOf(tree)}`;
  const current = await readlink(join(folder, DATA)).catch(() => undefined);
  if (current === version) return;
  const made = join(folder, version);
  await rm(made, { recursive: true, force: true });
  await mkdir(made, { mode: 0o755 });
  for (const [path, { bytes, mode }] of tree) {
    const file = join(made, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, bytes, { mode: 0o600 });
    await chmod(file, mode);
  }
  await replaceLink(join(folder, DATA), version);
  const names = new Set([...tree.keys()].map((path) => path.split('/')[0] ?? ''));
  for (const name of names) {
    const link = join(folder, name);
    if ((await lstat(link).catch(() => undefined)) === undefined) await symlink(join(DATA, name), link);
  }
  for (const name of await readdir(folder)) {
    const isKept = name === DATA || name === version || names.has(name);
    if (!isKept) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function replaceLink(link: string, to: string): Promise<void> {
  const temporary = `${link}-${randomUUID()}`;
  await symlink(to, temporary);
  await rename(temporary, link);
}

function versionOf(tree: FileTree): string {
  const hash = createHash('sha256');
  for (const path of [...tree.keys()].sort()) {
    const { bytes, mode } = tree.get(path) ?? { bytes: Buffer.alloc(0), mode: 0 };
    hash.update(`${path.length}:${path}:${mode}:${bytes.length}:`).update(bytes);
  }
  return hash.digest('hex').slice(0, 32);
}
