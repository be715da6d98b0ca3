import type { KubeObject, ResourceType } from '@longshore/kube';

/** A kind whose objects make pods, or are pods, and where the specification of these is. */
export interface WorkloadKind {
  type: ResourceType;
  podSpec: readonly string[];
}

export interface Container {
  name?: string;
  image?: string;
}

/** What is read of the specification of pods. */
export interface PodSpec {
  serviceAccountName?: string;
  containers?: Container[];
  initContainers?: Container[];
  ephemeralContainers?: Container[];
}

const TEMPLATE = ['spec', 'template', 'spec'];

const workload = (group: string, resource: string, podSpec = TEMPLATE): WorkloadKind => ({
  type: { group, version: 'v1', resource },
  podSpec,
});

/** Every kind of Kubernetes that runs images. */
export const WORKLOAD_KINDS: readonly WorkloadKind[] = [
  workload('', 'pods', ['spec']),
  workload('', 'replicationcontrollers'),
  workload('apps', 'daemonsets'),
  workload('apps', 'deployments'),
  workload('apps', 'replicasets'),
  workload('apps', 'statefulsets'),
  workload('batch', 'jobs'),
  workload('batch', 'cronjobs', ['spec', 'jobTemplate', ...TEMPLATE]),
];

/** The specification of the pods of an object; undefined when it has none. */
export function podSpecOf(object: KubeObject, path: readonly string[]): PodSpec | undefined {
  return path.reduce<unknown>((value, field) => (value as Record<string, unknown> | undefined)?.[field], object) as
    PodSpec | undefined;
}
