import type { KubeObject, ResourceType } from '@longshore/kube';

/** A kind whose pods come from a template, and where the template's specification is. */
export interface WorkloadKind {
  type: ResourceType;
  podSpec: readonly string[];
}

const TEMPLATE = ['spec', 'template', 'spec'];
const apps = (resource: string): WorkloadKind => ({
  type: { group: 'apps', version: 'v1', resource },
  podSpec: TEMPLATE,
});

/** The kinds that the trigger annotation works on (registry.md 3.10). */
export const TRIGGERED_KINDS: readonly WorkloadKind[] = [
  apps('deployments'),
  apps('daemonsets'),
  apps('statefulsets'),
  {
    type: { group: 'batch', version: 'v1', resource: 'cronjobs' },
    podSpec: ['spec', 'jobTemplate', ...TEMPLATE],
  },
];

export interface Container {
  name?: string;
  image?: string;
}

export interface PodSpec {
  serviceAccountName?: string;
  containers?: Container[];
  initContainers?: Container[];
  ephemeralContainers?: Container[];
}

/** The specification of the pods that an object makes; undefined when it has none. */
export function podSpecOf(object: KubeObject, path: readonly string[]): PodSpec | undefined {
  return path.reduce<unknown>((value, field) => (value as Record<string, unknown> | undefined)?.[field], object) as
    PodSpec | undefined;
}
