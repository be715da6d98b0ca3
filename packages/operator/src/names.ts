/** Names that the operator, its users and other parts of a cluster agree on (operator.md, table of constants). */
import type { ResourceType } from '@longshore/kube';

export const GROUP = 'imageregistry.operator.openshift.io';
export const NAMESPACE = 'openshift-image-registry';
export const CONFIG_NAMESPACE = 'openshift-config';
export const MANAGED_NAMESPACE = 'openshift-config-managed';
/** Of both custom resources. */
export const CLUSTER = 'cluster';
export const FINALIZER = `${GROUP}/finalizer`;
export const REGISTRY = 'image-registry';
export const DEFAULT_ROUTE = 'default-route';
export const PORT = 5000;
export const SERVICE_HOST = `${REGISTRY}.${NAMESPACE}.svc`;
export const SELECTOR = { 'docker-registry': 'default' } as const;

export const CHECKSUM = `${GROUP}/checksum`;
export const DEPENDENCIES_CHECKSUM = `${GROUP}/dependencies-checksum`;
export const DRY_RUN = `${GROUP}/dry-run`;
export const SPEC_HASH = 'operator.openshift.io/spec-hash';
/** Routes and claims of the operator. */
export const OWNED = 'imageregistry.openshift.io';
export const REQUIRED_SCC = 'openshift.io/required-scc';

export const PRIVATE_CONFIGURATION = 'image-registry-private-configuration';
export const HTTP_SECRET = 'image-registry-http-secret';
export const HTTP_SECRET_KEY = 'REGISTRY_HTTP_SECRET';
export const TLS_SECRET = 'image-registry-tls';
export const PULL_SECRETS = 'installation-pull-secrets';
export const CERTIFICATES = 'image-registry-certificates';
export const SERVICE_CA = 'serviceca';
export const SERVICE_CA_KEY = 'service-ca.crt';
export const TRUSTED_CA = 'trusted-ca';
export const DEFAULT_CLAIM = 'image-registry-storage';
export const PRUNER = 'image-pruner';
export const REGISTRY_ROLE = 'system:registry';
export const REGISTRY_BINDING = 'registry-registry-role';
export const PRUNER_ROLE = 'system:image-pruner';
export const PRUNER_BINDING = 'openshift-image-registry-pruner';

/** The operator itself: its Deployment, ServiceAccount and roles. */
export const OPERATOR = 'cluster-image-registry-operator';
/** Of the Service before its metrics, and of their ServiceMonitor. */
export const OPERATOR_SERVICE = 'image-registry-operator';
export const OPERATOR_TLS_SECRET = 'image-registry-operator-tls';
export const METRICS_PORT = 60000;
/** The Lease by which operators agree who works. */
export const LEASE = 'openshift-master-controllers';
export const MANAGED_CA = 'image-registry-ca';
export const CLUSTER_PULL_SECRET = 'pull-secret';

/** Fields of `spec.storage` that name a backend, in the order in which messages name them. */
export const BACKEND_FIELDS = ['emptyDir', 's3', 'swift', 'gcs', 'ibmcos', 'pvc', 'azure'] as const;

const type = (group: string, resource: string, version = 'v1'): ResourceType => ({ group, version, resource });

/** The kinds that the operator reads and writes. */
export const RESOURCES = {
  configs: type(GROUP, 'configs'),
  imagePruners: type(GROUP, 'imagepruners'),
  namespaces: type('', 'namespaces'),
  nodes: type('', 'nodes'),
  configMaps: type('', 'configmaps'),
  secrets: type('', 'secrets'),
  services: type('', 'services'),
  serviceAccounts: type('', 'serviceaccounts'),
  claims: type('', 'persistentvolumeclaims'),
  deployments: type('apps', 'deployments'),
  daemonSets: type('apps', 'daemonsets'),
  cronJobs: type('batch', 'cronjobs'),
  jobs: type('batch', 'jobs'),
  disruptionBudgets: type('policy', 'poddisruptionbudgets'),
  networkPolicies: type('networking.k8s.io', 'networkpolicies'),
  ingresses: type('networking.k8s.io', 'ingresses'),
  clusterRoles: type('rbac.authorization.k8s.io', 'clusterroles'),
  clusterRoleBindings: type('rbac.authorization.k8s.io', 'clusterrolebindings'),
  roleBindings: type('rbac.authorization.k8s.io', 'rolebindings'),
  routes: type('route.openshift.io', 'routes'),
  imageConfigs: type('config.openshift.io', 'images'),
  proxies: type('config.openshift.io', 'proxies'),
  infrastructures: type('config.openshift.io', 'infrastructures'),
  apiServers: type('config.openshift.io', 'apiservers'),
  clusterOperators: type('config.openshift.io', 'clusteroperators'),
  serviceCas: type('operator.openshift.io', 'servicecas'),
  serviceMonitors: type('monitoring.coreos.com', 'servicemonitors'),
  prometheusRules: type('monitoring.coreos.com', 'prometheusrules'),
  imageStreams: type('image.openshift.io', 'imagestreams'),
} as const satisfies Record<string, ResourceType>;

export const LEASES = type('coordination.k8s.io', 'leases');
