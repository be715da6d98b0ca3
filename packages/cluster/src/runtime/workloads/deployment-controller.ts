import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { hasReason, jsonEqual, objectKey, type KubeObject } from '@longshore/kube';
import type { Pod } from '../../kinds/pods/pod.js';
import type { EventRecorder } from '../agent/event-recorder.js';
import { deploymentStatus, isComplete, untilDeadline, type Deployment } from './deployment-status.js';
import { writeStatus } from './pod-control.js';
import { controlledBy, controllerKeys, controllerReference, templateHash } from './pod-template.js';
import { REPLICA_SETS, type ReplicaSet } from './replica-set-controller.js';
import {
  currentSet,
  HASH_LABEL,
  outOfHistory,
  planRollout,
  REVISION,
  revisionOf,
  rolloutBounds,
} from './rollout-plan.js';

export const DEPLOYMENTS = 'deployments.apps';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAX = 'deployment.kubernetes.io/max-replicas';
/** Annotations that are a deployment's own and not copied to its replica sets. */
const OWN = new Set(['kubectl.kubernetes.io/last-applied-configuration', REVISION, DESIRED, MAX]);

/** Moves the pods of a deployment to its present template, replica set by replica set. */
export function deploymentController(events: EventRecorder, now: () => number): Controller {
  return {
    name: 'deployments',
    follows: {
      [DEPLOYMENTS]: (deployment) => [objectKey(deployment)],
      [REPLICA_SETS]: controllerKeys('Deployment'),
      // Recreate waits for the last old pod.
      pods: ({ metadata }) => {
        const set = metadata.ownerReferences?.find(({ controller, kind }) => controller && kind === 'ReplicaSet');
        const hash = metadata.labels?.[HASH_LABEL];
        const isOfDeployment = set !== undefined && hash !== undefined && set.name.endsWith(`-${hash}`);
        return isOfDeployment ? [`${metadata.namespace}/${set.name.slice(0, -hash.length - 1)}`] : [];
      },
    },
    async reconcile(key, objects) {
      const [namespace = '', name = ''] = key.split('/');
      const deployment = await objects.get<Deployment>(DEPLOYMENTS, namespace, name);
      if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return;
      await advance(deployment, objects);
      const current = (await objects.get<Deployment>(DEPLOYMENTS, namespace, name)) ?? deployment;
      const after = untilDeadline(current, now());
      return after === undefined ? undefined : { after };
    },
  };

  async function advance(deployment: Deployment, objects: ObjectAccess): Promise<void> {
    const { spec, metadata } = deployment;
    const { namespace = '' } = metadata;
    const own = async () => controlledBy(deployment, (await objects.list<ReplicaSet>(REPLICA_SETS, namespace)).items);
    const before = await own();
    const current = currentSet(spec.template, before);
    const old = before.filter((set) => set !== current);
    const pods = (await objects.list<Pod>('pods', namespace)).items;
    const hasOldPods = old.some((set) => controlledBy(set, pods).some(hasNotEnded));
    const { create, scale } = planRollout({ spec, current, old, hasOldPods });
    let collisions = deployment.status?.collisionCount ?? 0;
    if (create !== undefined) collisions += await makeSet(deployment, before, create, objects);
    for (const { name, replicas } of scale) await scaleSet(deployment, name, replicas, objects);
    if (current !== undefined && !spec.paused) await annotate(deployment, current, before, objects);
    const sets = await own();
    const newest = currentSet(spec.template, sets);
    const status = deploymentStatus(deployment, newest, sets, new Date(now()));
    if (isComplete(spec, status)) {
      const past = outOfHistory(
        spec,
        sets.filter((set) => set !== newest),
      );
      for (const name of past) await objects.delete(REPLICA_SETS, namespace, name);
    }
    await writeStatus<Deployment>(objects, DEPLOYMENTS, deployment, {
      ...status,
      ...(collisions > 0 && { collisionCount: collisions }),
    });
  }

  /** Returns 1 when the name was taken by a set of another template: the next try has another name. */
  async function makeSet(
    deployment: Deployment,
    known: readonly ReplicaSet[],
    replicas: number,
    objects: ObjectAccess,
  ): Promise<0 | 1> {
    const { metadata, spec } = deployment;
    const hash = templateHash(spec.template, deployment.status?.collisionCount);
    const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash };
    const name = `${metadata.name}-${hash}`;
    const revision = String(Math.max(0, ...known.map(revisionOf)) + 1);
    const set: KubeObject = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name,
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
    try {
      await objects.create(REPLICA_SETS, set);
    } catch (error) {
      if (hasReason(error, 'AlreadyExists')) return 1;
      throw error;
    }
    await tellScaled(deployment, 'up', name, 0, replicas);
    await setRevision(deployment, revision, objects);
    return 0;
  }

  async function scaleSet(
    deployment: Deployment,
    name: string,
    replicas: number,
    objects: ObjectAccess,
  ): Promise<void> {
    let from = 0;
    await objects.change<ReplicaSet>(REPLICA_SETS, deployment.metadata.namespace ?? '', name, '', (set) => {
      from = set.spec.replicas ?? 0;
      const annotations = { ...set.metadata.annotations, ...numbers(deployment) };
      return { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas } };
    });
    await tellScaled(deployment, replicas > from ? 'up' : 'down', name, from, replicas);
  }

  /** An old template that is wanted again becomes the newest revision (`kubectl rollout undo`). */
  async function annotate(
    deployment: Deployment,
    current: ReplicaSet,
    sets: readonly ReplicaSet[],
    objects: ObjectAccess,
  ): Promise<void> {
    const newest = Math.max(0, ...sets.filter((set) => set !== current).map(revisionOf));
    const revision = String(revisionOf(current) > newest ? revisionOf(current) : newest + 1);
    const { namespace = '', name = '', annotations = {} } = current.metadata;
    const wanted = { ...annotations, ...setAnnotations(deployment), [REVISION]: revision };
    const { minReadySeconds } = deployment.spec;
    if (!jsonEqual(wanted, annotations) || (current.spec.minReadySeconds ?? 0) !== (minReadySeconds ?? 0)) {
      await objects.change<ReplicaSet>(REPLICA_SETS, namespace, name, '', (set) => ({
        ...set,
        metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...wanted } },
        spec: { ...set.spec, minReadySeconds },
      }));
    }
    await setRevision(deployment, revision, objects);
  }

  async function setRevision({ metadata }: Deployment, revision: string, objects: ObjectAccess): Promise<void> {
    if (metadata.annotations?.[REVISION] === revision) return;
    await objects.change<Deployment>(DEPLOYMENTS, metadata.namespace ?? '', metadata.name ?? '', '', (deployment) => {
      const annotations = { ...deployment.metadata.annotations, [REVISION]: revision };
      return { ...deployment, metadata: { ...deployment.metadata, annotations } };
    });
  }

  function tellScaled(
    deployment: Deployment,
    way: 'up' | 'down',
    name: string,
    from: number,
    to: number,
  ): Promise<void> {
    const message = `Scaled ${way} replica set ${name} from ${from} to ${to}`;
    return events.tell(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message });
  }
}

function setAnnotations(deployment: Deployment): Record<string, string> {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !OWN.has(name));
  return { ...Object.fromEntries(copied), ...numbers(deployment) };
}

function numbers({ spec }: Deployment): Record<string, string> {
  const wanted = spec.replicas ?? 1;
  return { [DESIRED]: String(wanted), [MAX]: String(wanted + rolloutBounds(spec).surge) };
}

function hasNotEnded({ status }: Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}
