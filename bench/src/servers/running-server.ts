import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { endInOrder, endTree, track } from '../children.js';
import { RawConnection, type Target } from '../generators/raw-connection.js';
import type { Transport } from '../options.js';
import type { Workspace } from '../workspace.js';
import { loopMonitorEnvironment, worstEventLoopDelay } from './event-loop-delay.js';
import { authorizationOf, user, writeServerConfig, type User } from './server-config.js';

const startMilliseconds = 20_000;
const stopMilliseconds = 10_000;

export class ServerError extends Error {
  readonly code = 'SERVER_FAILED';
}

/** A server that answers requests. */
export class RunningServer {
  constructor(
    private readonly child: ChildProcess,
    /** What load generators connect to. */
    readonly target: Target,
    /** Who the load generators are there. */
    readonly user: User,
    readonly storageRoot: string,
    /** Configuration, log and sockets of the server. */
    private readonly dir: string,
    /** The API server of the cluster that a registry belongs to. */
    readonly api?: Target,
  ) {}

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** `127.0.0.1:PORT` */
  get host(): string {
    return `127.0.0.1:${this.target.port}`;
  }

  url(path: string): string {
    return `${this.target.caFile === undefined ? 'http' : 'https'}://${this.host}${path}`;
  }

  /** The event-loop delay p99 since the last call in milliseconds; undefined for a server that does not run on Node. */
  eventLoopDelay(): Promise<number | undefined> {
    return worstEventLoopDelay(this.dir, this.pid);
  }

  /** Asks the server to stop and waits for it; ends it when it does not stop in time. */
  stop(): Promise<void> {
    return endInOrder(this.child, stopMilliseconds);
  }
}

export interface StartOptions {
  storageRoot: string;
  transport: Transport;
  /** Each Node process of the server shall measure its event-loop delay. */
  watchEventLoop?: boolean;
}

/**
 * Starts a server on a storage folder, by the command for its configuration file, and waits until it answers. Errors:
 * SERVER_FAILED with the end of its log.
 */
export async function startServer(
  label: string,
  workspace: Workspace,
  { storageRoot, transport, watchEventLoop }: StartOptions,
  commandFor: (configFile: string) => { file: string; args: string[] },
): Promise<RunningServer> {
  const dir = await workspace.scratch('server');
  const certificate = transport === 'tls' ? await workspace.tlsCertificate() : undefined;
  const port = await freePort();
  const { file, args } = commandFor(await writeServerConfig({ dir, storageRoot, port, certificate }));
  const logFile = join(dir, 'log');
  const log = await open(logFile, 'w');
  const env = { ...cleanEnvironment(), ...(watchEventLoop && loopMonitorEnvironment(dir)) };
  const child = track(spawn(file, args, { env, stdio: ['ignore', log.fd, log.fd] }));
  const failed = failureOf(child);
  await log.close();
  const target = { port, authorization: authorizationOf(user), caFile: certificate?.certFile };
  try {
    await Promise.race([failed, untilAnswers(target)]);
  } catch (error) {
    if (child.pid !== undefined) endTree(child.pid);
    const tail = (await readFile(logFile, 'utf8')).trim().slice(-1500);
    throw new ServerError(`${label} did not start: ${tail}`, { cause: error });
  }
  return new RunningServer(child, target, user, storageRoot, dir);
}

/** Rejects when the process cannot be started or ends. */
function failureOf(child: ChildProcess): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => reject(new ServerError(`ended with ${signal ?? `status ${status}`}`)));
  });
  failed.catch(() => undefined);
  return failed;
}

async function untilAnswers(target: Target): Promise<void> {
  const deadline = Date.now() + startMilliseconds;
  for (;;) {
    try {
      const connection = await RawConnection.open(target);
      const { status } = await connection.send({ method: 'GET', path: '/v2/' });
      connection.close();
      if (status === 200) return;
      throw new ServerError(`GET /v2/ answers ${status}`);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(25);
    }
  }
}

/** The environment without the variables that override a registry's configuration. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(REGISTRY|OTEL|LONGSHORE)_/.test(name));
  return { ...Object.fromEntries(kept), OTEL_TRACES_EXPORTER: 'none' };
}

const usedPorts = new Set<number>();

/**
 * A port that nobody listens on and that this run has not used: skopeo remembers which registry (host and port) holds
 * which blob, and must not take a fresh server for one that it knows.
 */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  if (usedPorts.has(port)) return freePort();
  usedPorts.add(port);
  return port;
}
