import { jsonEqual, type KubeObject } from '@longshore/kube';
import type { Deployment } from './deployment-status.js';
import { controllerReference, templateHash } from './pod-template.js';
import type { ReplicaSet } from './replica-set-controller.js';
import { HASH_LABEL, REVISION, revisionOf, rolloutBounds } from './rollout-plan.js';

const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAX = 'deployment.kubernetes.io/max-replicas';
/** Annotations that are a deployment's own and not copied to its replica sets. */
const OWN = new Set(['kubectl.kubernetes.io/last-applied-configuration', REVISION, DESIRED, MAX]);

/** A replica set for the present template of a deployment. Its name says which template; `collisionCount` tells it from others. */
export function replicaSetOf(deployment: Deployment, replicas: number, revision: string): KubeObject {
  const { metadata, spec, status } = deployment;
  const hash = templateHash(spec.template, status?.collisionCount);
  const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace,
      labels,
      annotations: { ...setAnnotations(deployment), [REVISION]: revision },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      minReadySeconds: spec.minReadySeconds,
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}

/** A replica set with that many pods, of a deployment that wants what it says. */
export function scaledSet(set: ReplicaSet, deployment: Deployment, replicas: number): ReplicaSet {
  const annotations = { ...set.metadata.annotations, ...numbers(deployment) };
  return { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas } };
}

/** The present replica set with what its deployment says of it; undefined when it has that. */
export function annotatedSet(set: ReplicaSet, deployment: Deployment, revision: string): ReplicaSet | undefined {
  const { annotations = {} } = set.metadata;
  const wanted = { ...annotations, ...setAnnotations(deployment), [REVISION]: revision };
  const { minReadySeconds } = deployment.spec;
  const isSame = jsonEqual(wanted, annotations) && (set.spec.minReadySeconds ?? 0) === (minReadySeconds ?? 0);
  if (isSame) return undefined;
  return { ...set, metadata: { ...set.metadata, annotations: wanted }, spec: { ...set.spec, minReadySeconds } };
}

/** The revision of a replica set that is made now. */
export function nextRevision(sets: readonly ReplicaSet[]): string {
  return String(Math.max(0, ...sets.map(revisionOf)) + 1);
}

/** The revision of the present set: an old template that is wanted again becomes the newest (`kubectl rollout undo`). */
export function currentRevision(current: ReplicaSet, sets: readonly ReplicaSet[]): string {
  const next = nextRevision(sets.filter((set) => set !== current));
  return revisionOf(current) >= Number(next) ? String(revisionOf(current)) : next;
}

function setAnnotations(deployment: Deployment): Record<string, string> {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !OWN.has(name));
  return { ...Object.fromEntries(copied), ...numbers(deployment) };
}

function numbers({ spec }: Deployment): Record<string, string> {
  const wanted = spec.replicas ?? 1;
  return { [DESIRED]: String(wanted), [MAX]: String(wanted + rolloutBounds(spec).surge) };
}
