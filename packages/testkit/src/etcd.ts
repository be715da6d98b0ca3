import { freePort, startProcess, type RunningProcess } from './process.js';
import { requireProgram } from './program.js';
import { temporaryFolder } from './temporary-folder.js';

/** An etcd of one member on a loopback port. */
export interface RunningEtcd {
  url: string;
  process: RunningProcess;
  stop(): Promise<number | null>;
}

/** Starts Debian's etcd on a new folder. Errors: ProgramMissingError; StartError with the end of its log. */
export async function startEtcd(): Promise<RunningEtcd> {
  const command = await requireProgram('etcd', 'etcd-server');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const args = [
    ['--data-dir', temporaryFolder('etcd')],
    ['--listen-client-urls', url, '--advertise-client-urls', url],
    ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
  ].flat();
  const process = await startProcess({ command, args, ready: { port } });
  return { url, process, stop: () => process.stop() };
}
