import { AUTO_UPDATE } from './missing-rules.js';
import { RBAC_API_VERSION, type Binding, type ClusterRole, type Subject } from './objects.js';
import type { PolicyRule } from './policy-rule.js';

/** The roles and bindings that a cluster has. What users change in them is kept; rules that a role lacks are added at a start. */

const IMAGE = ['image.openshift.io'];
const RBAC = ['rbac.authorization.k8s.io', 'authorization.openshift.io'];
const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const ALL = [...READ, ...WRITE];

const rule = (apiGroups: string[], resources: string[], verbs: string[]): PolicyRule => ({
  verbs,
  apiGroups,
  resources,
});
const paths = (nonResourceURLs: string[], verbs = ['get']): PolicyRule => ({ verbs, nonResourceURLs });

interface RoleOptions {
  /** The general roles that take in these rules: `rbac.authorization.k8s.io/aggregate-to-…`. */
  into?: string[];
  /** Filled from the roles that carry this label instead of having rules. */
  from?: string;
  description?: string;
}

const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';

function role(name: string, rules: PolicyRule[], { into = [], from, description }: RoleOptions = {}): ClusterRole {
  const labels = Object.fromEntries(into.map((target) => [`${AGGREGATE}${target}`, 'true']));
  return {
    apiVersion: RBAC_API_VERSION,
    kind: 'ClusterRole',
    metadata: {
      name,
      labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
      annotations: {
        [AUTO_UPDATE]: 'true',
        ...(description !== undefined && { 'openshift.io/description': description }),
      },
    },
    rules,
    ...(from !== undefined && {
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`${AGGREGATE}${from}`]: 'true' } }] },
    }),
  };
}

/** Everything that lives in a project, but what only `admin` may touch. */
const PROJECT_CONTENT: [group: string, resources: string[]][] = [
  ['', ['configmaps', 'endpoints', 'persistentvolumeclaims', 'pods', 'replicationcontrollers', 'services']],
  [
    'apps',
    [
      'controllerrevisions',
      'daemonsets',
      'deployments',
      'deployments/scale',
      'replicasets',
      'replicasets/scale',
      'statefulsets',
      'statefulsets/scale',
    ],
  ],
  ['batch', ['cronjobs', 'jobs']],
  ['networking.k8s.io', ['ingresses', 'networkpolicies']],
  ['policy', ['poddisruptionbudgets']],
  ['discovery.k8s.io', ['endpointslices']],
  ['route.openshift.io', ['routes']],
];

/** What controllers write. Who writes endpoints can send a service to any address (CVE-2021-25740), so `edit` does not. */
const KEPT_BY_CONTROLLERS: ReadonlySet<string> = new Set(['controllerrevisions', 'endpoints', 'endpointslices']);
const EDITED_CONTENT = PROJECT_CONTENT.map(([group, resources]): [string, string[]] => {
  return [group, resources.filter((resource) => !KEPT_BY_CONTROLLERS.has(resource))];
}).filter(([, resources]) => resources.length > 0);

const STATUSES: [group: string, resources: string[]][] = [
  [
    '',
    [
      'bindings',
      'events',
      'limitranges',
      'namespaces',
      'namespaces/status',
      'persistentvolumeclaims/status',
      'pods/log',
      'pods/status',
      'resourcequotas',
      'resourcequotas/status',
      'serviceaccounts',
      'services/status',
    ],
  ],
  ['apps', ['daemonsets/status', 'deployments/status', 'replicasets/status', 'statefulsets/status']],
  ['batch', ['cronjobs/status', 'jobs/status']],
  ['policy', ['poddisruptionbudgets/status']],
  ['route.openshift.io', ['routes/status']],
];

const rulesFor = (content: [string, string[]][], verbs: string[]) =>
  content.map(([group, resources]) => rule([group], resources, verbs));

/** Groups whose kinds hold no secrets. */
const OPEN_GROUPS = [
  'apiextensions.k8s.io',
  'config.openshift.io',
  'coordination.k8s.io',
  'imageregistry.operator.openshift.io',
  'monitoring.coreos.com',
  'networking.k8s.io',
  'operator.openshift.io',
  'project.openshift.io',
  'rbac.authorization.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
  'user.openshift.io',
];

