import { FilesystemDriver, InMemoryDriver, type StorageDriver } from '@longshore/storage';
import type { RegistryConfig } from '../config/index.js';

/** The storage driver that the configuration names. */
export function createDriver({ storage }: RegistryConfig): StorageDriver {
  if (!storage.filesystem) return new InMemoryDriver();
  const { rootdirectory, maxthreads } = storage.filesystem;
  return new FilesystemDriver({ rootDirectory: rootdirectory, maxThreads: maxthreads });
}
