import { jsonEqual, type Condition, type KubeObject, type ResourceType } from '@longshore/kube';
import type { Change } from '../changes/change.js';
import type { Config, ConfigStatus, Generation, ImagePruner } from '../config/config.js';
import { CLUSTER, NAMESPACE, REGISTRY, RESOURCES } from '../names.js';
import { addressOfObject, type Snapshot } from '../snapshot.js';
import { clusterOperatorStatus } from '../status/cluster-operator.js';
import { imageConfigStatus } from '../status/image-config.js';
import type { Deployment } from '../status/registry-conditions.js';
import { setConditions } from '../status/set-conditions.js';
import type { NewCondition } from '../storage/decide-storage.js';
import { WATCHED, type DecideInput, type Outcome, type RegistryPlan, type StatusWrite } from './outcome.js';

/** What the statuses are made of, beside the outcome. */
export interface Told {
  fresh: NewCondition[];
  conditions: Condition[];
  ofPruner: NewCondition[];
  nextSteps: string[];
  isDryRun: boolean;
}

/** The statuses that are not as they should be. */
export function statusWrites(outcome: Outcome, told: Told): StatusWrite[] {
  return [
    configStatus(outcome, told),
    prunerStatus(outcome.input, told.ofPruner),
    imageConfig(outcome),
    clusterOperator(outcome, told),
  ].filter((one) => one !== undefined);
}

function configStatus(
  { config, registry, changes, input, stamped }: Outcome,
  { conditions, nextSteps: steps, isDryRun }: Told,
): StatusWrite | undefined {
  if (config === undefined) return undefined;
  const { snapshot } = input;
  const { plan: _, nextSteps: __, warnings: ___, ...old } = config.status ?? {};
  const deployment = snapshot.find<Deployment>(RESOURCES.deployments, REGISTRY, NAMESPACE);
  const storage = isDryRun ? (config.status?.storage ?? {}) : storageStatus(config, registry, input);
  const generations = generationsOf(config, stamped, input);
  const status: ConfigStatus = {
    ...old,
    conditions,
    ...(config.metadata.generation !== undefined && { observedGeneration: config.metadata.generation }),
    readyReplicas: deployment?.status?.readyReplicas ?? 0,
    storage,
    storageManaged: storage.managementState === 'Managed',
    ...(generations.length > 0 && { generations }),
    ...(steps.length > 0 && { nextSteps: steps }),
    ...(registry.warnings.length > 0 && { warnings: registry.warnings }),
    ...(isDryRun && { plan: changes.map(planEntry) }),
  };
  return jsonEqual(status, config.status) ? undefined : { type: RESOURCES.configs, object: { ...config, status } };
}

/** What was applied last; nothing once it is removed. */
function storageStatus(
  config: Config,
  { storage, failure, removal }: RegistryPlan,
  { failures }: DecideInput,
): ConfigStatus['storage'] {
  const old = config.status?.storage ?? {};
  if (removal?.isDone === true) return {};
  const isApplied = storage !== undefined && failure === undefined && failures?.get('registry') === undefined;
  return isApplied && failures?.get('config') === undefined ? storage.used : old;
}

/** The generations of workloads that are as the operator wants them. */
function generationsOf(config: Config, stamped: Outcome['stamped'], { snapshot, written }: DecideInput): Generation[] {
  const old = config.status?.generations ?? [];
  const wanted = stamped.flatMap(({ wanted }) => wanted);
  return WATCHED.flatMap(({ type, resource, name }): Generation[] => {
    const before = old.find((one) => one.resource === resource && one.name === name);
    const one = wanted.find(({ type, object }) => type.resource === resource && object.metadata.name === name);
    const live = snapshot.find(type, name, NAMESPACE);
    if (one === undefined || live === undefined) return before === undefined ? [] : [before];
    const lastGeneration =
      written?.get(addressOfObject(type, live)) ?? before?.lastGeneration ?? live.metadata.generation;
    const key = { group: type.group, resource, namespace: NAMESPACE, name };
    return [lastGeneration === undefined ? key : { ...key, lastGeneration }];
  });
}

function planEntry({ action, type, name, namespace, detail }: Change): object {
  return {
    action: action === 'patch' ? 'update' : action,
    resource: type.group === '' ? type.resource : `${type.resource}.${type.group}`,
    name,
    ...(namespace !== undefined && { namespace }),
    ...(detail.length > 0 && { detail: detail.join('\n') }),
  };
}

function prunerStatus({ pruner, now }: DecideInput, fresh: NewCondition[]): StatusWrite | undefined {
  if (pruner === undefined) return undefined;
  const { status, metadata } = pruner as ImagePruner;
  const conditions = setConditions(status?.conditions, fresh, now);
  const next = {
    ...status,
    conditions,
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
  };
  return jsonEqual(next, status) ? undefined : { type: RESOURCES.imagePruners, object: { ...pruner, status: next } };
}

function imageConfig({ input: { snapshot }, hasService }: Outcome): StatusWrite | undefined {
  return statusOf(
    snapshot,
    RESOURCES.imageConfigs,
    CLUSTER,
    { apiVersion: 'config.openshift.io/v1', kind: 'Image', spec: {} },
    imageConfigStatus(snapshot, hasService),
  );
}

function clusterOperator({ input, config }: Outcome, told: Told): StatusWrite | undefined {
  const { snapshot, release, now } = input;
  const status = clusterOperatorStatus({
    snapshot,
    config,
    conditions: told.fresh,
    prunerConditions: told.ofPruner,
    version: release.version,
    now,
  });
  const base = { apiVersion: 'config.openshift.io/v1', kind: 'ClusterOperator', spec: {} };
  return statusOf(snapshot, RESOURCES.clusterOperators, REGISTRY, base, status);
}

/** The status of an object of OpenShift, made if need be; nothing where the cluster does not know the kind. */
function statusOf(
  snapshot: Snapshot,
  type: ResourceType,
  name: string,
  base: Omit<KubeObject, 'metadata'>,
  status: object | undefined,
): StatusWrite | undefined {
  if (!snapshot.serves(type)) return undefined;
  const live = snapshot.find(type, name);
  if (live !== undefined && jsonEqual(live['status'] ?? {}, status ?? {})) return undefined;
  const { apiVersion = '', kind = '' } = base as { apiVersion?: string; kind?: string };
  return { type, object: { ...(live ?? { ...base, apiVersion, kind, metadata: { name } }), status } };
}