const READ_IMAGES = ['imagestreamimages', 'imagestreammappings', 'imagestreams', 'imagestreamtags', 'imagetags'];

const generalRoles: ClusterRole[] = [
  role('cluster-admin', [rule(['*'], ['*'], ['*']), paths(['*'], ['*'])], {
    description: 'A super-user that can perform any action in the cluster.',
  }),
  role(
    'cluster-reader',
    [
      ...rulesFor(PROJECT_CONTENT, READ),
      ...rulesFor(STATUSES, READ),
      rule([''], ['nodes', 'nodes/status', 'persistentvolumes', 'persistentvolumes/status'], READ),
      rule(OPEN_GROUPS, ['*'], READ),
      rule(IMAGE, [...READ_IMAGES, 'images', 'imagestreams/status'], READ),
      rule(IMAGE, ['imagestreams/layers'], ['get']),
      rule(['authorization.k8s.io'], ['localsubjectaccessreviews', 'subjectaccessreviews'], ['create']),
      paths(['*']),
    ],
    { description: 'Reads everything but secrets and tokens.' },
  ),
  role('admin', [], { from: 'admin', description: 'Manages a project, with the roles in it.' }),
  role('edit', [], {
    from: 'edit',
    into: ['admin'],
    description: 'Changes most of what is in a project, but no roles.',
  }),
  role('view', [], {
    from: 'view',
    into: ['edit'],
    description: 'Reads most of what is in a project, but no secrets and roles.',
  }),
  role('system:aggregate-to-view', [...rulesFor(PROJECT_CONTENT, READ), ...rulesFor(STATUSES, READ)], {
    into: ['view'],
  }),
  role(
    'system:aggregate-to-edit',
    [
      ...rulesFor(EDITED_CONTENT, WRITE),
      rule([''], ['events'], WRITE),
      rule([''], ['secrets', 'serviceaccounts'], ALL),
      rule([''], ['serviceaccounts/token'], ['create']),
      rule([''], ['serviceaccounts'], ['impersonate']),
      rule(['coordination.k8s.io'], ['leases'], ALL),
      rule(['route.openshift.io'], ['routes/custom-host'], ['create']),
    ],
    { into: ['edit'] },
  ),
  role(
    'system:aggregate-to-admin',
    [
      rule(['rbac.authorization.k8s.io'], ['rolebindings', 'roles'], ALL),
      rule(['authorization.k8s.io'], ['localsubjectaccessreviews'], ['create']),
      rule(['', 'project.openshift.io'], ['projects'], ['get', 'update', 'patch', 'delete']),
      rule(['route.openshift.io'], ['routes/custom-host'], ['create', 'update']),
    ],
    { into: ['admin'] },
  ),
];

const userRoles: ClusterRole[] = [
  role('self-provisioner', [rule(['', 'project.openshift.io'], ['projectrequests'], ['create'])], {
    description: 'Can request projects.',
  }),
  role(
    'basic-user',
    [
      { verbs: ['get'], apiGroups: ['', 'user.openshift.io'], resources: ['users'], resourceNames: ['~'] },
      rule(['', 'project.openshift.io'], ['projectrequests'], ['list']),
      rule(['rbac.authorization.k8s.io'], ['clusterroles'], READ),
      rule(['storage.k8s.io'], ['storageclasses'], READ),
      rule(['', 'project.openshift.io'], ['projects'], ['list', 'watch']),
      rule(['authorization.k8s.io'], ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], ['create']),
      rule(['oauth.openshift.io'], ['useroauthaccesstokens'], ['get', 'list', 'watch', 'delete']),
    ],
    { description: 'Can get basic information about itself.' },
  ),
  role('system:basic-user', [
    rule(['authorization.k8s.io'], ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], ['create']),
    rule(['authentication.k8s.io'], ['selfsubjectreviews'], ['create']),
  ]),
  // `oc logout` ends its token by the name, which only who has the token knows.
  role('system:oauth-token-deleter', [
    rule(['', 'oauth.openshift.io'], ['oauthaccesstokens', 'oauthauthorizetokens'], ['delete']),
  ]),
  // Of oneself only: for others the right to the same review of Kubernetes is needed.
  role('self-access-reviewer', [
    rule(['', 'authorization.openshift.io'], ['subjectaccessreviews'], ['create']),
    rule(['authorization.k8s.io'], ['selfsubjectaccessreviews'], ['create']),
  ]),
  role('system:discovery', [
    paths([
      '/api',
      '/api/*',
      '/apis',
      '/apis/*',
      '/healthz',
      '/livez',
      '/openapi',
      '/openapi/*',
      '/readyz',
      '/version',
      '/version/',
    ]),
  ]),
  role('system:public-info-viewer', [paths(['/healthz', '/livez', '/readyz', '/version', '/version/'])]),
  role('system:service-account-issuer-discovery', [
    paths([
      '/.well-known/openid-configuration',
      '/.well-known/openid-configuration/',
      '/openid/v1/jwks',
      '/openid/v1/jwks/',
    ]),
  ]),
  role('system:auth-delegator', [
    rule(['authentication.k8s.io'], ['tokenreviews'], ['create']),
    rule(['authorization.k8s.io'], ['subjectaccessreviews'], ['create']),
  ]),
  role('system:monitoring', [
    paths(['/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/readyz', '/readyz/*']),
  ]),
];

