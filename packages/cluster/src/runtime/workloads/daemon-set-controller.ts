import type { Controller } from '@longshore/apiserver';
import { objectKey, type KubeObject } from '@longshore/kube';
import type { DaemonSetSpec, DaemonSetStatus } from 'kubernetes-types/apps/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';
import type { EventRecorder } from '../agent/event-recorder.js';
import { planDaemon } from './daemon-plan.js';
import { PodControl, writeStatus } from './pod-control.js';
import { controlledBy, controllerKeys, isActive, podFromTemplate, templateHash } from './pod-template.js';
import { countReplicas, type ReplicaCounts } from './replica-plan.js';

type DaemonSet = KubeObject & { spec: DaemonSetSpec; status?: DaemonSetStatus };

const DAEMON_SETS = 'daemonsets.apps';
const HASH_LABEL = 'controller-revision-hash';
const GENERATION_LABEL = 'pod-template-generation';

/** Keeps one pod of a daemon set on the node of this machine. */
export function daemonSetController(events: EventRecorder, nodeName: string, now: () => number): Controller {
  return {
    name: 'daemon-sets',
    follows: { [DAEMON_SETS]: (set) => [objectKey(set)], pods: controllerKeys('DaemonSet') },
    async reconcile(key, objects) {
      const [namespace = '', name = ''] = key.split('/');
      const set = await objects.get<DaemonSet>(DAEMON_SETS, namespace, name);
      if (set === undefined || set.metadata.deletionTimestamp !== undefined) return;
      const own = async () => controlledBy(set, (await objects.list<Pod>('pods', namespace)).items);
      const { spec } = set;
      const hash = templateHash(spec.template);
      const node = await objects.get('nodes', '', nodeName);
      const isWanted = selectsNode(spec, node?.metadata.labels ?? {});
      const { create, remove } = planDaemon(spec, await own(), hash, { isWanted, hashLabel: HASH_LABEL });
      const control = new PodControl(objects, events);
      for (const pod of remove) await control.remove(set, pod);
      if (create) {
        const labels = { [HASH_LABEL]: hash, [GENERATION_LABEL]: String(set.metadata.generation ?? 1) };
        await control.create(set, onNode(podFromTemplate(set, spec.template, { labels }), nodeName));
      }
      const pods = await own();
      const counts = countReplicas(pods, spec.minReadySeconds ?? 0, now());
      const status = daemonStatus(set, pods, counts, { hash, isWanted });
      await writeStatus<DaemonSet>(objects, DAEMON_SETS, set, status);
      return counts.nextAvailable === undefined ? undefined : { after: counts.nextAvailable };
    },
  };
}

/** The status of a daemon set that has one node. `isWanted`: whether it selects that node. */
function daemonStatus(
  { metadata, status }: DaemonSet,
  pods: readonly Pod[],
  { ready, available }: ReplicaCounts,
  { hash, isWanted }: { hash: string; isWanted: boolean },
): DaemonSetStatus {
  const active = pods.filter(isActive);
  const updated = active.filter((pod) => pod.metadata.labels?.[HASH_LABEL] === hash).length;
  const desired = isWanted ? 1 : 0;
  return {
    ...status,
    desiredNumberScheduled: desired,
    currentNumberScheduled: isWanted ? Math.min(active.length, 1) : 0,
    numberMisscheduled: isWanted ? 0 : Math.min(active.length, 1),
    numberReady: Math.min(ready, 1),
    numberAvailable: Math.min(available, 1),
    numberUnavailable: Math.max(0, desired - available),
    updatedNumberScheduled: Math.min(updated, 1),
    observedGeneration: metadata.generation,
  };
}

function selectsNode({ template }: DaemonSetSpec, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(template.spec?.nodeSelector ?? {}).every(([name, value]) => labels[name] === value);
}

/** As Kubernetes does: the pod may go to this node only, and the scheduler sends it there. */
function onNode(pod: KubeObject, nodeName: string): KubeObject {
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] };
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } };
  const spec = pod.spec as { affinity?: object };
  return { ...pod, spec: { ...spec, affinity: { ...spec.affinity, nodeAffinity } } };
}
