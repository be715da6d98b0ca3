import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { endInOrder, track } from '../children.js';

/** A running `docker-registry`. */
export interface Registry {
  /** `HOST:PORT`, over plain http. */
  host: string;
  /** Its storage. */
  root: string;
  stop: () => Promise<void>;
}

/** Starts Debian's `docker-registry` on a folder of its own, and waits until it answers. */
export async function startRegistry(root: string): Promise<Registry> {
  await mkdir(root, { recursive: true });
  const host = `127.0.0.1:${await freePort()}`;
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: root }, cache: { blobdescriptor: 'inmemory' } },
    http: { addr: host },
  };
  await writeFile(`${root}.yml`, JSON.stringify(config));
  const child = track(spawn('docker-registry', ['serve', `${root}.yml`], { stdio: 'ignore' }));
  await once(child, 'spawn');
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined);
    if (answer?.status === 200) return { host, root, stop: () => endInOrder(child, 5000) };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('docker-registry does not answer');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
