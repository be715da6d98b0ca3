import { readFile } from 'node:fs/promises';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { join } from 'node:path';
import { runningState } from './cluster-state.js';

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

/** Looks whether a cluster runs on this folder, and asks its servers whether they are ready. */
export async function checkCluster(dataDir: string): Promise<ClusterReport> {
  const state = await runningState(dataDir);
  if (state === undefined) return { running: false };
  const { pid, version, startedAt, apiUrl, registryAddress } = state;
  const ca = await readFile(join(dataDir, 'pki', 'ca.crt'), 'utf8');
  const parts = await Promise.all([
    checkPart('API server', apiUrl, new URL('/readyz', apiUrl), ca),
    checkPart('registry', registryAddress, new URL(`http://${registryAddress}/readyz`), ca),
  ]);
  return { running: true, pid, version, startedAt, kubeconfig: join(dataDir, 'kubeconfig'), parts };
}

async function checkPart(name: string, address: string, url: URL, ca: string): Promise<PartReport> {
  const problem = await ask(url, ca).then(
    (status) => (status === 200 ? undefined : `it answers ${status}`),
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
  return { name, address, ready: problem === undefined, ...(problem !== undefined && { problem }) };
}

/** The status of the answer. */
function ask(url: URL, ca: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { signal: AbortSignal.timeout(TIMEOUT_MS), agent: false as const };
    const answered = (response: IncomingMessage) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    };
    const request =
      url.protocol === 'https:' ? requestHttps(url, { ...options, ca }, answered) : requestHttp(url, options, answered);
    request.once('error', reject).end();
  });
}
