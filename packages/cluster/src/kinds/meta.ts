/** Parts of `meta.k8s.io/v1` that kinds are made of. */
import { s, type Field } from '@longshore/apiserver';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const labelSelectorRequirement = s.shared(`${META}.LabelSelectorRequirement`, 'One condition on the labels.', {
  key: s.string('The label.').default(''),
  operator: s.string('In, NotIn, Exists or DoesNotExist.').default(''),
  values: s.strings('The values for In and NotIn.').atomic(),
});

export const labelSelector = s.shared(
  `${META}.LabelSelector`,
  'Which objects, by their labels. All conditions must hold; without any, all objects.',
  {
    matchExpressions: s.listOf(labelSelectorRequirement, 'Conditions.').atomic(),
    matchLabels: s.stringMap('Labels with the values that they must have.'),
  },
  { 'x-kubernetes-map-type': 'atomic' },
);

/** Conditions as newer kinds have them (metav1.Condition). */
export const condition = s.shared(`${META}.Condition`, 'One aspect of the state.', {
  lastTransitionTime: s.time('When the status changed last.'),
  message: s.string('The reason in words.'),
  observedGeneration: s.int64('The generation that it is about.'),
  reason: s.string('The reason in one word.'),
  status: s.string('True, False or Unknown.'),
  type: s.string('The aspect.'),
});

/** Conditions as older kinds have them, each in a type of its own. */
export function olderCondition(name: string, more: Record<string, Field> = {}): Field {
  return s.shared(name, 'One aspect of the state.', {
    lastTransitionTime: s.time('When the status changed last.'),
    message: s.string('The reason in words.'),
    reason: s.string('The reason in one word.'),
    status: s.string('True, False or Unknown.'),
    type: s.string('The aspect.'),
    ...more,
  });
}
