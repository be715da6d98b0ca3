import { invalidValue, s, duplicateValue, forbiddenField } from '@longshore/apiserver';
import { Quantity, type KubeObject, type StatusCause } from '@longshore/kube';
import type { LimitRangeItem, LimitRangeSpec } from 'kubernetes-types/core/v1.js';
import { column } from '../columns.js';
import { defineKind } from '../kind.js';
import { resourceList } from './references.js';

type LimitRange = KubeObject & { spec: LimitRangeSpec };
type Amounts = Readonly<Record<string, string>>;

const CORE = 'io.k8s.api.core.v1';

function setDefaults({ spec }: LimitRange): void {
  for (const item of spec?.limits ?? []) {
    if (item.type !== 'Container') continue;
    const limits: Record<string, unknown> = { ...item.max, ...item.default };
    if (Object.keys(limits).length > 0) item.default = limits as typeof item.default;
    const requests: Record<string, unknown> = { ...item.min, ...item.default, ...item.defaultRequest };
    if (Object.keys(requests).length > 0) item.defaultRequest = requests as typeof item.defaultRequest;
  }
}

/** The lower bound of each pair is not above the upper one. */
const PAIRS = [
  ['min', 'max'],
  ['min', 'defaultRequest'],
  ['defaultRequest', 'max'],
  ['defaultRequest', 'default'],
  ['min', 'default'],
  ['default', 'max'],
] as const;
const WORDS = { min: 'min', max: 'max', default: 'default', defaultRequest: 'default request' } as const;

function checkItem(item: LimitRangeItem, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (item.type === 'Pod') {
    for (const name of ['default', 'defaultRequest'] as const) {
      if (item[name]) causes.push(forbiddenField(`${path}.${name}`, "may not be specified when `type` is 'Pod'"));
    }
  }
  for (const [low, high] of PAIRS) {
    const [lower, upper] = [(item[low] ?? {}) as Amounts, (item[high] ?? {}) as Amounts];
    for (const [name, amount] of Object.entries(lower)) {
      const bound = upper[name];
      if (bound === undefined || Quantity.parse(amount).compare(Quantity.parse(bound)) <= 0) continue;
      causes.push(
        invalidValue(
          `${path}.${low}[${name}]`,
          amount,
          `${WORDS[low]} value ${amount} is greater than ${WORDS[high]} value ${bound}`,
        ),
      );
    }
  }
  return causes;
}

export const limitRanges = defineKind<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  description: 'What each object of a namespace may use.',
  fields: {
    spec: s
      .shared(`${CORE}.LimitRangeSpec`, 'The limits.', {
        limits: s
          .listOf(
            s.shared(`${CORE}.LimitRangeItem`, 'Limits of one type of object.', {
              default: resourceList('Limits of containers that have none.'),
              defaultRequest: resourceList('Requests of containers that have none.'),
              max: resourceList('At most.'),
              maxLimitRequestRatio: resourceList('How many times the request the limit may be.'),
              min: resourceList('At least.'),
              type: s
                .string('Pod, Container, PersistentVolumeClaim, openshift.io/Image or openshift.io/ImageStream.')
                .required(),
            }),
            'The limits.',
          )
          .atomic(),
      })
      .describe('The limits.'),
  },
  columns: [column('Created At', ({ metadata }) => metadata.creationTimestamp, 'date')],
  stored: {
    generation: false,
    createOnUpdate: true,
    setDefaults,
    validate: ({ spec }) => {
      const types = new Set<string>();
      return (spec?.limits ?? []).flatMap((item, at) => {
        const path = `spec.limits[${at}]`;
        const causes = checkItem(item, path);
        if (types.has(item.type)) causes.push(duplicateValue(`${path}.type`, item.type));
        types.add(item.type);
        return causes;
      });
    },
  },
});
