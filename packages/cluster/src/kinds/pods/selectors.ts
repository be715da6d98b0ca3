/** Node selectors, affinity, tolerations and spreading: where pods may run. */
import { s } from '@longshore/apiserver';
import { labelSelector } from '../meta.js';

const CORE = 'io.k8s.api.core.v1';
const ATOMIC = { 'x-kubernetes-map-type': 'atomic' } as const;

const nodeSelectorRequirement = s.shared(`${CORE}.NodeSelectorRequirement`, 'One condition on a node.', {
  key: s.string('The label or field.').default(''),
  operator: s.string('In, NotIn, Exists, DoesNotExist, Gt or Lt.').default(''),
  values: s.strings('What the operator compares with.').atomic(),
});

const nodeSelectorTerm = s.shared(
  `${CORE}.NodeSelectorTerm`,
  'Conditions on a node that must all hold; without any, none matches.',
  {
    matchExpressions: s.listOf(nodeSelectorRequirement, 'Conditions on labels.').atomic(),
    matchFields: s.listOf(nodeSelectorRequirement, 'Conditions on fields.').atomic(),
  },
  ATOMIC,
);

export const nodeSelector = s.shared(
  `${CORE}.NodeSelector`,
  'Which nodes: those that match at least one term.',
  { nodeSelectorTerms: s.listOf(nodeSelectorTerm, 'The terms.').atomic().required() },
  ATOMIC,
);

const preferredSchedulingTerm = s.shared(`${CORE}.PreferredSchedulingTerm`, 'A term with its weight.', {
  preference: nodeSelectorTerm.describe('The term.').required(),
  weight: s.int32('From 1 to 100.').required(),
});

const nodeAffinity = s.shared(`${CORE}.NodeAffinity`, 'Which nodes a pod wants.', {
  preferredDuringSchedulingIgnoredDuringExecution: s
    .listOf(preferredSchedulingTerm, 'Nodes that are better the more weight they add up.')
    .atomic(),
  requiredDuringSchedulingIgnoredDuringExecution: nodeSelector.describe('Nodes that are possible at all.'),
});

const podAffinityTerm = s.shared(`${CORE}.PodAffinityTerm`, 'Which pods to be near, or away from.', {
  labelSelector: labelSelector.describe('The pods.'),
  matchLabelKeys: s.strings('Labels whose values are taken from the new pod.').atomic(),
  mismatchLabelKeys: s.strings('Labels whose values must differ from those of the new pod.').atomic(),
  namespaceSelector: labelSelector.describe('Namespaces of the pods, by their labels.'),
  namespaces: s.strings('Namespaces of the pods; default: that of the new pod.').atomic(),
  topologyKey: s.string('The node label whose equal values mean near.').required(),
});

const weightedPodAffinityTerm = s.shared(`${CORE}.WeightedPodAffinityTerm`, 'A term with its weight.', {
  podAffinityTerm: podAffinityTerm.describe('The term.').required(),
  weight: s.int32('From 1 to 100.').required(),
});

const podTerms = {
  preferredDuringSchedulingIgnoredDuringExecution: s
    .listOf(weightedPodAffinityTerm, 'Places that are better the more weight they add up.')
    .atomic(),
  requiredDuringSchedulingIgnoredDuringExecution: s.listOf(podAffinityTerm, 'What must hold.').atomic(),
};

export const affinity = s.shared(`${CORE}.Affinity`, 'Where a pod wants to run.', {
  nodeAffinity: nodeAffinity.describe('On which nodes.'),
  podAffinity: s.shared(`${CORE}.PodAffinity`, 'Near which pods.', podTerms),
  podAntiAffinity: s.shared(`${CORE}.PodAntiAffinity`, 'Away from which pods.', podTerms),
});

export const toleration = s.shared(`${CORE}.Toleration`, 'A taint that a pod bears.', {
  effect: s.string('The effect; empty for all.'),
  key: s.string('The taint; empty, with operator Exists, for all.'),
  operator: s.string('Equal (default) or Exists.'),
  tolerationSeconds: s.int64('How long a NoExecute taint is borne; default: for ever.'),
  value: s.string('The value that the taint has.'),
});

export const topologySpreadConstraint = s.shared(`${CORE}.TopologySpreadConstraint`, 'How to spread pods.', {
  labelSelector: labelSelector.describe('The pods that are counted.'),
  matchLabelKeys: s.strings('Labels whose values are taken from the new pod.').atomic(),
  maxSkew: s.int32('How unequal the counts may be.').required(),
  minDomains: s.int32('How many domains there must be.'),
  nodeAffinityPolicy: s.string('Honor (default) or Ignore the node affinity when counting.').values('Honor', 'Ignore'),
  nodeTaintsPolicy: s.string('Honor or Ignore (default) taints when counting.').values('Honor', 'Ignore'),
  topologyKey: s.string('The node label whose values are the domains.').required(),
  whenUnsatisfiable: s.string('DoNotSchedule or ScheduleAnyway.').values('DoNotSchedule', 'ScheduleAnyway').required(),
});
