import { randomUUID } from 'node:crypto';
import {
  access,
  chmod,
  chown,
  constants,
  open,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { hostsBlock, withBlock } from './hosts-block.js';
import { lockHosts } from './hosts-lock.js';

export interface HostsFileOptions {
  /** Of the cluster; each cluster has a block of its own. */
  dataDir: string;
  /** Default: `/etc/hosts`. */
  path?: string;
}

const HOST_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/**
 * The names of a cluster in the hosts file of this machine (hosts(5)): a block between two marks. All else in the file stays
 * byte for byte, and so do its mode and its owner.
 */
export class HostsFile {
  private readonly names = new Map<string, ReadonlyMap<string, string>>();
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly path: string,
    private readonly cluster: string,
  ) {}

  /**
   * Undefined where this process may not write the file. A block that the same cluster left when it was killed goes. Errors:
   * those of the file system and of {@link lockHosts}, as of all that writes.
   */
  static async open({ dataDir, path = '/etc/hosts' }: HostsFileOptions): Promise<HostsFile | undefined> {
    try {
      await access(path, constants.R_OK | constants.W_OK);
    } catch {
      return undefined;
    }
    const file = new HostsFile(await realpath(path), encodeURI(resolve(dataDir)));
    await file.clear();
    return file;
  }

  /**
   * These are the names of `owner`, by their addresses, instead of those before. What cannot be a name or an address is left
   * out. Errors: those of the file system.
   */
  set(owner: string, names: ReadonlyMap<string, string>): Promise<void> {
    const usable = [...names].filter(([name, address]) => HOST_NAME.test(name) && isIP(address) !== 0);
    this.names.set(owner, new Map(usable));
    return this.write();
  }

  /** Takes all names of the cluster out of the file. Errors: those of the file system. */
  clear(): Promise<void> {
    this.names.clear();
    return this.write();
  }

  /** One after the other. */
  private write(): Promise<void> {
    const written = this.writing.then(() => this.settle());
    this.writing = written.catch(() => undefined);
    return written;
  }

  private async settle(): Promise<void> {
    const unlock = await lockHosts(this.path);
    try {
      // Each byte is a character: what others wrote need not be UTF-8.
      const before = await readFile(this.path, 'latin1');
      const lines = [...this.names.values()].flatMap((names) => hostsBlock(names));
      const after = withBlock(before, this.cluster, lines);
      if (after !== before) await replace(this.path, Buffer.from(after, 'latin1'));
    } finally {
      await unlock();
    }
  }
}

/** In one step where the file can be exchanged; else in place, as where it is a mount of its own (containers). */
async function replace(path: string, content: Uint8Array): Promise<void> {
  const fresh = `${path}.${randomUUID()}.new`;
  try {
    const { mode, uid, gid } = await stat(path);
    const file = await open(fresh, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await chown(fresh, uid, gid);
    await chmod(fresh, mode & 0o7777);
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined);
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EBUSY', 'EXDEV', 'EACCES', 'EPERM', 'EROFS'].includes(code)) throw error;
    await writeFile(path, content);
  }
}
