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
export function schedulerController(options: SchedulerOptions): Controller {
  return {
    name: 'scheduler',
    follows: {
      pods: (pod) => [objectKey(pod)],
      namespaces: ({ metadata }) => [`${metadata.name}/`],
    },
    async reconcile(key, objects) {
      const [namespace = '', name = ''] = key.split('/');
      const named = name === '' ? undefined : await objects.get<Pod>('pods', namespace, name);
      const pods =
        name === '' ? (await objects.list<Pod>('pods', namespace)).items : named === undefined ? [] : [named];
      for (const pod of pods) if (isToSchedule(pod)) await schedule(pod, objects, options);
    },
  };
}

/** Whether a pod waits for a node, and for this scheduler. */
function isToSchedule({ metadata, spec }: Pod): boolean {
  const { schedulerName = DEFAULT_SCHEDULER, schedulingGates = [] } = spec;
  const isWaiting = !spec.nodeName && metadata.deletionTimestamp === undefined;
  return isWaiting && schedulerName === DEFAULT_SCHEDULER && schedulingGates.length === 0;
}

async function schedule(pod: Pod, objects: ObjectAccess, options: SchedulerOptions): Promise<void> {
  const { namespace = '' } = pod.metadata;
  const found = await objects.get('namespaces', '', namespace);
  const node = await objects.get('nodes', '', options.nodeName);
  const why = whyNotRun(pod.spec, { name: namespace, labels: labelsOf(found) }, labelsOf(node));
  try {
    if (why === undefined) await bind(pod, objects, options);
    else await refuse(pod, `0/1 nodes are available: ${why}.`, objects, options);
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
}

async function bind(pod: Pod, objects: ObjectAccess, { nodeName, events }: SchedulerOptions): Promise<void> {
  const { namespace = '', name = '' } = pod.metadata;
  await objects.change<Pod>('pods', namespace, name, 'all', (current) => {
    const scheduled = podCondition(current.status ?? {}, CONDITION, true, undefined, new Date());
    return { ...current, spec: { ...current.spec, nodeName }, status: { ...current.status, conditions: [scheduled] } };
  });
  const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`;
  await events.tell(pod, { type: 'Normal', reason: 'Scheduled', message });
}

async function refuse(pod: Pod, message: string, objects: ObjectAccess, { events }: SchedulerOptions): Promise<void> {
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

function labelsOf(object: KubeObject | undefined): Record<string, string> {
  return object?.metadata.labels ?? {};
}
