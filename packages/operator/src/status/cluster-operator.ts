import type { Condition, KubeObject } from '@longshore/kube';
import type { Config } from '../config/config.js';
import {
  CLUSTER,
  GROUP,
  NAMESPACE,
  PRUNER_BINDING,
  REGISTRY,
  REGISTRY_BINDING,
  REGISTRY_ROLE,
  RESOURCES,
} from '../names.js';
import { setConditions } from './set-conditions.js';
import type { Snapshot } from '../snapshot.js';
import type { NewCondition } from '../storage/decide-storage.js';
import type { Deployment } from './registry-conditions.js';

export interface ClusterOperator extends KubeObject {
  status?: { conditions?: Condition[]; versions?: { name: string; version: string }[]; relatedObjects?: object[] };
}

export interface ClusterOperatorParts {
  snapshot: Snapshot;
  config: Config | undefined;
  conditions: readonly NewCondition[];
  prunerConditions: readonly NewCondition[];
  version: string;
  now: Date;
}

const NORMAL = { Available: 'True', Progressing: 'False', Degraded: 'False' } as const;

/** The status of the ClusterOperator `image-registry` (operator.md 6.1). */
export function clusterOperatorStatus(parts: ClusterOperatorParts): ClusterOperator['status'] {
  const { snapshot, conditions, prunerConditions, now } = parts;
  const old = snapshot.find<ClusterOperator>(RESOURCES.clusterOperators, REGISTRY)?.status;
  const all = [...conditions, ...prunerConditions.map((one) => ({ ...one, type: `ImagePruner${one.type}` }))];
  const united = (Object.keys(NORMAL) as (keyof typeof NORMAL)[]).map((type) => union(type, all));
  return {
    ...old,
    conditions: setConditions(old?.conditions, united, now),
    versions: versionsOf(parts, old?.versions),
    relatedObjects: RELATED,
  };
}

/** One condition out of all whose type ends in it. */
export function union(type: keyof typeof NORMAL, conditions: readonly NewCondition[]): NewCondition {
  const parts = conditions.filter((one) => one.type.endsWith(type));
  const normal = NORMAL[type];
  const unusual = parts.find(({ status }) => status !== normal && status !== 'Unknown');
  const status = unusual?.status ?? (parts.some(({ status }) => status === 'Unknown') ? 'Unknown' : normal);
  const reasons = parts
    .filter(({ reason }) => reason !== '' && reason !== 'AsExpected')
    .map((one) => `${one.type.slice(0, -type.length)}${one.reason}`);
  const lines = parts.flatMap((one) =>
    one.message === '' ? [] : one.message.split('\n').map((line) => `${one.type}: ${line}`),
  );
  const reason = reasons.length > 0 ? reasons.sort().join('::') : 'AsExpected';
  return { type, status, reason, message: lines.join('\n') };
}

const VERSION = 'release.openshift.io/version';

/** The version that runs, once it does; before that, what was said last. */
function versionsOf(
  { snapshot, config, version }: ClusterOperatorParts,
  old: { name: string; version: string }[] = [],
) {
  if (config?.spec.managementState !== 'Managed') return [{ name: 'operator', version }];
  const deployment = snapshot.find<Deployment>(RESOURCES.deployments, REGISTRY, NAMESPACE);
  const { status = {}, spec, metadata } = deployment ?? {};
  const isCurrent =
    (status.availableReplicas ?? 0) > 0 &&
    status.observedGeneration === metadata?.generation &&
    status.updatedReplicas === spec?.replicas;
  const running = metadata?.annotations?.[VERSION];
  return isCurrent && running !== undefined ? [{ name: 'operator', version: running }] : old;
}

const RBAC = 'rbac.authorization.k8s.io';
const RELATED = [
  { group: GROUP, resource: 'configs', name: CLUSTER },
  { group: GROUP, resource: 'imagepruners', name: CLUSTER },
  { group: RBAC, resource: 'clusterroles', name: REGISTRY_ROLE },
  { group: RBAC, resource: 'clusterrolebindings', name: REGISTRY_BINDING },
  { group: RBAC, resource: 'clusterrolebindings', name: PRUNER_BINDING },
  { group: '', resource: 'namespaces', name: NAMESPACE },
];
