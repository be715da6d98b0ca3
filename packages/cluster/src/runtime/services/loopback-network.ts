import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';

/** Networks 127.64.0.0/16 to 127.127.0.0/16 are for pods; that of the services is 64 above. */
const FIRST = 64;
const COUNT = 64;
const SERVICES_ABOVE = 64;
/** The port of kubelets: who holds it on the first address of a network has the network. */
const KUBELET_PORT = 10_250;
const FIRST_POD = 256;
const LAST_POD = 65_534;
const TRIES = 16;

/**
 * Addresses for the pods and services of one cluster, from the loopback network of the machine: Linux lets everybody listen
 * on all of 127.0.0.0/8 without setting anything up. Several clusters on one machine have different networks. Where there
 * is only 127.0.0.1, as on macOS, all pods have that address, and services none.
 */
export class LoopbackNetwork {
  private readonly taken = new Set<string>();
  private next = FIRST_POD;

  private constructor(
    private readonly number: number | undefined,
    private readonly holder: Server | undefined,
  ) {}

  /** Takes the network that `file` names if it can be had, else another one, which is written there. */
  static async open(file: string): Promise<LoopbackNetwork> {
    const before = Number(await readFile(file, 'utf8').catch(() => ''));
    const isUsable = Number.isInteger(before) && before >= FIRST && before < FIRST + COUNT;
    for (let tries = 0; tries < TRIES; tries++) {
      const number = tries === 0 && isUsable ? before : FIRST + randomInt(COUNT);
      const holder = await hold(`127.${number}.0.1`);
      if (holder === undefined) continue;
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, String(number));
      return new LoopbackNetwork(number, holder);
    }
    return new LoopbackNetwork(undefined, undefined);
  }

  /** An address for a pod; `wanted` when it is of this network and free. */
  takePodAddress(wanted: string | undefined): string {
    if (this.number === undefined) return '127.0.0.1';
    const isOwn = wanted?.startsWith(`127.${this.number}.`) === true && !this.taken.has(wanted);
    const address = isOwn ? wanted : this.freeAddress(this.number);
    this.taken.add(address);
    return address;
  }

  releasePodAddress(address: string): void {
    this.taken.delete(address);
  }

  /** Where a service can be reached on this machine: at the end of its cluster IP, in a network that is there. */
  serviceAddress(clusterIp: string): string | undefined {
    const [, , third, fourth] = clusterIp.split('.');
    if (this.number === undefined || third === undefined || fourth === undefined) return undefined;
    return `127.${this.number + SERVICES_ABOVE}.${third}.${fourth}`;
  }

  async close(): Promise<void> {
    const { holder } = this;
    if (holder !== undefined) await new Promise((resolve) => holder.close(resolve));
  }

  private freeAddress(number: number): string {
    for (;;) {
      const address = `127.${number}.${this.next >> 8}.${this.next & 0xff}`;
      this.next = this.next === LAST_POD ? FIRST_POD : this.next + 1;
      if (!this.taken.has(address)) return address;
    }
  }
}

async function hold(host: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.listen({ host, port: KUBELET_PORT });
  try {
    await once(server, 'listening');
    server.unref();
    return server;
  } catch {
    return undefined;
  }
}
