import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from './connection.js';
import { KubeconfigError } from './kubeconfig-error.js';

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Whether this process runs in a pod with a service account. */
export function isInCluster(env: NodeJS.ProcessEnv = process.env, folder = SERVICE_ACCOUNT): boolean {
  return env['KUBERNETES_SERVICE_HOST'] !== undefined && existsSync(join(folder, 'token'));
}

/** The API server of the pod's cluster, as its service account. The files are read again, as kubelet renews them. */
export async function inClusterConnection(
  env: NodeJS.ProcessEnv = process.env,
  folder = SERVICE_ACCOUNT,
): Promise<Connection> {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === undefined || host === '') {
    throw new KubeconfigError('KUBERNETES_SERVICE_HOST is not set: this is no pod of a cluster');
  }
  const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  if (!URL.canParse(`https://${authority}`)) {
    throw new KubeconfigError('KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT make no address');
  }
  const namespace = await readFile(join(folder, 'namespace'), 'utf8').catch(() => 'default');
  return {
    server: new URL(`https://${authority}`),
    certificateAuthority: { file: join(folder, 'ca.crt') },
    credential: { token: { file: join(folder, 'token') } },
    namespace: namespace.trim(),
  };
}
