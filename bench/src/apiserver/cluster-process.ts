import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endInOrder, track } from '../children.js';
import type { Target } from '../generators/raw-connection.js';

const STOP_MILLISECONDS = 15_000;

/** `longshore up` without pods, and how load generators reach its API server, as the administrator, and its registry. */
export class ClusterProcess {
  private constructor(
    readonly child: ChildProcess,
    readonly target: Target,
    readonly registryPort: number,
  ) {}

  /** Starts it on a folder, which may hold what another one left. Errors: Error with what it printed. */
  static async start(program: string, dataDir: string, env = process.env): Promise<ClusterProcess> {
    const args = [
      '--no-operator',
      '--data-dir',
      dataDir,
      '--api-address=127.0.0.1:0',
      '--registry-address=127.0.0.1:0',
    ];
    const child = track(spawn(process.execPath, [program, 'up', ...args], { env }));
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const take = (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('Longshore is up.')) resolve();
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.once('exit', () => reject(new Error(`longshore up ended: ${output.trim().slice(-1500)}`)));
    });
    const { apiUrl, registryAddress } = JSON.parse(await readFile(join(dataDir, 'state.json'), 'utf8')) as State;
    const registryPort = Number(registryAddress.split(':').at(-1));
    return new ClusterProcess(child, await targetOf(dataDir, apiUrl), registryPort);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  stop(): Promise<void> {
    return endInOrder(this.child, STOP_MILLISECONDS);
  }
}

/** What it writes down of itself. */
interface State {
  apiUrl: string;
  registryAddress: string;
}

async function targetOf(dataDir: string, apiUrl: string): Promise<Target> {
  const kubeconfig = await readFile(join(dataDir, 'kubeconfig'), 'utf8');
  const part = (name: string) => {
    const encoded = new RegExp(`${name}: (\\S+)`).exec(kubeconfig)?.[1] ?? '';
    return Buffer.from(encoded, 'base64').toString();
  };
  return {
    port: Number(new URL(apiUrl).port),
    authorization: '',
    caFile: join(dataDir, 'pki', 'ca.crt'),
    client: { cert: part('client-certificate-data'), key: part('client-key-data') },
  };
}
