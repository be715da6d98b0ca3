import { forbiddenField, invalidValue, objectMetaField, s } from '@longshore/apiserver';
import { jsonEqual, type StatusCause } from '@longshore/kube';
import type { StatefulSetSpec, StatefulSetStatus } from 'kubernetes-types/apps/v1.js';
import { age, column } from '../columns.js';
import { persistentVolumeClaimSpec } from '../core/claim-schema.js';
import { defineKind } from '../kind.js';
import { labelSelector } from '../meta.js';
import { podTemplateSpec } from '../pods/pod-schema.js';
import {
  APPS,
  checkWorkload,
  conditions,
  containerColumns,
  REPLICAS_SCALE,
  setTemplateDefaults,
  type Workload,
} from './workload.js';

type StatefulSet = Workload<StatefulSetSpec, StatefulSetStatus>;

function setDefaults(set: StatefulSet): void {
  setTemplateDefaults(set);
  const { spec } = set;
  if (!spec) return;
  spec.podManagementPolicy ||= 'OrderedReady';
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= 'RollingUpdate';
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.partition ??= 0;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = 'v1';
    claim.kind = 'PersistentVolumeClaim';
    Object.assign(claim, { status: { phase: 'Pending' } });
  }
}

function checkStrategy({ updateStrategy = {} }: StatefulSetSpec): StatusCause[] {
  const path = 'spec.updateStrategy.rollingUpdate';
  const { type, rollingUpdate } = updateStrategy;
  if (type === 'OnDelete') {
    return rollingUpdate ? [invalidValue(path, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")] : [];
  }
  const partition = rollingUpdate?.partition ?? 0;
  return partition < 0 ? [invalidValue(`${path}.partition`, partition, 'must be greater than or equal to 0')] : [];
}

const MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;

function validateUpdate({ spec }: StatefulSet, { spec: old }: StatefulSet): StatusCause[] {
  const fixed = (of: StatefulSetSpec) =>
    Object.fromEntries(Object.entries(of).filter(([name]) => !(MUTABLE as readonly string[]).includes(name)));
  if (jsonEqual(fixed(spec), fixed(old))) return [];
  const fields = MUTABLE.map((name) => `'${name}'`);
  const listed = `${fields.slice(0, -1).join(', ')} and ${fields.at(-1)}`;
  return [forbiddenField('spec', `updates to statefulset spec for fields other than ${listed} are forbidden`)];
}

const claim = s.shared('io.k8s.api.core.v1.PersistentVolumeClaim', 'A wish for storage.', {
  apiVersion: s.string('v1.'),
  kind: s.string('PersistentVolumeClaim.'),
  metadata: objectMetaField.describe('Name and labels of the claims.'),
  spec: persistentVolumeClaimSpec.describe('What is wanted.'),
  status: s.object('How it is; not used here.', { phase: s.string('Pending.') }),
});

export const statefulSets = defineKind<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  description: 'Pods that each have a name and storage of their own.',
  fields: {
    spec: s
      .shared(`${APPS}.StatefulSetSpec`, 'What should run.', {
        minReadySeconds: s.int32('Seconds that a new pod must be ready to count.').atLeast(0),
        ordinals: s.shared(`${APPS}.StatefulSetOrdinals`, 'How pods are numbered.', {
          start: s.int32('The first number.').atLeast(0),
        }),
        persistentVolumeClaimRetentionPolicy: s.shared(
          `${APPS}.StatefulSetPersistentVolumeClaimRetentionPolicy`,
          'What becomes of claims.',
          {
            whenDeleted: s.string('Retain (default) or Delete with the set.').values('Delete', 'Retain'),
            whenScaled: s.string('Retain (default) or Delete with the pod.').values('Delete', 'Retain'),
          },
        ),
        podManagementPolicy: s
          .string('OrderedReady (default): one after the other; Parallel: all at once.')
          .values('OrderedReady', 'Parallel'),
        replicas: s.int32('How many pods.').default(1).atLeast(0),
        revisionHistoryLimit: s.int32('How many old revisions are kept.').default(10).atLeast(0),
        selector: labelSelector.describe('Which pods are its own; must match the template.'),
        serviceName: s.string('The headless service that names the pods.'),
        template: podTemplateSpec.describe('What the pods are made from.'),
        updateStrategy: s.shared(`${APPS}.StatefulSetUpdateStrategy`, 'How pods are replaced.', {
          rollingUpdate: s.shared(`${APPS}.RollingUpdateStatefulSetStrategy`, 'Which, and how many at a time.', {
            maxUnavailable: s.intOrString('How many may be missing.'),
            partition: s.int32('Pods with a lower number stay as they are.'),
          }),
          type: s.string('RollingUpdate (default) or OnDelete.').values('OnDelete', 'RollingUpdate'),
        }),
        volumeClaimTemplates: s.listOf(claim, 'Claims that each pod has.').atomic(),
      })
      .describe('What should run.')
      .required(),
    status: s.shared(`${APPS}.StatefulSetStatus`, 'How it is.', {
      availableReplicas: s.int32('Pods that have been ready long enough.'),
      collisionCount: s.int32('How often a name was taken.'),
      conditions: conditions('StatefulSet'),
      currentReplicas: s.int32('Pods of the revision before.'),
      currentRevision: s.string('The revision before.'),
      observedGeneration: s.int64('The generation that was seen.'),
      readyReplicas: s.int32('Pods that are ready.'),
      replicas: s.int32('Pods.'),
      updateRevision: s.string('The present revision.'),
      updatedReplicas: s.int32('Pods of the present revision.'),
    }),
  },
  columns: [
    column('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`),
    age,
    ...containerColumns<StatefulSet>(false),
  ],
  scale: REPLICAS_SCALE,
  stored: {
    setDefaults,
    prepareForCreate: (set) => {
      set.status = { replicas: 0, availableReplicas: 0 };
    },
    validate: ({ spec }) => [...checkWorkload(spec, 'statefulset'), ...checkStrategy(spec)],
    validateUpdate,
  },
});
