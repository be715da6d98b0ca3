import type { Condition, KubeObject } from '@longshore/kube';
import type { Config } from '../config/config.js';
import type { Failure } from '../failure.js';
import type { NewCondition } from '../storage/decide-storage.js';

export interface Deployment extends KubeObject {
  spec: { replicas?: number };
  status?: {
    availableReplicas?: number;
    readyReplicas?: number;
    updatedReplicas?: number;
    observedGeneration?: number;
    conditions?: Condition[];
  };
}

export interface Route extends KubeObject {
  spec?: { host?: string };
  status?: { ingress?: { host?: string; routerName?: string; conditions?: Partial<Condition>[] }[] };
}

export interface RegistryState {
  config: Config;
  deployment: Deployment | undefined;
  /** Those of the specification. */
  routes: Route[];
  failure?: Failure | undefined;
  now: Date;
}

const UNAVAILABLE_MS = 5 * 60_000;
/** Single failures are no news (operator.md 8, row 6). */
const FAILING_MS = 2 * 60_000;

type Verdict = [status: 'True' | 'False', reason: string, message: string];

/** The four conditions that tell how the registry is (operator.md 1.4 and 9.6). */
export function registryConditions(state: RegistryState): NewCondition[] {
  const available = availability(state);
  const isRemoved = state.config.spec.managementState === 'Removed';
  const removed: Verdict = isRemoved ? ['True', 'Removed', 'The registry is removed'] : ['False', '', ''];
  return [
    condition('Available', available),
    condition('Progressing', progress(state)),
    condition('Degraded', degradation(state, available)),
    condition('Removed', removed),
  ];
}

const condition = (type: string, [status, reason, message]: Verdict): NewCondition => ({
  type,
  status,
  reason,
  message,
});

function availability({ config, deployment, failure }: RegistryState): Verdict {
  const { managementState } = config.spec;
  if (managementState === 'Unmanaged') {
    return ['True', 'Unmanaged', 'The registry configuration is set to unmanaged mode'];
  }
  if (deployment === undefined) {
    if (failure?.permanent !== undefined) return ['False', failure.permanent, `Error: ${failure.message}`];
    if (managementState === 'Removed') return ['True', 'Removed', 'The registry is removed'];
    if (failure !== undefined) return ['False', 'Error', `The deployment does not exist: ${failure.message}`];
    return ['False', 'DeploymentNotFound', 'The deployment does not exist'];
  }
  if (deployment.metadata.deletionTimestamp !== undefined) {
    return ['False', 'DeploymentDeleted', 'The deployment is being deleted'];
  }
  const { replicas = 1 } = deployment.spec;
  const { availableReplicas = 0 } = deployment.status ?? {};
  if (replicas === 0 && config.spec.replicas === 0) return ['True', 'ScaledToZero', 'The registry is scaled to zero'];
  if (availableReplicas === 0) {
    return ['False', 'NoReplicasAvailable', 'The deployment does not have available replicas'];
  }
  if (availableReplicas !== replicas) return ['True', 'MinimumAvailability', 'The registry has minimum availability'];
  return ['True', 'Ready', 'The registry is ready'];
}

function progress({ config, deployment, failure }: RegistryState): Verdict {
  const { managementState } = config.spec;
  if (managementState === 'Unmanaged') {
    return ['False', 'Unmanaged', 'The registry configuration is set to unmanaged mode'];
  }
  if (managementState === 'Removed') {
    if (deployment !== undefined) return ['True', 'DeletingDeployment', 'The deployment is being removed'];
    return ['False', 'Removed', 'All registry resources are removed'];
  }
  if (failure !== undefined) {
    const isPermanent = failure.permanent !== undefined;
    return [isPermanent ? 'False' : 'True', 'Error', `Unable to apply resources: ${failure.message}`];
  }
  if (deployment === undefined) {
    const message = 'All resources are successfully applied, but the deployment does not exist';
    return ['True', 'WaitingForDeployment', message];
  }
  if (deployment.metadata.deletionTimestamp !== undefined) {
    return ['True', 'FinalizingDeployment', 'The deployment is being deleted'];
  }
  const { status, reason } = progressOf(deployment) ?? {};
  if (status !== 'True' || reason !== 'NewReplicaSetAvailable') {
    return ['True', 'DeploymentNotCompleted', 'The deployment has not completed'];
  }
  return ['False', 'Ready', 'The registry is ready'];
}

const progressOf = (deployment: Deployment) =>
  deployment.status?.conditions?.find(({ type }) => type === 'Progressing');

function degradation(state: RegistryState, [available, , availableMessage]: Verdict): Verdict {
  const { config, deployment, failure } = state;
  const { managementState } = config.spec;
  if (managementState === 'Unmanaged') {
    return ['False', 'Unmanaged', 'The registry configuration is set to unmanaged mode'];
  }
  if (failure?.permanent !== undefined) return ['True', failure.permanent, `Error: ${failure.message}`];
  if (managementState === 'Removed') {
    if (failure !== undefined) return ['True', 'RemovalFailed', `Unable to remove registry: ${failure.message}`];
    return ['False', 'Removed', 'The registry is removed'];
  }
  const isOlder = (type: string, status: string, age: number) => statusAge(state, type, status) > age;
  if (available !== 'True' && isOlder('Available', available, UNAVAILABLE_MS)) {
    return ['True', 'Unavailable', availableMessage];
  }
  if (failure !== undefined && isOlder('Progressing', 'True', FAILING_MS)) {
    return ['True', 'ApplyFailed', `Error: ${failure.message}`];
  }
  const { reason, message = '' } = (deployment && progressOf(deployment)) ?? {};
  if (reason === 'ProgressDeadlineExceeded') {
    return ['True', reason, `Registry deployment has timed out progressing: ${message}`];
  }
  const refused = state.routes.flatMap(refusals);
  if (refused.length > 0) return ['True', 'RouteDegraded', refused.join(',')];
  return ['False', '', ''];
}

/** For how long a condition of the Config has this status, as written; 0 when it has another. */
function statusAge({ config, now }: RegistryState, type: string, status: string): number {
  const old = config.status?.conditions?.find((one) => one.type === type);
  return old?.status === status ? now.getTime() - Date.parse(old.lastTransitionTime) : 0;
}

function refusals({ metadata, status }: Route): string[] {
  return (status?.ingress ?? []).flatMap(({ host = '', routerName = '', conditions = [] }) =>
    conditions
      .filter(({ type, status }) => type === 'Admitted' && status !== 'True')
      .map(
        ({ message = '' }) => `route ${metadata.name} (host ${host}, router ${routerName}) not admitted: ${message}`,
      ),
  );
}

/** When time alone changes a condition: milliseconds from now; undefined when it does not. */
export function nextChange(
  { config, failure, now }: RegistryState,
  conditions: readonly Condition[],
): number | undefined {
  if (config.spec.managementState === 'Unmanaged' || config.spec.managementState === 'Removed') return undefined;
  const waits = conditions.flatMap(({ type, status, lastTransitionTime }) => {
    const limit =
      type === 'Available' && status !== 'True'
        ? UNAVAILABLE_MS
        : type === 'Progressing' && status === 'True' && failure !== undefined
          ? FAILING_MS
          : undefined;
    return limit === undefined ? [] : [Date.parse(lastTransitionTime) + limit + 1000 - now.getTime()];
  });
  const ahead = waits.filter((wait) => wait > 0);
  return ahead.length === 0 ? undefined : Math.min(...ahead);
}
