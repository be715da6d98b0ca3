import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openEtcdStore, openLmdbStore, type Store } from '@longshore/apiserver';

/** An etcd of one's own. */
export interface GatewayAddress {
  endpoints: readonly string[];
  /** Paths of PEM files. */
  ca?: string;
  cert?: string;
  key?: string;
}

const ETCD_PREFIX = '/longshore';

/** The store of a cluster: in its data folder, or in etcd. Errors: StoreError; files that cannot be read. */
export async function openStore(dataDir: string, etcd: GatewayAddress | undefined): Promise<Store> {
  return etcd === undefined ? openLmdbStore({ path: join(dataDir, 'objects') }) : openEtcd(etcd);
}

/** Errors: StoreError; files that cannot be read. */
export async function openEtcd({ endpoints, ...files }: GatewayAddress): Promise<Store> {
  const tls: Record<string, string> = {};
  for (const [name, path] of Object.entries(files)) {
    if (path !== undefined) tls[name] = await readFile(path, 'utf8');
  }
  return openEtcdStore({ endpoints, prefix: ETCD_PREFIX, ...(Object.keys(tls).length > 0 && { tls }) });
}
