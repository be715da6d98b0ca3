import { s } from '@longshore/apiserver';
import type { ReplicaSetSpec, ReplicaSetStatus } from 'kubernetes-types/apps/v1.js';
import { age, column } from '../columns.js';
import { defineKind } from '../kind.js';
import { labelSelector } from '../meta.js';
import { podTemplateSpec } from '../pods/pod-schema.js';
import {
  APPS,
  checkSelectorKept,
  checkWorkload,
  conditions,
  containerColumns,
  REPLICAS_SCALE,
  setTemplateDefaults,
  type Workload,
  type WorkloadSpec,
} from './workload.js';

type ReplicaSet = Workload<ReplicaSetSpec & WorkloadSpec, ReplicaSetStatus>;

export const replicaSets = defineKind<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  description: 'Pods that are all alike.',
  fields: {
    spec: s
      .shared(`${APPS}.ReplicaSetSpec`, 'What should run.', {
        minReadySeconds: s.int32('Seconds that a new pod must be ready to count.').atLeast(0),
        replicas: s.int32('How many pods.').default(1).atLeast(0),
        selector: labelSelector.describe('Which pods are its own; must match the template.'),
        template: podTemplateSpec.describe('What the pods are made from.'),
      })
      .describe('What should run.')
      .required(),
    status: s.shared(`${APPS}.ReplicaSetStatus`, 'How it is.', {
      availableReplicas: s.int32('Pods that have been ready long enough.'),
      conditions: conditions('ReplicaSet'),
      fullyLabeledReplicas: s.int32('Pods that have all labels of the template.'),
      observedGeneration: s.int64('The generation that was seen.'),
      readyReplicas: s.int32('Pods that are ready.'),
      replicas: s.int32('Pods.'),
    }),
  },
  columns: [
    column('Desired', ({ spec }) => spec.replicas ?? 0, 'integer'),
    column('Current', ({ status }) => status?.replicas ?? 0, 'integer'),
    column('Ready', ({ status }) => status?.readyReplicas ?? 0, 'integer'),
    age,
    ...containerColumns<ReplicaSet>(),
  ],
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  scale: REPLICAS_SCALE,
  stored: {
    setDefaults: setTemplateDefaults,
    prepareForCreate: (set) => {
      set.status = { replicas: 0 };
    },
    validate: ({ spec }) => checkWorkload(spec, 'deployment'),
    validateUpdate: ({ spec }, old) => checkSelectorKept(spec, old.spec),
  },
});
