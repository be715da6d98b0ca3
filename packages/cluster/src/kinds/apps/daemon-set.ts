import { invalidValue, requiredValue, s } from '@longshore/apiserver';
import { checkNonNegativeIntOrPercent, percentOf } from '../checks.js';
import type { StatusCause } from '@longshore/kube';
import type { DaemonSetSpec, DaemonSetStatus } from 'kubernetes-types/apps/v1.js';
import { age, column, formatList } from '../columns.js';
import { defineKind } from '../kind.js';
import { labelSelector } from '../meta.js';
import { podTemplateSpec } from '../pods/pod-schema.js';
import {
  APPS,
  checkSelectorKept,
  checkWorkload,
  conditions,
  containerColumns,
  setTemplateDefaults,
  type Workload,
} from './workload.js';

type DaemonSet = Workload<DaemonSetSpec, DaemonSetStatus>;

function setDefaults(set: DaemonSet): void {
  setTemplateDefaults(set);
  const { spec } = set;
  if (!spec) return;
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= 'RollingUpdate';
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
    spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
  }
}

function checkStrategy({ updateStrategy = {} }: DaemonSetSpec): StatusCause[] {
  const path = 'spec.updateStrategy.rollingUpdate';
  const { type, rollingUpdate } = updateStrategy;
  if (type !== 'RollingUpdate') return [];
  if (!rollingUpdate) return [requiredValue(path)];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const causes = [
    ...checkNonNegativeIntOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...checkNonNegativeIntOrPercent(maxSurge, `${path}.maxSurge`),
  ];
  const isSet = (value: unknown) => value !== undefined && value !== 0 && value !== '0%';
  if (isSet(maxUnavailable) && isSet(maxSurge)) {
    causes.push(invalidValue(`${path}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  }
  if (!isSet(maxUnavailable) && !isSet(maxSurge)) {
    causes.push(requiredValue(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  }
  for (const [name, value] of [
    ['maxUnavailable', maxUnavailable],
    ['maxSurge', maxSurge],
  ] as const) {
    if (percentOf(value) > 100) causes.push(invalidValue(`${path}.${name}`, value, 'must not be greater than 100%'));
  }
  return causes;
}

export const daemonSets = defineKind<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  description: 'One pod on each node, or on some nodes.',
  fields: {
    spec: s
      .shared(`${APPS}.DaemonSetSpec`, 'What should run.', {
        minReadySeconds: s.int32('Seconds that a new pod must be ready to count.').atLeast(0),
        revisionHistoryLimit: s.int32('How many old revisions are kept.').default(10).atLeast(0),
        selector: labelSelector.describe('Which pods are its own; must match the template.'),
        template: podTemplateSpec.describe('What the pods are made from.'),
        updateStrategy: s.shared(`${APPS}.DaemonSetUpdateStrategy`, 'How pods are replaced.', {
          rollingUpdate: s.shared(`${APPS}.RollingUpdateDaemonSet`, 'How many at a time.', {
            maxSurge: s.intOrString('How many nodes may have two pods; default 0.'),
            maxUnavailable: s.intOrString('How many may be missing; default 1.'),
          }),
          type: s.string('RollingUpdate (default) or OnDelete.').values('OnDelete', 'RollingUpdate'),
        }),
      })
      .describe('What should run.')
      .required(),
    status: s.shared(`${APPS}.DaemonSetStatus`, 'How it is.', {
      collisionCount: s.int32('How often a name was taken.'),
      conditions: conditions('DaemonSet'),
      currentNumberScheduled: s.int32('Nodes that have the pod and should.'),
      desiredNumberScheduled: s.int32('Nodes that should have it.'),
      numberAvailable: s.int32('Nodes whose pod has been ready long enough.'),
      numberMisscheduled: s.int32('Nodes that have it and should not.'),
      numberReady: s.int32('Nodes whose pod is ready.'),
      numberUnavailable: s.int32('Nodes whose pod is missing.'),
      observedGeneration: s.int64('The generation that was seen.'),
      updatedNumberScheduled: s.int32('Nodes with a pod of the present template.'),
    }),
  },
  columns: [
    column('Desired', ({ status }) => status?.desiredNumberScheduled ?? 0, 'integer'),
    column('Current', ({ status }) => status?.currentNumberScheduled ?? 0, 'integer'),
    column('Ready', ({ status }) => status?.numberReady ?? 0, 'integer'),
    column('Up-to-date', ({ status }) => status?.updatedNumberScheduled ?? 0, 'integer'),
    column('Available', ({ status }) => status?.numberAvailable ?? 0, 'integer'),
    column('Node Selector', ({ spec }) =>
      formatList(
        Object.entries(spec.template.spec?.nodeSelector ?? {})
          .map(([key, value]) => `${key}=${value}`)
          .sort(),
      ),
    ),
    age,
    ...containerColumns<DaemonSet>(),
  ],
  stored: {
    setDefaults,
    prepareForCreate: (set) => {
      set.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
    },
    validate: ({ spec }) => [...checkWorkload(spec, 'daemonset'), ...checkStrategy(spec)],
    validateUpdate: ({ spec }, old) => checkSelectorKept(spec, old.spec),
  },
});
