import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface SyncFolders {
  /** A config map as files: `host..port`. */
  source: string;
  /** `/etc/docker/certs.d` */
  target: string;
}

export interface SyncResult {
  copied: number;
  skipped: number;
  trimmed: number;
  /** What could not be done, entry by entry. */
  problems: string[];
}

/** In folders that were made here: only these are ever removed. */
const MARKER = '.longshore-node-ca';
const CERTIFICATE = 'ca.crt';
const temporaryOf = (name: string) => `${name}.tmp`;
const UNFINISHED = [MARKER, CERTIFICATE].map(temporaryOf);
/** Of the storage, not of a host. */
const NO_HOSTS = new Set(['storage-ca-bundle.pem']);
const MAX_BYTES = 4 * 1024 * 1024;

/** `1.1.1.1..5000` is of `1.1.1.1:5000`; undefined for what is no host. */
export function hostFolder(file: string): string | undefined {
  const at = file.lastIndexOf('..');
  const name = at === -1 ? file : `${file.slice(0, at)}:${file.slice(at + 2)}`;
  const isHost = !NO_HOSTS.has(file) && !name.startsWith('.') && !name.startsWith(':') && !name.includes('/');
  return isHost ? name : undefined;
}

/**
 * Makes the certificates of the source those of the target: a folder for each host, each written whole or not at all. Folders of
 * others stay (operator.md 4.4 and 8, row 12). Errors: of the source or the target as a whole; those of entries are in the result.
 */
export async function syncCertificates({ source, target }: SyncFolders): Promise<SyncResult> {
  const result: SyncResult = { copied: 0, skipped: 0, trimmed: 0, problems: [] };
  await mkdir(target, { recursive: true });
  const hosts = new Set<string>();
  for (const file of await readdir(source)) {
    const host = hostFolder(file);
    if (host === undefined) continue;
    hosts.add(host);
    await attempt(result, host, async () => {
      const isCopied = await copy(join(source, file), join(target, host));
      if (isCopied !== undefined) result[isCopied ? 'copied' : 'skipped']++;
    });
  }
  for (const entry of await readdir(target, { withFileTypes: true })) {
    if (!entry.isDirectory() || hosts.has(entry.name)) continue;
    await attempt(result, entry.name, async () => {
      if (await trim(join(target, entry.name))) result.trimmed++;
    });
  }
  return result;
}

/** Takes away all that was written here. Errors: of the target. */
export async function removeCertificates(target: string): Promise<void> {
  const entries = await readdir(target, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries) if (entry.isDirectory()) await trim(join(target, entry.name));
}

async function attempt(result: SyncResult, host: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    result.problems.push(`${host}: ${(error as Error).message}`);
  }
}

/** Whether it had to be written; undefined for what is no file. */
async function copy(file: string, folder: string): Promise<boolean | undefined> {
  const stats = await stat(file);
  if (!stats.isFile()) return undefined;
  if (stats.size > MAX_BYTES) throw new Error(`the certificate has ${stats.size} bytes, more than ${MAX_BYTES}`);
  const content = await readFile(file);
  if ((await readOrNothing(join(folder, CERTIFICATE)))?.equals(content) === true) return false;
  await mkdir(folder, { recursive: true, mode: 0o755 });
  // Also what an interrupted run has left: without the mark, the certificate would be trusted for ever.
  if (await isOnlyOurs(folder)) await writeWhole(folder, MARKER, Buffer.alloc(0));
  await writeWhole(folder, CERTIFICATE, content);
  return true;
}

/** Whether nothing in a folder is of somebody else. */
async function isOnlyOurs(folder: string): Promise<boolean> {
  return (await readdir(folder)).every((name) => name === MARKER || UNFINISHED.includes(name));
}

async function writeWhole(folder: string, name: string, content: Buffer): Promise<void> {
  const temporary = join(folder, temporaryOf(name));
  const file = await open(temporary, 'w', 0o644);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(folder, name));
}

/** Whether it was a folder of ours. What others put into it stays, and the folder with it. */
async function trim(folder: string): Promise<boolean> {
  if ((await readOrNothing(join(folder, MARKER))) === undefined) return false;
  for (const name of [CERTIFICATE, ...UNFINISHED]) await rm(join(folder, name), { force: true });
  await rm(join(folder, MARKER));
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY') throw error;
  });
  return true;
}

async function readOrNothing(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
