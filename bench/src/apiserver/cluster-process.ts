import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endTree, track } from '../children.js';
import type { Target } from '../generators/raw-connection.js';

const STOP_MILLISECONDS = 15_000;

/** `longshore up`, and how load generators reach its API server as the administrator. */
export class ClusterProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly target: Target,
  ) {}

  /** Starts it on a folder, which may hold what another one left. Errors: Error with what it printed. */
  static async start(program: string, dataDir: string): Promise<ClusterProcess> {
    const addresses = ['--api-address=127.0.0.1:0', '--registry-address=127.0.0.1:0'];
    const child = track(spawn(process.execPath, [program, 'up', '--data-dir', dataDir, ...addresses]));
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
    return new ClusterProcess(child, await targetOf(dataDir));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => endTree(this.pid), STOP_MILLISECONDS);
    await ended;
    clearTimeout(timer);
  }
}

async function targetOf(dataDir: string): Promise<Target> {
  const { apiUrl } = JSON.parse(await readFile(join(dataDir, 'state.json'), 'utf8')) as { apiUrl: string };
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
