import type { Schema } from '@longshore/kube';

const text: Schema = { type: 'string' };
const texts = (description: string): Schema => ({
  type: 'array',
  description,
  items: text,
  'x-kubernetes-list-type': 'atomic',
});

const policyRule: Schema = {
  type: 'object',
  required: ['verbs'],
  properties: {
    verbs: texts('What may be done: get, list, create and so on; * for everything.'),
    apiGroups: texts('Groups of the resources; "" is the core group, * stands for all.'),
    resources: texts('Plural names, with a subresource behind a slash; * for all.'),
    resourceNames: texts('Only objects of these names; none for all.'),
    nonResourceURLs: texts('Paths outside the resources; a * may end them.'),
  },
};

const rules: Schema = {
  type: 'array',
  description: 'What the role allows.',
  items: policyRule,
  'x-kubernetes-list-type': 'atomic',
};

const labelSelector: Schema = {
  type: 'object',
  properties: {
    matchLabels: { type: 'object', additionalProperties: text },
    matchExpressions: {
      type: 'array',
      'x-kubernetes-list-type': 'atomic',
      items: {
        type: 'object',
        required: ['key', 'operator'],
        properties: {
          key: text,
          operator: text,
          values: { type: 'array', items: text, 'x-kubernetes-list-type': 'atomic' },
        },
      },
    },
  },
};

/** `rules` of a Role; the parts that every object has are added by the server. */
export const roleSchema: Schema = { type: 'object', properties: { rules } };

export const clusterRoleSchema: Schema = {
  type: 'object',
  properties: {
    rules,
    aggregationRule: {
      type: 'object',
      description: 'Fills the rules from other cluster roles.',
      properties: {
        clusterRoleSelectors: { type: 'array', items: labelSelector, 'x-kubernetes-list-type': 'atomic' },
      },
    },
  },
};

/** Of RoleBindings and ClusterRoleBindings. */
export const bindingSchema: Schema = {
  type: 'object',
  required: ['roleRef'],
  properties: {
    roleRef: {
      type: 'object',
      description: 'The role that is given. It cannot be changed.',
      required: ['kind', 'name'],
      'x-kubernetes-map-type': 'atomic',
      properties: { apiGroup: text, kind: text, name: text },
    },
    subjects: {
      type: 'array',
      description: 'Users, groups and service accounts that get it.',
      'x-kubernetes-list-type': 'atomic',
      items: {
        type: 'object',
        required: ['kind', 'name'],
        'x-kubernetes-map-type': 'atomic',
        properties: { kind: text, apiGroup: text, name: text, namespace: text },
      },
    },
  },
};
