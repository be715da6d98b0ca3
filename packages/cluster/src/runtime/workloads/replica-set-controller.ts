import type { Controller } from '@longshore/apiserver';
import { objectKey, type KubeObject } from '@longshore/kube';
import type { ReplicaSetSpec, ReplicaSetStatus } from 'kubernetes-types/apps/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';
import type { EventRecorder } from '../agent/event-recorder.js';
import { PodControl, writeStatus } from './pod-control.js';
import { controlledBy, controllerKeys, podFromTemplate, selectorOf } from './pod-template.js';
import { countReplicas, planReplicas } from './replica-plan.js';

export type ReplicaSet = KubeObject & {
  spec: ReplicaSetSpec & { template: NonNullable<ReplicaSetSpec['template']> };
  status?: ReplicaSetStatus;
};

export const REPLICA_SETS = 'replicasets.apps';

/** Keeps as many pods as a replica set says. Pods that nobody controls are left alone, also when the selector matches them. */
export function replicaSetController(events: EventRecorder, now: () => number): Controller {
  return {
    name: 'replica-sets',
    follows: { [REPLICA_SETS]: (set) => [objectKey(set)], pods: controllerKeys('ReplicaSet') },
    async reconcile(key, objects) {
      const [namespace = '', name = ''] = key.split('/');
      const set = await objects.get<ReplicaSet>(REPLICA_SETS, namespace, name);
      if (set === undefined) return;
      const own = controlledBy(set, (await objects.list<Pod>('pods', namespace)).items);
      const pods = own.filter(({ metadata }) => selectorOf(set).matches(metadata.labels));
      const control = new PodControl(objects, events);
      const { spec, metadata } = set;
      let failure: Error | undefined;
      if (metadata.deletionTimestamp === undefined) {
        const { create, remove } = planReplicas(spec.replicas ?? 1, pods);
        for (const pod of remove) await control.remove(set, pod);
        for (let made = 0; made < create && failure === undefined; made++) {
          await control.create(set, podFromTemplate(set, spec.template)).catch((error: Error) => (failure = error));
        }
      }
      const current = controlledBy(set, (await objects.list<Pod>('pods', namespace)).items);
      const { replicas, ready, available, nextAvailable } = countReplicas(current, spec.minReadySeconds ?? 0, now());
      await writeStatus<ReplicaSet>(objects, REPLICA_SETS, set, {
        ...set.status,
        replicas,
        fullyLabeledReplicas: replicas,
        readyReplicas: ready,
        availableReplicas: available,
        observedGeneration: metadata.generation,
      });
      if (failure !== undefined) throw failure;
      return nextAvailable === undefined ? undefined : { after: nextAvailable };
    },
  };
}
