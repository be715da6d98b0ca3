import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { hasReason, objectKey } from '@longshore/kube';
import type { Pod } from '../../kinds/pods/pod.js';
import type { EventRecorder } from '../agent/event-recorder.js';
import { annotatedSet, currentRevision, nextRevision, replicaSetOf, scaledSet } from './deployment-sets.js';
import { deploymentStatus, isComplete, untilDeadline, type Deployment } from './deployment-status.js';
import { writeStatus } from './pod-control.js';
import { controlledBy, controllerKeys } from './pod-template.js';
import { REPLICA_SETS, type ReplicaSet } from './replica-set-controller.js';
import { currentSet, HASH_LABEL, outOfHistory, planRollout, REVISION } from './rollout-plan.js';

export const DEPLOYMENTS = 'deployments.apps';

/** Moves the pods of a deployment to its present template, replica set by replica set. */
export function deploymentController(events: EventRecorder, now: () => number): Controller {
  return {
    name: 'deployments',
    follows: {
      [DEPLOYMENTS]: (deployment) => [objectKey(deployment)],
      [REPLICA_SETS]: controllerKeys('Deployment'),
      // Recreate waits for the last old pod.
      pods: (pod) => deploymentKeys(pod as Pod),
    },
    async reconcile(key, objects) {
      const [namespace = '', name = ''] = key.split('/');
      const deployment = await objects.get<Deployment>(DEPLOYMENTS, namespace, name);
      if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return;
      await new DeploymentTurn(deployment, objects, events).take(new Date(now()));
      const current = (await objects.get<Deployment>(DEPLOYMENTS, namespace, name)) ?? deployment;
      const after = untilDeadline(current, now());
      return after === undefined ? undefined : { after };
    },
  };
}

/** The deployment of a pod, by the name of its replica set. */
function deploymentKeys({ metadata }: Pod): string[] {
  const set = metadata.ownerReferences?.find(({ controller, kind }) => controller && kind === 'ReplicaSet');
  const hash = metadata.labels?.[HASH_LABEL];
  const isOfDeployment = set !== undefined && hash !== undefined && set.name.endsWith(`-${hash}`);
  return isOfDeployment ? [`${metadata.namespace}/${set.name.slice(0, -hash.length - 1)}`] : [];
}

/** One look at a deployment and its replica sets. */
class DeploymentTurn {
  private readonly namespace: string;

  constructor(
    private readonly deployment: Deployment,
    private readonly objects: ObjectAccess,
    private readonly events: EventRecorder,
  ) {
    this.namespace = deployment.metadata.namespace ?? '';
  }

  async take(now: Date): Promise<void> {
    const { deployment } = this;
    const collisions = (deployment.status?.collisionCount ?? 0) + (await this.rollOut());
    const sets = await this.sets();
    const current = currentSet(deployment.spec.template, sets);
    const status = deploymentStatus(deployment, current, sets, now);
    if (isComplete(deployment.spec, status)) await this.clearHistory(sets.filter((set) => set !== current));
    await writeStatus<Deployment>(this.objects, DEPLOYMENTS, deployment, {
      ...status,
      ...(collisions > 0 && { collisionCount: collisions }),
    });
  }

  /** Takes the next step. Returns 1 when the name of a new set was taken: the next try has another name. */
  private async rollOut(): Promise<0 | 1> {
    const { spec } = this.deployment;
    const sets = await this.sets();
    const current = currentSet(spec.template, sets);
    const old = sets.filter((set) => set !== current);
    const plan = planRollout({ spec, current, old, hasOldPods: await this.hasPods(old) });
    const isTaken = plan.create !== undefined && !(await this.makeSet(plan.create, nextRevision(sets)));
    for (const { name, replicas } of plan.scale) await this.scaleSet(name, replicas);
    if (current !== undefined && !spec.paused) await this.annotate(current, currentRevision(current, sets));
    return isTaken ? 1 : 0;
  }

  private async sets(): Promise<ReplicaSet[]> {
    return controlledBy(this.deployment, (await this.objects.list<ReplicaSet>(REPLICA_SETS, this.namespace)).items);
  }

  private async hasPods(sets: readonly ReplicaSet[]): Promise<boolean> {
    const pods = (await this.objects.list<Pod>('pods', this.namespace)).items;
    return sets.some((set) => controlledBy(set, pods).some(hasNotEnded));
  }

  /** Whether the name was free. */
  private async makeSet(replicas: number, revision: string): Promise<boolean> {
    const set = replicaSetOf(this.deployment, replicas, revision);
    try {
      await this.objects.create(REPLICA_SETS, set);
    } catch (error) {
      if (hasReason(error, 'AlreadyExists')) return false;
      throw error;
    }
    await this.tellScaled(set.metadata.name ?? '', 0, replicas);
    await this.setRevision(revision);
    return true;
  }

  private async scaleSet(name: string, replicas: number): Promise<void> {
    let from = 0;
    await this.objects.change<ReplicaSet>(REPLICA_SETS, this.namespace, name, '', (set) => {
      from = set.spec.replicas ?? 0;
      return scaledSet(set, this.deployment, replicas);
    });
    await this.tellScaled(name, from, replicas);
  }

  private async annotate(current: ReplicaSet, revision: string): Promise<void> {
    const { name = '' } = current.metadata;
    if (annotatedSet(current, this.deployment, revision) !== undefined) {
      await this.objects.change<ReplicaSet>(REPLICA_SETS, this.namespace, name, '', (set) => {
        return annotatedSet(set, this.deployment, revision) ?? set;
      });
    }
    await this.setRevision(revision);
  }

  private async setRevision(revision: string): Promise<void> {
    const { name = '', annotations = {} } = this.deployment.metadata;
    if (annotations[REVISION] === revision) return;
    await this.objects.change<Deployment>(DEPLOYMENTS, this.namespace, name, '', ({ metadata, ...rest }) => ({
      ...rest,
      metadata: { ...metadata, annotations: { ...metadata.annotations, [REVISION]: revision } },
    }));
  }

  private async clearHistory(old: readonly ReplicaSet[]): Promise<void> {
    for (const name of outOfHistory(this.deployment.spec, old)) {
      await this.objects.delete(REPLICA_SETS, this.namespace, name);
    }
  }

  private async tellScaled(name: string, from: number, to: number): Promise<void> {
    if (from === to) return;
    const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${name} from ${from} to ${to}`;
    await this.events.tell(this.deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message });
  }
}

function hasNotEnded({ status }: Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}
