import type { Schema } from '@longshore/kube';
import { DEFAULT_ROUTE } from '../names.js';
import { anything, choice, duration, fields, flag, int32, int64, listOf, LOG_LEVELS, text } from './fields.js';
import { affinity, conditions, nodeSelector, resources, tolerations, topologySpreadConstraints } from './pod-fields.js';
import { specStorage, statusStorage } from './storage-schema.js';

const limits = (description: string): Schema =>
  fields(description, {
    maxInQueue: int32('How many wait, at most; 0: none.', { minimum: 0 }),
    maxRunning: int32('How many run at a time; 0: any number.', { minimum: 0 }),
    maxWaitInQueue: duration('How long one waits, at most.'),
  });

const routes = listOf(
  'Further routes.',
  fields(
    'A route.',
    {
      hostname: text('Its host name.'),
      name: text('Its name.', { not: { enum: [DEFAULT_ROUTE] } }),
      secretName: text('Secret in openshift-image-registry with tls.crt, tls.key and tls.cacrt.'),
    },
    { required: ['name'] },
  ),
  { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
);

const spec: Schema = fields(
  'How the registry should be.',
  {
    affinity,
    defaultRoute: flag('Whether there is a route with the default host name.'),
    disableRedirect: flag('Whether all data goes through the registry rather than straight from the store.'),
    httpSecret: text('Secret by which replicas trust each other; default: random, kept in a Secret.'),
    logLevel: choice('How much the registry logs.', LOG_LEVELS, { default: 'Normal' }),
    logging: int64('Replaced by logLevel.'),
    managementState: text('Managed, Unmanaged, Removed or Force.', { pattern: '^(Managed|Unmanaged|Force|Removed)$' }),
    nodeSelector,
    observedConfig: anything('What the operator found in the cluster.'),
    operatorLogLevel: choice('How much the operator logs.', LOG_LEVELS, { default: 'Normal' }),
    proxy: fields('How the registry reaches other registries; default: as the cluster.', {
      http: text('Proxy for http.'),
      https: text('Proxy for https.'),
      noProxy: text('Hosts that are reached directly, with commas between them.'),
    }),
    readOnly: flag('Whether pushes and deletions are refused.'),
    replicas: int32('How many registries run.', { minimum: 0 }),
    requests: fields(
      'How many requests are served at a time.',
      { read: limits('Reads.'), write: limits('Writes.') },
      {
        'x-kubernetes-map-type': 'atomic',
      },
    ),
    resources,
    rolloutStrategy: text('RollingUpdate or Recreate.', { pattern: '^(RollingUpdate|Recreate)$' }),
    routes,
    storage: specStorage,
    tolerations,
    topologySpreadConstraints,
    unsupportedConfigOverrides: anything('deployment.annotations and deployment.runtimeClassName, at your own risk.'),
  },
  {
    required: ['replicas'],
    anyOf: [
      { properties: { replicas: { maximum: 1 } } },
      { properties: { storage: { not: { required: ['emptyDir'] } } } },
    ],
  },
);

const generations = listOf(
  'Generations of objects when the operator wrote them.',
  fields(
    'An object.',
    {
      group: text('Its group.'),
      hash: text('Hash of its content.'),
      lastGeneration: int64('The generation.'),
      name: text('Its name.'),
      namespace: text('Its namespace.'),
      resource: text('Its resource.'),
    },
    { required: ['group', 'name', 'namespace', 'resource'] },
  ),
  {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['group', 'resource', 'namespace', 'name'],
  },
);

const status: Schema = fields(
  'How the registry is.',
  {
    conditions,
    generations,
    latestAvailableRevision: int32('Has no meaning here.'),
    nextSteps: listOf('What to do now, as sentences.', { type: 'string' }),
    observedGeneration: int64('The generation that was handled.'),
    plan: listOf(
      'With the annotation imageregistry.operator.openshift.io/dry-run: what would be changed.',
      fields(
        'A change.',
        {
          action: choice('What would be done.', ['create', 'update', 'delete']),
          detail: text('What differs.'),
          name: text('Name of the object.'),
          namespace: text('Its namespace.'),
          resource: text('Its resource.'),
        },
        { required: ['action', 'name', 'resource'] },
      ),
    ),
    readyReplicas: int32('How many registries are ready.'),
    storage: statusStorage,
    storageManaged: flag('Whether spec.storage.managementState is Managed.'),
    version: text('Has no meaning here.'),
    warnings: listOf('Where data may be lost.', { type: 'string' }),
  },
  { required: ['storage', 'storageManaged'] },
);

/** `configs.imageregistry.operator.openshift.io/v1` (operator.md 1) */
export const configSchema: Schema = fields(
  'The registry of the cluster.',
  { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' }, spec, status },
  { required: ['metadata', 'spec'] },
);
