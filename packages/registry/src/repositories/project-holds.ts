import type { Digest } from '@longshore/oci';
import type { StorageDriver } from '@longshore/storage';
import type { BlobStore } from '../blobs/blob-store.js';
import { repositories } from './catalog.js';

/** How many repositories of a project are looked through (about 10 ms). */
const MAX_REPOSITORIES = 1000;

/**
 * Whether a repository of a project holds a blob: the one that got it last, else one of the first ones. `project`: the first
 * component of their names.
 */
export async function projectHolds(
  project: string,
  digest: Digest,
  { blobs, driver }: { blobs: Pick<BlobStore, 'exists' | 'find' | 'holder'>; driver: StorageDriver },
): Promise<boolean> {
  if (!(await blobs.exists(digest))) return false;
  const isOfProject = (repository: string) => repository.startsWith(`${project}/`);
  const last = blobs.holder(digest);
  if (last !== undefined && isOfProject(last) && (await blobs.find(last, digest)) !== undefined) return true;
  let looked = 0;
  for await (const repository of repositories(driver, `${project}/`)) {
    if (!isOfProject(repository) || ++looked > MAX_REPOSITORIES) return false;
    if ((await blobs.find(repository, digest)) !== undefined) return true;
  }
  return false;
}
