import type { KubeObject } from '@longshore/kube';

/** What a deployment of the image API in a cluster is made from. */
export interface ManifestOptions {
  namespace: string;
  /** Pull spec of Longshore. */
  image: string;
  replicas: number;
  etcdEndpoints: readonly string[];
  /** Secret with `ca.crt`, `tls.crt` and `tls.key` for etcd. */
  etcdSecret?: string;
  /** Secret with `tls.crt` and `tls.key` for `longshore-apiserver.NAMESPACE.svc`. */
  servingSecret: string;
  /** PEM of the authority of that certificate. */
  caBundle: string;
  internalRegistryHostname?: string;
}

const NAME = 'longshore-apiserver';
const PORT = 8443;

/**
 * Everything that a Kubernetes cluster needs to have its image API from Longshore: least rights, a Deployment, and the
 * APIService that sends the group's requests to it.
 */
export function manifests(options: ManifestOptions): KubeObject[] {
  return [...access(options.namespace), deployment(options), ...service(options)];
}

function access(namespace: string): KubeObject[] {
  const subjects = [{ kind: 'ServiceAccount', name: NAME, namespace }];
  const binding = (kind: string, name: string, roleKind: string, role: string, where?: string): KubeObject => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { name, ...(where !== undefined && { namespace: where }) },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: roleKind, name: role },
    subjects,
  });
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace } },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: NAME }, rules: RULES },
    binding('ClusterRoleBinding', NAME, 'ClusterRole', NAME),
    binding('ClusterRoleBinding', `${NAME}-delegator`, 'ClusterRole', 'system:auth-delegator'),
    // Whom to believe when a request was passed on.
    binding('RoleBinding', `${NAME}-reader`, 'Role', 'extension-apiserver-authentication-reader', 'kube-system'),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: `${NAME}-lease`, namespace },
      rules: [rule(['coordination.k8s.io'], ['leases'], ['get', 'create', 'update'])],
    },
    binding('RoleBinding', `${NAME}-lease`, 'Role', `${NAME}-lease`, namespace),
  ];
}

function rule(apiGroups: string[], resources: string[], verbs: string[]) {
  return { apiGroups, resources, verbs };
}

const RULES = [
  rule([''], ['namespaces'], ['get']),
  // Pull secrets of the namespaces that images are imported into, and the endpoints of webhooks.
  rule([''], ['secrets'], ['get', 'list', 'watch']),
  rule([''], ['configmaps'], ['get']),
  rule([''], ['limitranges'], ['list']),
  rule([''], ['resourcequotas'], ['list', 'watch']),
  rule([''], ['resourcequotas/status'], ['update']),
  rule([''], ['events'], ['get', 'create', 'patch']),
  rule(['apps'], ['daemonsets', 'deployments', 'statefulsets'], ['list', 'watch', 'patch', 'get']),
  rule(['batch'], ['cronjobs'], ['list', 'watch', 'patch', 'get']),
  rule(['config.openshift.io'], ['images', 'proxies'], ['get']),
  rule(['config.openshift.io'], ['imagedigestmirrorsets', 'imagetagmirrorsets'], ['list']),
  rule(['operator.openshift.io'], ['imagecontentsourcepolicies'], ['list']),
  rule(['image.openshift.io'], ['imagestreams'], ['list', 'watch']),
  rule(['image.openshift.io'], ['images'], ['get']),
];

function deployment(options: ManifestOptions): KubeObject {
  const { namespace, image, replicas, servingSecret, etcdSecret } = options;
  const labels = { app: NAME };
  const secret = (name: string, secretName: string) => ({ name, secret: { secretName, defaultMode: 0o440 } });
  const mount = (name: string, mountPath: string) => ({ name, mountPath, readOnly: true });
  const probe = (path: string) => ({ httpGet: { scheme: 'HTTPS', port: PORT, path } });
  const container = {
    name: 'apiserver',
    image,
    args: serveArguments(options),
    ports: [{ containerPort: PORT }],
    readinessProbe: probe('/readyz'),
    livenessProbe: { ...probe('/livez'), initialDelaySeconds: 10 },
    resources: { requests: { cpu: '100m', memory: '256Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [mount('serving', '/tls'), ...(etcdSecret === undefined ? [] : [mount('etcd', '/etcd')])],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: NAME,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1001,
            fsGroup: 1001,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [container],
          volumes: [
            secret('serving', servingSecret),
            ...(etcdSecret === undefined ? [] : [secret('etcd', etcdSecret)]),
          ],
        },
      },
    },
  };
}

function serveArguments({
  etcdEndpoints,
  etcdSecret,
  namespace,
  internalRegistryHostname: host,
}: ManifestOptions): string[] {
  return [
    'apiserver',
    'serve',
    `--secure-port=${PORT}`,
    '--tls-cert-file=/tls/tls.crt',
    '--tls-private-key-file=/tls/tls.key',
    `--lease-namespace=${namespace}`,
    ...etcdEndpoints.map((url) => `--etcd-endpoint=${url}`),
    ...(etcdSecret === undefined
      ? []
      : ['--etcd-ca=/etcd/ca.crt', '--etcd-cert=/etcd/tls.crt', '--etcd-key=/etcd/tls.key']),
    ...(host === undefined ? [] : [`--internal-registry-hostname=${host}`]),
  ];
}

function service({ namespace, caBundle }: ManifestOptions): KubeObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: NAME, namespace },
      spec: { selector: { app: NAME }, ports: [{ name: 'https', port: 443, targetPort: PORT }] },
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1.image.openshift.io' },
      spec: {
        group: 'image.openshift.io',
        version: 'v1',
        service: { name: NAME, namespace, port: 443 },
        caBundle: Buffer.from(caBundle).toString('base64'),
        // As OpenShift has it: before the groups of custom resources.
        groupPriorityMinimum: 9900,
        versionPriority: 15,
      },
    },
  ];
}
