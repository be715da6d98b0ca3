import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { hasReason, objectKey, type KubeObject } from '@longshore/kube';
import type { Pod } from '../../kinds/pods/pod.js';
import { whyNotRun } from '../own-image.js';
import type { EventRecorder } from './event-recorder.js';
import { podCondition } from './pod-status.js';

export interface SchedulerOptions {
  nodeName: string;
  events: EventRecorder;
}

const DEFAULT_SCHEDULER = 'default-scheduler';
const CONDITION = 'PodScheduled';

/**
 * Gives pods that this machine can run to its node; others stay `Pending`, with a condition and an event that say why. As
 * there is one node, affinity and spreading have nothing to choose from and are not looked at.
 */
export function schedulerController({ nodeName, events }: SchedulerOptions): Controller {
  return {
    name: 'scheduler',
    follows: {
      pods: (pod) => [objectKey(pod)],
      namespaces: ({ metadata }) => [`${metadata.name}/`],
    },
    async reconcile(key, objects) {
      const [namespace = '', name = ''] = key.split('/');
      if (name !== '') {
        const pod = await objects.get<Pod>('pods', namespace, name);
        return pod && schedule(pod, objects);
      }
      for (const pod of (await objects.list<Pod>('pods', namespace)).items) await schedule(pod, objects);
    },
  };

  async function schedule(pod: Pod, objects: ObjectAccess): Promise<void> {
    const { metadata, spec } = pod;
    if (spec.nodeName || metadata.deletionTimestamp !== undefined) return;
    const { schedulerName = DEFAULT_SCHEDULER, schedulingGates = [] } = spec;
    if (schedulerName !== DEFAULT_SCHEDULER || schedulingGates.length > 0) return;
    const { namespace = '', name = '' } = metadata;
    const found = await objects.get('namespaces', '', namespace);
    const node = await objects.get('nodes', '', nodeName);
    const why = whyNotRun(spec, { name: namespace, labels: found?.metadata.labels ?? {} }, labelsOf(node));
    try {
      if (why === undefined) await bind(namespace, name, objects);
      else await refuse(pod, `0/1 nodes are available: ${why}.`, objects);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
    if (why === undefined) {
      const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`;
      await events.tell(pod, { type: 'Normal', reason: 'Scheduled', message });
    }
  }

  async function bind(namespace: string, name: string, objects: ObjectAccess): Promise<void> {
    await objects.change<Pod>('pods', namespace, name, 'all', (pod) => {
      const scheduled = podCondition(pod.status ?? {}, CONDITION, true, undefined, new Date());
      return { ...pod, spec: { ...pod.spec, nodeName }, status: { ...pod.status, conditions: [scheduled] } };
    });
  }

  async function refuse(pod: Pod, message: string, objects: ObjectAccess): Promise<void> {
    const { namespace = '', name = '' } = pod.metadata;
    const isTold = pod.status?.conditions?.some((one) => one.type === CONDITION && one.message === message);
    if (isTold) return;
    const why = { reason: 'Unschedulable', message };
    await objects.change<Pod>('pods', namespace, name, 'status', (current) => {
      const condition = podCondition(current.status ?? {}, CONDITION, false, why, new Date());
      return { ...current, status: { ...current.status, conditions: [condition] } };
    });
    await events.tell(pod, { type: 'Warning', reason: 'FailedScheduling', message });
  }
}

function labelsOf(object: KubeObject | undefined): Record<string, string> {
  return object?.metadata.labels ?? {};
}
