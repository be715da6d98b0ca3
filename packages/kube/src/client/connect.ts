import { inClusterConnection, isInCluster } from '../kubeconfig/in-cluster.js';
import { connectionOf } from '../kubeconfig/context.js';
import { kubeconfigPaths, readKubeconfig } from '../kubeconfig/kubeconfig.js';
import type { Connection } from '../kubeconfig/connection.js';

export interface FindConnectionOptions {
  /** Path of a kubeconfig. */
  kubeconfig?: string;
  /** Name in it. Default: the current context. */
  context?: string;
}

/**
 * Where the API server is: as the options say, else `KUBECONFIG`, else the pod's service account, else `~/.kube/config`.
 * Errors: `KubeconfigError`.
 */
export async function findConnection(
  { kubeconfig, context }: FindConnectionOptions = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<Connection> {
  const isNamed = kubeconfig !== undefined || context !== undefined || (env['KUBECONFIG'] ?? '') !== '';
  if (!isNamed && isInCluster(env)) return inClusterConnection(env);
  return connectionOf(await readKubeconfig(kubeconfigPaths(kubeconfig, env)), context);
}