/** registry.md 2.3. */
const registryViewer = [
  rule(IMAGE, READ_IMAGES, READ),
  rule(IMAGE, ['imagestreams/layers'], ['get']),
  rule(['', 'project.openshift.io'], ['namespaces', 'projects'], ['get']),
];
const registryEditor = [
  rule([''], ['secrets', 'serviceaccounts'], ALL),
  rule(IMAGE, [...READ_IMAGES, 'imagestreams/secrets'], ALL),
  rule(IMAGE, ['imagestreamimports'], ['create']),
  rule(IMAGE, ['imagestreams/layers'], ['get', 'update']),
  rule(['', 'project.openshift.io'], ['namespaces', 'projects'], ['get']),
];
const registryAdmin = [
  ...registryEditor,
  rule(RBAC, ['rolebindings', 'roles'], ALL),
  rule(['authorization.k8s.io'], ['localsubjectaccessreviews'], ['create']),
  rule(['', 'project.openshift.io'], ['projects'], ['get', 'delete']),
];
const pusher = [rule(IMAGE, ['imagestreams/layers'], ['get', 'update'])];

/** Whatever may hold an image that pruning must keep (registry.md 2.3). */
const PRUNER_READS: [group: string, resources: string[]][] = [
  ['', ['pods', 'replicationcontrollers']],
  ['build.openshift.io', ['buildconfigs', 'builds']],
  ['apps.openshift.io', ['deploymentconfigs']],
  ['batch', ['cronjobs', 'jobs']],
  ['apps', ['daemonsets', 'deployments', 'replicasets', 'statefulsets']],
];

