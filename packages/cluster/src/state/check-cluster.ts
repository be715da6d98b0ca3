import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findConnection, HttpTransport, KubeClient } from '@longshore/kube';
import {
  CLUSTER_OPERATORS,
  REGISTRY_OPERATOR,
  registryHealth,
  type ClusterOperator,
} from '../registry-operator/index.js';
import { reachableAt } from '../registry.js';
import { runningState } from './cluster-state.js';
import { serverProblem } from './server-problem.js';

/** A server of the cluster and how it is. */
export interface PartReport {
  name: string;
  address: string;
  ready: boolean;
  /** Why it is not ready. */
  problem?: string;
}

export type ClusterReport =
  | { running: false }
  | {
      running: true;
      pid: number;
      version: string;
      startedAt: string;
      kubeconfig: string;
      parts: PartReport[];
    };

const TIMEOUT_MS = 5000;

/** Looks whether a cluster runs on this folder, and asks its servers, or the operator of the registry, whether they are ready. */
export async function checkCluster(dataDir: string): Promise<ClusterReport> {
  const state = await runningState(dataDir);
  if (state === undefined) return { running: false };
  const { pid, version, startedAt, apiUrl, registryAddress, operator } = state;
  const ca = await readFile(join(dataDir, 'pki', 'ca.crt'), 'utf8');
  const kubeconfig = join(dataDir, 'kubeconfig');
  const reachable = reachableAt(registryAddress, []);
  const registry = operator
    ? askOperator(kubeconfig).then((problem) => problem ?? serverProblem(`https://${reachable}/healthz`))
    : serverProblem(`http://${reachable}/readyz`);
  const parts = await Promise.all([
    report('API server', apiUrl, serverProblem(`${apiUrl}/readyz`, ca)),
    report('registry', registryAddress, registry),
  ]);
  return { running: true, pid, version, startedAt, kubeconfig, parts };
}

/** `asked`: the problem, if there is one. */
async function report(name: string, address: string, asked: Promise<string | undefined>): Promise<PartReport> {
  const problem = await asked.catch((error: NodeJS.ErrnoException) => error.code ?? error.message);
  return { name, address, ready: problem === undefined, ...(problem !== undefined && { problem }) };
}

async function askOperator(kubeconfig: string): Promise<string | undefined> {
  const client = new KubeClient(new HttpTransport(await findConnection({ kubeconfig })), { retry: { attempts: 1 } });
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    return registryHealth(await client.find<ClusterOperator>(CLUSTER_OPERATORS, REGISTRY_OPERATOR, { signal })).problem;
  } finally {
    await client.close();
  }
}
