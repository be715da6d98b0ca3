import { invalidValue, s } from '@longshore/apiserver';
import { checkLabelSelector, type KubeObject, type StatusCause } from '@longshore/kube';
import type { PodDisruptionBudgetSpec, PodDisruptionBudgetStatus } from 'kubernetes-types/policy/v1.js';
import { checkNonNegativeIntOrPercent, percentOf } from './checks.js';
import { age, column } from './columns.js';
import { defineKind } from './kind.js';
import { condition, labelSelector } from './meta.js';

type Budget = KubeObject & { spec: PodDisruptionBudgetSpec; status?: PodDisruptionBudgetStatus };

const POLICY = 'io.k8s.api.policy.v1';

function validate({ spec = {} }: Budget): StatusCause[] {
  const { minAvailable, maxUnavailable, selector } = spec;
  const causes: StatusCause[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    causes.push(invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const [name, value] of [
    ['minAvailable', minAvailable],
    ['maxUnavailable', maxUnavailable],
  ] as const) {
    causes.push(...checkNonNegativeIntOrPercent(value, `spec.${name}`));
    if (percentOf(value) > 100) causes.push(invalidValue(`spec.${name}`, value, 'must not be greater than 100%'));
  }
  if (selector) causes.push(...checkLabelSelector(selector, 'spec.selector'));
  return causes;
}

const bound = (value: string | number | undefined) => String(value ?? 'N/A');

export const podDisruptionBudgets = defineKind<Budget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  description: 'How many pods must be left when some are moved.',
  fields: {
    spec: s.shared(`${POLICY}.PodDisruptionBudgetSpec`, 'Which pods, and how many.', {
      maxUnavailable: s.intOrString('How many may be missing.'),
      minAvailable: s.intOrString('How many must be there.'),
      selector: labelSelector.describe('The pods.').with({ 'x-kubernetes-patch-strategy': 'replace' }),
      unhealthyPodEvictionPolicy: s
        .string('IfHealthyBudget (default) or AlwaysAllow: whether pods that are not ready may go.')
        .values('AlwaysAllow', 'IfHealthyBudget'),
    }),
    status: s.shared(`${POLICY}.PodDisruptionBudgetStatus`, 'How it is.', {
      conditions: s.listOf(condition, 'Its conditions.').mergeBy('type'),
      currentHealthy: s.int32('Pods that are healthy.'),
      desiredHealthy: s.int32('How many there must be.'),
      disruptedPods: s.mapOf(s.time(''), 'Pods that are on their way out, since when.'),
      disruptionsAllowed: s.int32('How many may go now.'),
      expectedPods: s.int32('Pods that count.'),
      observedGeneration: s.int64('The generation that was seen.'),
    }),
  },
  columns: [
    column('Min Available', ({ spec }) => bound(spec?.minAvailable)),
    column('Max Unavailable', ({ spec }) => bound(spec?.maxUnavailable)),
    column('Allowed Disruptions', ({ status }) => status?.disruptionsAllowed ?? 0, 'integer'),
    age,
  ],
  stored: {
    unconditionalUpdate: false,
    prepareForCreate: (budget) => {
      budget.status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
    },
    validate,
  },
});
