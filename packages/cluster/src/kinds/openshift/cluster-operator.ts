import { ageSince, s } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';
import { column } from '../columns.js';
import { defineKind } from '../kind.js';

interface Condition {
  type: string;
  status: string;
  message?: string;
  lastTransitionTime?: string;
}

type ClusterOperator = KubeObject & {
  status?: { conditions?: Condition[]; versions?: { name: string; version: string }[] };
};

export const operatorConditions = s
  .listOf(
    s.object('One aspect of the state.', {
      lastTransitionTime: s.time('When the status changed last.').required(),
      message: s.string('The reason in words.'),
      reason: s.string('The reason in one word.'),
      status: s.string('True, False or Unknown.').required(),
      type: s.string('Available, Progressing, Degraded, Upgradeable and others.').required(),
    }),
    'Its conditions.',
  )
  .with({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] });

const conditionOf = ({ status }: ClusterOperator, type: string) => status?.conditions?.find((one) => one.type === type);

const isOf = (type: string) => (operator: ClusterOperator) => conditionOf(operator, type)?.status;

/** What is not as it should be; nothing when all is well. */
function message(operator: ClusterOperator): string {
  for (const [type, trouble] of [
    ['Available', 'False'],
    ['Degraded', 'True'],
    ['Progressing', 'True'],
  ] as const) {
    const condition = conditionOf(operator, type);
    if (condition?.status === trouble) return condition.message ?? '';
  }
  return '';
}

export const clusterOperators = defineKind<ClusterOperator>({
  group: 'config.openshift.io',
  version: 'v1',
  kind: 'ClusterOperator',
  plural: 'clusteroperators',
  scope: 'Cluster',
  custom: true,
  shortNames: ['co'],
  description: 'How an operator of the cluster is.',
  fields: {
    spec: s.object('Nothing can be set.', {}).required(),
    status: s.object('How it is.', {
      conditions: operatorConditions,
      extension: s.anyObject('What only this operator tells.').with({ nullable: true }),
      relatedObjects: s
        .listOf(
          s.object('An object.', {
            group: s.string('Its API group.').required(),
            name: s.string('Its name.').required(),
            namespace: s.string('Its namespace.'),
            resource: s.string('Its resource.').required(),
          }),
          'Objects that have to do with it.',
        )
        .atomic(),
      versions: s
        .listOf(
          s.object('A version.', {
            name: s.string('Of what: operator, or an operand.').required(),
            version: s.string('The version.').required(),
          }),
          'Versions of the operator and its operands.',
        )
        .with({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
    }),
  },
  columns: [
    column('Version', ({ status }) => status?.versions?.find(({ name }) => name === 'operator')?.version),
    column('Available', isOf('Available')),
    column('Progressing', isOf('Progressing')),
    column('Degraded', isOf('Degraded')),
    column('Since', (operator, now) => {
      const time = conditionOf(operator, 'Available')?.lastTransitionTime;
      return time === undefined ? '' : ageSince(time, now);
    }),
    column('Message', message),
  ],
});
