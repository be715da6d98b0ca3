import { freePort, startProcess, type RunningProcess } from './process.js';
import { requireProgram } from './program.js';
import { temporaryFolder } from './temporary-folder.js';

/** An etcd of one member on a loopback port. */
export interface RunningEtcd {
  url: string;
  process: RunningProcess;
  stop(): Promise<number | null>;
}

export interface EtcdOptions {
  /** Default: a new one. */
  folder?: string;
  /** Default: one that is free. */
  port?: number;
  /** Further arguments: `--quota-backend-bytes`. */
  args?: readonly string[];
}

/** Starts Debian's etcd. Errors: ProgramMissingError; StartError with the end of its log. */
export async function startEtcd(options: EtcdOptions = {}): Promise<RunningEtcd> {
  const command = await requireProgram('etcd', 'etcd-server');
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const args = [
    ['--data-dir', options.folder ?? temporaryFolder('etcd')],
    ['--listen-client-urls', url, '--advertise-client-urls', url],
    ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
    options.args ?? [],
  ].flat();
  const process = await startProcess({ command, args, ready: { port } });
  return { url, process, stop: () => process.stop() };
}
