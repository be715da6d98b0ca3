import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRepositoryName } from '@longshore/oci';

/** A folder that goes deeper, or has more, was not left by mirroring. */
const [DEEPEST, MOST] = [32, 100_000];

/** The names of all repositories in a folder of mirrored images, ascending; links are not followed. */
export async function repositoriesIn(dir: string): Promise<string[]> {
  const found: string[] = [];
  const folders: string[][] = [[]];
  for (let next = folders.pop(); next !== undefined && found.length < MOST; next = folders.pop()) {
    const entries = await readdir(join(dir, 'v2', ...next), { withFileTypes: true }).catch((): Dirent[] => []);
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const name = next.join('/');
    if (names.includes('manifests') && isRepositoryName(name)) found.push(name);
    if (next.length < DEEPEST) folders.push(...names.map((child) => [...next, child]));
  }
  return found.sort();
}
