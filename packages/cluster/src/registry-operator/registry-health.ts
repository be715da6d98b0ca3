import { setTimeout as sleep } from 'node:timers/promises';
import type { ObjectAccess } from '@longshore/apiserver';
import type { Condition, KubeObject, ResourceType } from '@longshore/kube';

export type ClusterOperator = KubeObject & { status?: { conditions?: Condition[] } };

/** Where the operator tells how the registry is. */
export const CLUSTER_OPERATORS: ResourceType = {
  group: 'config.openshift.io',
  version: 'v1',
  resource: 'clusteroperators',
};
export const REGISTRY_OPERATOR = 'image-registry';

const LOOK_MS = 100;

export interface RegistryHealth {
  /** Why the registry cannot be used. */
  problem?: string;
  /** It is as it was asked for. */
  isSettled: boolean;
}

/** What the operator says of the registry (operator.md 6.1). */
export function registryHealth(operator: ClusterOperator | undefined): RegistryHealth {
  const available = operator?.status?.conditions?.find(({ type }) => type === 'Available');
  if (available === undefined) return { problem: 'the operator has not looked at it yet', isSettled: false };
  const isSettled = available.status === 'True';
  if (isSettled && !available.reason.split('::').includes('Removed')) return { isSettled };
  return { problem: available.message.replaceAll('\n', '; '), isSettled };
}

/**
 * Waits until the registry is as it was asked for, or for so long; then tells why it cannot be used. What the operator said before
 * a restart is no proof: the registry is asked itself, too. Errors: the signal's reason.
 */
export async function untilRegistryAvailable(
  objects: Pick<ObjectAccess, 'get'>,
  askRegistry: (signal: AbortSignal) => Promise<string | undefined>,
  waitMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const resource = `${CLUSTER_OPERATORS.resource}.${CLUSTER_OPERATORS.group}`;
  const end = performance.now() + waitMs;
  for (;;) {
    const health = registryHealth(await objects.get<ClusterOperator>(resource, '', REGISTRY_OPERATOR));
    const problem = health.problem ?? (await askRegistry(signal));
    const isSettled = health.isSettled && (health.problem !== undefined || problem === undefined);
    if (isSettled || performance.now() > end) return problem;
    await sleep(LOOK_MS, undefined, { signal });
  }
}
