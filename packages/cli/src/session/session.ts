import type { Connection, KubeClient } from '@longshore/kube';
import { Option, type Command } from 'commander';

/** How a command reaches a cluster. */
export interface ClusterOptions {
  kubeconfig?: string;
  context?: string;
}

/** Options of each command that talks to a cluster about what is in a namespace. */
export interface SessionOptions extends ClusterOptions {
  namespace?: string;
}

/** A way to a cluster, and where in it one is. */
export interface Session {
  client: KubeClient;
  connection: Connection;
  namespace: string;
}

/** Gives a command the options of {@link ClusterOptions}. */
export function withClusterOptions(command: Command): Command {
  return command
    .addOption(new Option('--kubeconfig <file>', 'kubeconfig of the cluster; default: KUBECONFIG, ~/.kube/config'))
    .addOption(new Option('--context <name>', 'context in it; default: the current one'));
}

/** Gives a command the options of {@link SessionOptions}. */
export function withSessionOptions(command: Command): Command {
  return withClusterOptions(command).addOption(
    new Option('-n, --namespace <name>', 'namespace; default: that of the context'),
  );
}

/** Opens a session, does the work and closes it. Errors: KubeconfigError; those of the work. */
export async function inSession<T>(options: SessionOptions, work: (session: Session) => Promise<T>): Promise<T> {
  const { findConnection, HttpTransport, KubeClient } = await import('@longshore/kube');
  const { kubeconfig, context } = options;
  const connection = await findConnection({
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  });
  const onWarning = (text: string) => process.stderr.write(`Warning: ${text}\n`);
  const client = new KubeClient(new HttpTransport(connection), { onWarning });
  try {
    return await work({ client, connection, namespace: options.namespace ?? connection.namespace });
  } finally {
    await client.close();
  }
}
