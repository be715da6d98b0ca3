import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import { decodeRevision, encodeRevision } from './records.js';

/** The LMDB environment of a store; what each database holds is told in records.ts. */
export interface Databases {
  root: RootDatabase<Buffer, Buffer>;
  current: Database<Buffer, Buffer>;
  log: Database<Buffer, Buffer>;
  history: Database<Buffer, Buffer>;
}

/** Kept in the unnamed database. */
export type Counter = 'revision' | 'compacted';

/** As in etcd, so that an empty list has a resource version that is not 0, which has a meaning of its own. */
const FIRST_REVISION = 1;
const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;

/**
 * Opens or creates the databases in a folder, whose files only their owner may read. `mapSize` is address space, not
 * memory. Commits are synchronous (`overlappingSync: false`): what a reader sees is on the disk.
 */
export async function openDatabases(folder: string, mapSize: number): Promise<Databases> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of ['data.mdb', 'lock.mdb']) {
    const path = join(folder, name);
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
  }
  // Batches of its own would leave a promise behind, whose rejection nobody hears, when a commit fails (lmdb 3.5.6).
  const options = { noSubdir: false, mapSize, overlappingSync: false, eventTurnBatching: false, ...BINARY };
  const root = open<Buffer, Buffer>({ path: folder, ...options });
  const openDatabase = (name: string): Database<Buffer, Buffer> => root.openDB({ name, ...BINARY });
  const databases = {
    root,
    current: openDatabase('current'),
    log: openDatabase('log'),
    history: openDatabase('history'),
  };
  if (root.get(Buffer.from('revision')) === undefined) {
    await root.transaction(() => {
      writeCounter(databases, 'revision', FIRST_REVISION);
      writeCounter(databases, 'compacted', FIRST_REVISION);
    });
    for (const path of [folder, dirname(resolve(folder))]) syncFolder(path);
  }
  return databases;
}

export function readCounter({ root }: Databases, counter: Counter): number {
  const bytes = root.get(Buffer.from(counter));
  return bytes === undefined ? FIRST_REVISION : decodeRevision(bytes);
}

/** Inside a transaction only. */
export function writeCounter({ root }: Databases, counter: Counter, value: number): void {
  void root.put(Buffer.from(counter), encodeRevision(value));
}

/** Bytes of the pages in use; the file is larger by what was freed and waits to be used again. */
export function usedBytes({ current, log, history }: Databases): number {
  return [current, log, history].reduce((sum, database) => {
    const stats = database.getStats() as Record<string, number>;
    const { pageSize = 0, treeBranchPageCount = 0, treeLeafPageCount = 0, overflowPages = 0 } = stats;
    return sum + pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages);
  }, 0);
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
