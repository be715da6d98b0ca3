import type { KubeObject } from '@longshore/kube';
import { METRICS_PORT, NAMESPACE, OPERATOR, OPERATOR_SERVICE, OPERATOR_TLS_SECRET, REQUIRED_SCC } from '../names.js';

/** What the operator's pod is made from. */
export interface OperatorPod {
  /** Pull spec of Longshore: of the operator and of all that it runs. */
  image: string;
  /** Of Longshore, as ClusterOperator and Deployment tell it. */
  version: string;
  replicas: number;
  /** Alerts that are only to inform are wanted, too. */
  optionalAlerts: boolean;
  /** Users of pods are OpenShift's to choose. */
  isOpenShift: boolean;
}

const LABELS = { name: OPERATOR };
const TLS = '/etc/secrets';

/** Of several pods, one works and the others wait. */
export function operatorDeployment(pod: OperatorPod): KubeObject {
  const { replicas, isOpenShift } = pod;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: OPERATOR, namespace: NAMESPACE, labels: LABELS },
    spec: {
      replicas,
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS, annotations: { [REQUIRED_SCC]: 'restricted-v2' } },
        spec: {
          serviceAccountName: OPERATOR,
          priorityClassName: 'system-cluster-critical',
          securityContext: {
            runAsNonRoot: true,
            ...(isOpenShift ? {} : { runAsUser: 1001, fsGroup: 1001 }),
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [container(pod)],
          volumes: [{ name: 'tls', secret: { secretName: OPERATOR_TLS_SECRET, optional: true, defaultMode: 0o440 } }],
        },
      },
    },
  };
}

function container({ image, version, optionalAlerts }: OperatorPod): object {
  const probe = (path: string) => ({ httpGet: { scheme: 'HTTPS', port: METRICS_PORT, path } });
  const fieldRef = { fieldPath: 'metadata.name' };
  return {
    name: OPERATOR,
    image,
    command: [
      'longshore',
      'operator',
      'run',
      `--metrics-port=${METRICS_PORT}`,
      `--tls-cert-file=${TLS}/tls.crt`,
      `--tls-private-key-file=${TLS}/tls.key`,
      ...(optionalAlerts ? ['--optional-alerts'] : []),
    ],
    env: [
      { name: 'RELEASE_VERSION', value: version },
      ...['IMAGE', 'IMAGE_PRUNER', 'OPERATOR_IMAGE'].map((name) => ({ name, value: image })),
      { name: 'POD_NAME', valueFrom: { fieldRef } },
    ],
    ports: [{ name: 'metrics', containerPort: METRICS_PORT }],
    readinessProbe: { ...probe('/readyz'), timeoutSeconds: 5 },
    livenessProbe: { ...probe('/healthz'), initialDelaySeconds: 10, timeoutSeconds: 5 },
    resources: { requests: { cpu: '10m', memory: '128Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [{ name: 'tls', mountPath: TLS, readOnly: true }],
  };
}

/** Before the operator's metrics; OpenShift's service CA makes its certificate. */
export function operatorService(): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: OPERATOR_SERVICE,
      namespace: NAMESPACE,
      labels: { name: OPERATOR_SERVICE },
      annotations: { 'service.beta.openshift.io/serving-cert-secret-name': OPERATOR_TLS_SECRET },
    },
    spec: {
      clusterIP: 'None',
      selector: LABELS,
      ports: [{ name: 'metrics', port: METRICS_PORT, targetPort: METRICS_PORT }],
    },
  };
}
