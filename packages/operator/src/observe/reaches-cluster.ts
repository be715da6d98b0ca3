import type { KubeClient } from '@longshore/kube';
import { LEASE, LEASES } from '../names.js';

const TIMEOUT_MS = 3_000;

/** Resolves when the cluster answers the operator, whether it works or waits for another. Errors: those of the client. */
export async function reachesCluster(client: KubeClient, leaseNamespace: string): Promise<void> {
  await client.find(LEASES, LEASE, { namespace: leaseNamespace, signal: AbortSignal.timeout(TIMEOUT_MS) });
}
