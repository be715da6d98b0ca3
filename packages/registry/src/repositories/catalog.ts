import { isRepositoryName } from '@longshore/oci';
import type { StorageDriver } from '@longshore/storage';
import { REPOSITORIES, uploadsFolder } from '../layout.js';
import { Breather, children, statOrUndefined } from '../storage-access.js';

/** Folders below a repository's name that are not the repository's own (`_layers` …) are further names, to this depth. */
const MAX_DEPTH = 128;

/**
 * The names of all repositories in ascending order, after `last`. The order is that of the whole names, in which `a-b`
 * stands between `a` and `a/b`: hence a folder's own name and what is below it are sorted as two entries.
 */
export async function* repositories(driver: StorageDriver, last = ''): AsyncGenerator<string> {
  yield* below(driver, isRepository, '', last, 0);
}

/** The names under which uploads have begun, whether or not anything has been pushed under them yet; ascending. */
export async function* namesWithUploads(driver: StorageDriver): AsyncGenerator<string> {
  yield* below(driver, hasUploads, '', '', 0);
}

type Filter = (driver: StorageDriver, name: string) => Promise<boolean>;

async function* below(
  driver: StorageDriver,
  filter: Filter,
  prefix: string,
  last: string,
  depth: number,
): AsyncGenerator<string> {
  const entries: string[] = [];
  for await (const name of children(driver, `${REPOSITORIES}${prefix && `/${prefix.slice(0, -1)}`}`)) {
    if (!name.startsWith('_')) entries.push(`${prefix}${name}`, `${prefix}${name}/`);
  }
  const breather = new Breather();
  for (const entry of entries.sort(byCodeUnits)) {
    await breather.breathe();
    if (entry.endsWith('/')) {
      const allBefore = last > entry && !last.startsWith(entry);
      if (!allBefore && depth < MAX_DEPTH) yield* below(driver, filter, entry, last, depth + 1);
    } else if (entry > last && isRepositoryName(entry) && (await filter(driver, entry))) {
      yield entry;
    }
  }
}

/** True when something has been pushed under the name. */
export async function isRepository(driver: StorageDriver, name: string): Promise<boolean> {
  const folder = `${REPOSITORIES}/${name}`;
  return (
    (await statOrUndefined(driver, `${folder}/_layers`)) !== undefined ||
    (await statOrUndefined(driver, `${folder}/_manifests`)) !== undefined
  );
}

async function hasUploads(driver: StorageDriver, name: string): Promise<boolean> {
  return (await statOrUndefined(driver, uploadsFolder(name))) !== undefined;
}

const byCodeUnits = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
