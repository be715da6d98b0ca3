import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LONGSHORE } from './command.js';
import { startProcess, type RunningProcess } from './process.js';
import { requireProgram, runProgram, type ProgramOptions, type ProgramResult } from './program.js';
import { temporaryFolder } from './temporary-folder.js';

export interface ClusterOptions {
  /** Default: a new folder below the system's temporary folder. */
  dataDir?: string;
  /** The operator runs the registry in a pod. Default: the registry runs in the process of the cluster. */
  operator?: boolean;
  /** With the operator: this machine gets to know its names and certificates. Of all clusters, one can be known at a time. */
  hostChanges?: boolean;
  /** Further arguments of `longshore up`. */
  args?: readonly string[];
}

/** An embedded cluster that runs as a program of its own: `longshore up`. */
export class RunningCluster {
  process: RunningProcess;
  apiUrl = '';
  registryAddress = '';
  /** Where the hosts of routes are served. */
  routerAddress = '';

  constructor(
    readonly dataDir: string,
    private readonly args: readonly string[],
    process: RunningProcess,
  ) {
    this.process = process;
  }

  /** For the cluster's administrator. */
  get kubeconfig(): string {
    return join(this.dataDir, 'kubeconfig');
  }

  /** PEM of the authority that vouches for the API server. */
  ca(): Promise<string> {
    return readFile(join(this.dataDir, 'pki', 'ca.crt'), 'utf8');
  }

  /** Runs the kubectl of the PATH as the administrator, or as the environment of the options says. */
  async kubectl(args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
    const command = await requireProgram('kubectl', 'kubernetes-client');
    const cache = join(this.dataDir, 'kubectl-cache');
    const env = { ...process.env, KUBECONFIG: this.kubeconfig, KUBECACHEDIR: cache, ...options.env };
    return runProgram(command, args, { ...options, env });
  }

  /** Ends it in order; returns its exit status, null when it had to be killed. */
  stop(): Promise<number | null> {
    return this.process.stop();
  }

  kill9(): Promise<void> {
    return this.process.kill9();
  }

  /** Starts it again on the same folder, at the same addresses. */
  async restart(): Promise<void> {
    if (this.process.running) await this.stop();
    const same = addressOptions(new URL(this.apiUrl).host, this.registryAddress, this.routerAddress);
    this.process = await launch(this.dataDir, [...this.args, ...same]);
    await this.readState();
  }

  async readState(): Promise<void> {
    const text = await readFile(join(this.dataDir, 'state.json'), 'utf8');
    const state = JSON.parse(text) as Record<'apiUrl' | 'registryAddress' | 'routerAddress', string>;
    this.apiUrl = state.apiUrl;
    this.registryAddress = state.registryAddress;
    this.routerAddress = state.routerAddress;
  }
}

const FREE = '127.0.0.1:0';

function addressOptions(api: string, registry: string, router: string): string[] {
  return [`--api-address=${api}`, `--registry-address=${registry}`, `--router-address=${router}`];
}

/** Runs `longshore up` on free ports. Errors: StartError with the end of its output. */
export async function startCluster(options: ClusterOptions = {}): Promise<RunningCluster> {
  const { dataDir = temporaryFolder('longshore-cluster'), operator = false, hostChanges = false } = options;
  const mode = !operator ? ['--no-operator'] : hostChanges ? [] : ['--no-host-changes'];
  const args = [...mode, ...(options.args ?? [])];
  const free = addressOptions(FREE, FREE, FREE);
  const cluster = new RunningCluster(dataDir, args, await launch(dataDir, [...args, ...free]));
  await cluster.readState();
  return cluster;
}

function launch(dataDir: string, args: readonly string[]): Promise<RunningProcess> {
  return startProcess({
    command: process.execPath,
    args: [LONGSHORE, 'up', '--data-dir', dataDir, ...args],
    ready: { output: /^Longshore is up\b/m },
    timeout: 60_000,
  });
}
