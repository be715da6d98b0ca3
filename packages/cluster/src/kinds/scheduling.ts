import { forbiddenField, s } from '@longshore/apiserver';
import type { KubeObject, StatusCause } from '@longshore/kube';
import type { PriorityClass as Fields } from 'kubernetes-types/scheduling/v1.js';
import { age, column } from './columns.js';
import { defineKind } from './kind.js';

type PriorityClass = KubeObject & Omit<Fields, 'apiVersion' | 'kind' | 'metadata'>;

/** Higher ones, and names with this prefix, belong to the system. */
const HIGHEST_USER_PRIORITY = 1_000_000_000;
const SYSTEM_PREFIX = 'system-';
const SYSTEM_CLASSES: Record<string, number> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

function validate({ metadata: { name = '' }, value, globalDefault }: PriorityClass): StatusCause[] {
  if (name.startsWith(SYSTEM_PREFIX)) {
    if (SYSTEM_CLASSES[name] === value && !globalDefault) return [];
    return [
      forbiddenField(
        'metadata.name',
        "priority class names with 'system-' prefix are reserved for system use only. error: value and description of a system priority class cannot be changed",
      ),
    ];
  }
  return value > HIGHEST_USER_PRIORITY
    ? [forbiddenField('value', `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`)]
    : [];
}

export const priorityClasses = defineKind<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  scope: 'Cluster',
  shortNames: ['pc'],
  description: 'How important pods are.',
  fields: {
    description: s.string('When to use it.'),
    globalDefault: s.boolean('Whether pods have it that name none.'),
    preemptionPolicy: s
      .string('PreemptLowerPriority (default) or Never.')
      .default('PreemptLowerPriority')
      .values('Never', 'PreemptLowerPriority'),
    value: s.int32('The higher, the more important.').default(0),
  },
  columns: [
    column('Value', ({ value }) => value, 'integer'),
    column('Global-Default', ({ globalDefault }) => String(globalDefault ?? false)),
    age,
    column('PreemptionPolicy', ({ preemptionPolicy }) => preemptionPolicy ?? ''),
  ],
  stored: {
    generation: true,
    validate,
    validateUpdate: ({ value, preemptionPolicy }, old) => [
      ...(value === old.value ? [] : [forbiddenField('value', 'may not be changed in an update.')]),
      ...(preemptionPolicy === old.preemptionPolicy
        ? []
        : [forbiddenField('preemptionPolicy', 'may not be changed in an update.')]),
    ],
  },
});
