import { invalidValue, s } from '@longshore/apiserver';
import { checkQualifiedName, jsonEqual, Quantity, type KubeObject, type StatusCause } from '@longshore/kube';
import type { ResourceQuotaSpec, ResourceQuotaStatus } from 'kubernetes-types/core/v1.js';
import { FIELD_IMMUTABLE, problems } from '../checks.js';
import { age, column } from '../columns.js';
import { defineKind } from '../kind.js';
import { resourceList } from './references.js';

type ResourceQuota = KubeObject & { spec: ResourceQuotaSpec; status?: ResourceQuotaStatus };
type Amounts = Readonly<Record<string, string>>;

const CORE = 'io.k8s.api.core.v1';

function checkAmounts(amounts: Amounts, path: string): StatusCause[] {
  return Object.entries(amounts).flatMap(([name, amount]) => {
    const causes = problems(path, name, checkQualifiedName(name));
    if (Quantity.parse(amount).nanos < 0n) {
      causes.push(invalidValue(`${path}[${name}]`, amount, 'must be greater than or equal to 0'));
    }
    return causes;
  });
}

const isLimit = (name: string) => name.startsWith('limits.');

/** `cpu: 1/4, pods: 3/10`: requests and counts, or limits. */
function used({ status: { hard = {}, used: amounts = {} } = {} }: ResourceQuota, ofLimits: boolean): string {
  return Object.keys(hard)
    .filter((name) => isLimit(name) === ofLimits)
    .sort()
    .map((name) => `${name}: ${(amounts as Amounts)[name] ?? '0'}/${(hard as Amounts)[name]}`)
    .join(', ');
}

const scopeSelector = s.shared(
  `${CORE}.ScopeSelector`,
  'Which objects count.',
  {
    matchExpressions: s
      .listOf(
        s.shared(`${CORE}.ScopedResourceSelectorRequirement`, 'One condition.', {
          operator: s.string('In, NotIn, Exists or DoesNotExist.'),
          scopeName: s.string('The scope.'),
          values: s.strings('Values for In and NotIn.').atomic(),
        }),
        'Conditions.',
      )
      .atomic(),
  },
  { 'x-kubernetes-map-type': 'atomic' },
);

export const resourceQuotas = defineKind<ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  description: 'What all objects of a namespace may use together.',
  fields: {
    spec: s
      .shared(`${CORE}.ResourceQuotaSpec`, 'The limits.', {
        hard: resourceList('At most.'),
        scopeSelector: scopeSelector.describe('Which objects count.'),
        scopes: s.strings('Which objects count: those of all these scopes.').atomic(),
      })
      .describe('The limits.'),
    status: s.shared(`${CORE}.ResourceQuotaStatus`, 'How much is used.', {
      hard: resourceList('The limits that hold.'),
      used: resourceList('What is used.'),
    }),
  },
  columns: [column('Request', (quota) => used(quota, false)), column('Limit', (quota) => used(quota, true)), age],
  stored: {
    generation: false,
    returnDeletedObject: true,
    prepareForCreate: (quota) => {
      quota.status = {};
    },
    validate: ({ spec }) => checkAmounts(spec?.hard ?? {}, 'spec.hard'),
    validateUpdate: ({ spec }, old) =>
      jsonEqual([...(spec?.scopes ?? [])].sort(), [...(old.spec?.scopes ?? [])].sort())
        ? []
        : [invalidValue('spec.scopes', spec?.scopes ?? [], FIELD_IMMUTABLE)],
    validateStatusUpdate: ({ status }) => [
      ...checkAmounts(status?.hard ?? {}, 'status.hard'),
      ...checkAmounts(status?.used ?? {}, 'status.used'),
    ],
  },
});
