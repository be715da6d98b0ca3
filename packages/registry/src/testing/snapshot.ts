import type { StorageDriver } from '@longshore/storage';

/** Every file of a storage: its content and when it was last changed. */
export async function snapshotOf(driver: StorageDriver, folder = ''): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of (await driver.list(folder || '/')).names) {
    const path = `${folder}/${name}`;
    const { kind, modified } = await driver.stat(path);
    if (kind === 'folder') Object.assign(files, await snapshotOf(driver, path));
    else files[path] = `${modified} ${(await driver.get(path)).toString('latin1')}`;
  }
  return files;
}
