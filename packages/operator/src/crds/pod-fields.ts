/** The parts of a pod that both kinds let their users set (Kubernetes core/v1). */
import type { Schema } from '@longshore/kube';
import { choice, fields, int32, int64, listOf, mapOf, quantities, text } from './fields.js';

export const resources = fields(
  'CPU and memory of the container; replaces the default as a whole.',
  {
    claims: listOf(
      'Claims for dynamic resources.',
      fields(
        'A claim.',
        { name: text('Its name in the pod.'), request: text('One of its requests.') },
        {
          required: ['name'],
        },
      ),
      { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
    ),
    limits: quantities('The most that it may use.'),
    requests: quantities('What it is sure to get.'),
  },
  { 'x-kubernetes-map-type': 'atomic' },
);

export const nodeSelector = mapOf('Labels that the node must have.', { type: 'string' });

export const tolerations = listOf(
  'Taints of nodes that do not matter.',
  fields('A taint.', {
    effect: text('NoSchedule, PreferNoSchedule or NoExecute; empty: all.'),
    key: text('Its key; empty with operator Exists: all.'),
    operator: text('Exists or Equal (default).'),
    tolerationSeconds: int64('How long NoExecute does not matter; default: for ever.'),
    value: text('Its value.'),
  }),
);

const requirements = (description: string): Schema =>
  listOf(
    description,
    fields(
      'A requirement.',
      {
        key: text('Key of the label.'),
        operator: text('In, NotIn, Exists, DoesNotExist, Gt or Lt.'),
        values: listOf('The values.', { type: 'string' }),
      },
      { required: ['key', 'operator'] },
    ),
  );

const labelSelector = (description: string): Schema =>
  fields(
    description,
    { matchExpressions: requirements('Requirements on labels.'), matchLabels: mapOf('Labels.', { type: 'string' }) },
    { 'x-kubernetes-map-type': 'atomic' },
  );

const nodeTerm = (description: string): Schema =>
  fields(
    description,
    {
      matchExpressions: requirements('Requirements on labels of the node.'),
      matchFields: requirements('Requirements on fields of the node.'),
    },
    { 'x-kubernetes-map-type': 'atomic' },
  );

const podTerm = (description: string): Schema =>
  fields(
    description,
    {
      labelSelector: labelSelector('Which pods.'),
      matchLabelKeys: listOf('Labels that must be like those of the pod itself.', { type: 'string' }),
      mismatchLabelKeys: listOf('Labels that must not.', { type: 'string' }),
      namespaceSelector: labelSelector('In which namespaces.'),
      namespaces: listOf('In these namespaces.', { type: 'string' }),
      topologyKey: text('Label of nodes that are one place.'),
    },
    { required: ['topologyKey'] },
  );

const weighted = (term: string, schema: Schema): Schema =>
  listOf(
    'Preferences.',
    fields('A preference.', { [term]: schema, weight: int32('From 1 to 100.') }, { required: [term, 'weight'] }),
  );

const podAffinity = (description: string): Schema =>
  fields(description, {
    preferredDuringSchedulingIgnoredDuringExecution: weighted('podAffinityTerm', podTerm('The pods.')),
    requiredDuringSchedulingIgnoredDuringExecution: listOf('What must be.', podTerm('The pods.')),
  });

export const affinity = fields('Where the pods run; replaces the default as a whole.', {
  nodeAffinity: fields('On which nodes.', {
    preferredDuringSchedulingIgnoredDuringExecution: weighted('preference', nodeTerm('The nodes.')),
    requiredDuringSchedulingIgnoredDuringExecution: fields(
      'What must be.',
      { nodeSelectorTerms: listOf('One of these.', nodeTerm('The nodes.')) },
      { required: ['nodeSelectorTerms'], 'x-kubernetes-map-type': 'atomic' },
    ),
  }),
  podAffinity: podAffinity('Near which pods.'),
  podAntiAffinity: podAffinity('Away from which pods.'),
});

export const topologySpreadConstraints = listOf(
  'How pods are spread; anything, an empty list too, replaces the default.',
  fields(
    'A constraint.',
    {
      labelSelector: labelSelector('Which pods count.'),
      matchLabelKeys: listOf('Labels that must be like those of the pod itself.', { type: 'string' }),
      maxSkew: int32('How uneven it may be.'),
      minDomains: int32('How many places there should be.'),
      nodeAffinityPolicy: text('Honor or Ignore.'),
      nodeTaintsPolicy: text('Honor or Ignore.'),
      topologyKey: text('Label of nodes that are one place.'),
      whenUnsatisfiable: text('DoNotSchedule or ScheduleAnyway.'),
    },
    { required: ['maxSkew', 'topologyKey', 'whenUnsatisfiable'] },
  ),
);

const conditionType = String.raw`^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$`;

export const conditions = listOf(
  'How it is, aspect by aspect.',
  fields(
    'One aspect.',
    {
      lastTransitionTime: text('When the status changed last.', { format: 'date-time' }),
      message: text('The reason in words.'),
      reason: text('The reason in one word.'),
      status: choice('True, False or Unknown.', ['True', 'False', 'Unknown']),
      type: text('The aspect.', { maxLength: 316, pattern: conditionType }),
    },
    { required: ['lastTransitionTime', 'status', 'type'] },
  ),
  { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] },
);