const imageRoles: ClusterRole[] = [
  role('registry-viewer', registryViewer, { into: ['view'] }),
  role('registry-editor', registryEditor, { into: ['edit'] }),
  role('registry-admin', registryAdmin, { into: ['admin'] }),
  role('system:aggregate-image-status-to-view', [rule(IMAGE, ['imagestreams/status'], READ)], { into: ['view'] }),
  role('system:image-puller', [rule(IMAGE, ['imagestreams/layers'], ['get'])], {
    description: 'Grants the right to pull images from within a project.',
  }),
  role('system:image-pusher', pusher, {
    description: 'Grants the right to push and pull images from within a project.',
  }),
  role(
    'system:image-builder',
    [
      ...pusher,
      rule(IMAGE, ['imagestreams'], ['create']),
      rule(['build.openshift.io'], ['builds'], ['get']),
      rule(['build.openshift.io'], ['builds/details'], ['update']),
    ],
    { description: 'Grants the right to build, push and pull images from within a project.' },
  ),
  role('system:image-signer', [
    rule(IMAGE, ['images', 'imagestreams/layers'], ['get']),
    rule(IMAGE, ['imagesignatures'], ['create', 'delete']),
  ]),
  role('system:image-auditor', [rule(IMAGE, ['images'], ['get', 'list', 'watch', 'patch', 'update'])]),
  role('system:registry', [
    rule([''], ['limitranges', 'resourcequotas'], ['list']),
    rule(IMAGE, ['imagestreamimages', 'imagestreams/layers', 'imagestreams/secrets'], ['get']),
    rule(IMAGE, ['imagestreams'], ['get', 'list', 'watch', 'create', 'update']),
    rule(IMAGE, ['imagestreamtags'], ['delete']),
    rule(IMAGE, ['images'], ['get', 'update', 'create']),
    rule(IMAGE, ['imagestreammappings', 'imagesignatures'], ['create']),
    rule(['operator.openshift.io'], ['imagecontentsourcepolicies'], ['list']),
    rule(['config.openshift.io'], ['images'], ['get']),
    rule(['config.openshift.io'], ['imagedigestmirrorsets', 'imagetagmirrorsets'], ['list']),
    rule(['authentication.k8s.io'], ['tokenreviews'], ['create']),
    rule(['authorization.k8s.io'], ['subjectaccessreviews'], ['create']),
  ]),
  role('system:image-pruner', [
    ...PRUNER_READS.map(([group, resources]) => rule([group], resources, ['get', 'list'])),
    rule([''], ['limitranges'], ['list']),
    rule(IMAGE, ['images'], ['delete']),
    rule(IMAGE, ['images', 'imagestreams'], READ),
    rule(IMAGE, ['imagestreams/status'], ['update']),
  ]),
];

export const BOOTSTRAP_CLUSTER_ROLES: readonly ClusterRole[] = [...generalRoles, ...userRoles, ...imageRoles];

const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';

const group = (name: string): Subject => ({ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name });

function binding(name: string, clusterRole: string, subjects: Subject[]): Binding {
  return {
    apiVersion: RBAC_API_VERSION,
    kind: 'ClusterRoleBinding',
    metadata: {
      name,
      labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
    },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: clusterRole },
    subjects,
  };
}

export const BOOTSTRAP_CLUSTER_ROLE_BINDINGS: readonly Binding[] = [
  binding('cluster-admin', 'cluster-admin', [group('system:masters')]),
  binding('cluster-admins', 'cluster-admin', [group('system:cluster-admins')]),
  binding('cluster-readers', 'cluster-reader', [group('system:cluster-readers')]),
  binding('self-provisioners', 'self-provisioner', [group('system:authenticated:oauth')]),
  binding('basic-users', 'basic-user', [group(AUTHENTICATED)]),
  binding('system:basic-user', 'system:basic-user', [group(AUTHENTICATED)]),
  binding('system:oauth-token-deleters', 'system:oauth-token-deleter', [group(AUTHENTICATED)]),
  binding('self-access-reviewers', 'self-access-reviewer', [group(AUTHENTICATED)]),
  binding('system:discovery', 'system:discovery', [group(AUTHENTICATED)]),
  binding('system:public-info-viewer', 'system:public-info-viewer', [group(AUTHENTICATED), group(UNAUTHENTICATED)]),
  binding('system:service-account-issuer-discovery', 'system:service-account-issuer-discovery', [
    group('system:serviceaccounts'),
  ]),
];

/** The bindings of each namespace (registry.md 2.3): its service accounts pull, its builder builds. */
export function namespaceBindings(namespace: string): Binding[] {
  const inNamespace = (name: string, clusterRole: string, subject: Subject, description: string): Binding => ({
    apiVersion: RBAC_API_VERSION,
    kind: 'RoleBinding',
    metadata: { name, namespace, annotations: { 'openshift.io/description': description } },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: clusterRole },
    subjects: [subject],
  });
  return [
    inNamespace(
      'system:image-pullers',
      'system:image-puller',
      group(`system:serviceaccounts:${namespace}`),
      'Lets all pods of this namespace pull its images. Kept by a controller; remove its subjects to end it.',
    ),
    inNamespace(
      'system:image-builders',
      'system:image-builder',
      { kind: 'ServiceAccount', name: 'builder', namespace },
      'Lets builds of this namespace push images into it. Kept by a controller; remove its subjects to end it.',
    ),
  ];
}
