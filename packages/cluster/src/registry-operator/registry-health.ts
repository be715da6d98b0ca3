import { setTimeout as sleep } from 'node:timers/promises';
import type { ObjectAccess } from '@longshore/apiserver';
import type { Condition, KubeObject } from '@longshore/kube';

export type ClusterOperator = KubeObject & { status?: { conditions?: Condition[] } };

const OPERATORS = 'clusteroperators.config.openshift.io';
const NAME = 'image-registry';
const LOOK_MS = 100;

/** What the operator says of the registry: undefined when it is available, else why not (operator.md 6.1). */
export function registryProblem(operator: ClusterOperator | undefined): string | undefined {
  const available = operator?.status?.conditions?.find(({ type }) => type === 'Available');
  if (available === undefined) return 'the operator has not looked at it yet';
  return available.status === 'True' ? undefined : available.message.replaceAll('\n', '; ');
}

/** Waits until the registry is available, or for so long; then tells why it is not. Errors: the signal's reason. */
export async function untilRegistryAvailable(
  objects: Pick<ObjectAccess, 'get'>,
  waitMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const end = Date.now() + waitMs;
  for (;;) {
    const problem = registryProblem(await objects.get<ClusterOperator>(OPERATORS, '', NAME));
    if (problem === undefined || Date.now() > end) return problem;
    await sleep(LOOK_MS, undefined, { signal });
  }
}
