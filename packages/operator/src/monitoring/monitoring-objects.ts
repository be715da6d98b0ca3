import type { KubeObject, ResourceType } from '@longshore/kube';
import {
  METRICS_PORT,
  NAMESPACE,
  OPERATOR_SERVICE,
  OPERATOR_TLS_SECRET,
  PORT,
  REGISTRY,
  RESOURCES,
  SELECTOR,
  SERVICE_CA,
  SERVICE_CA_KEY,
  SERVICE_HOST,
} from '../names.js';
import type { Secret } from '../operands/secrets.js';
import type { Snapshot, Wanted } from '../snapshot.js';
import { OPTIONAL_ALERTS, ruleGroups } from './alerts.js';

/** Name of the PrometheusRule. */
export const ALERTS = 'image-registry-rules';

/** How the certificate of the operator's metrics is checked. */
export type MetricsTrust = 'service-ca' | 'secret' | 'none';

/** What tells Prometheus of registry and operator, where the cluster knows these kinds (operator.md 4.6). */
export function monitoring(snapshot: Snapshot, withOptionalAlerts: boolean): Wanted[] {
  const all = monitoringObjects(trustOf(snapshot), withOptionalAlerts);
  return all.filter(({ type }) => snapshot.serves(type));
}

/** Whether the operator that runs was asked for alerts that are only to inform. */
export function hasOptionalAlerts(snapshot: Snapshot): boolean {
  const live = snapshot.find(RESOURCES.prometheusRules, ALERTS, NAMESPACE);
  const { groups } = (live?.['spec'] ?? {}) as { groups?: { name: string }[] };
  return Array.isArray(groups) && groups.some(({ name }) => name === OPTIONAL_ALERTS.name);
}

function trustOf(snapshot: Snapshot): MetricsTrust {
  if (snapshot.serves(RESOURCES.serviceCas)) return 'service-ca';
  const secret = snapshot.find<Secret>(RESOURCES.secrets, OPERATOR_TLS_SECRET, NAMESPACE);
  return secret?.data?.['ca.crt'] ? 'secret' : 'none';
}

export function monitoringObjects(trust: MetricsTrust, withOptionalAlerts: boolean): Wanted[] {
  return [
    serviceMonitor(REGISTRY, SELECTOR, {
      port: `${PORT}-tcp`,
      path: '/extensions/v2/metrics',
      interval: '30s',
      scheme: 'https',
      bearerTokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
      tlsConfig: { ca: SERVICE_CA_MAP, serverName: SERVICE_HOST },
    }),
    serviceMonitor(
      OPERATOR_SERVICE,
      { name: OPERATOR_SERVICE },
      {
        targetPort: METRICS_PORT,
        path: '/metrics',
        interval: '60s',
        scheme: 'https',
        tlsConfig: { ...CHECKS[trust], serverName: `${OPERATOR_SERVICE}.${NAMESPACE}.svc` },
      },
    ),
    wanted(RESOURCES.prometheusRules, 'PrometheusRule', ALERTS, { groups: ruleGroups(withOptionalAlerts) }),
  ];
}

const SERVICE_CA_MAP = { configMap: { name: SERVICE_CA, key: SERVICE_CA_KEY } };

const CHECKS: Readonly<Record<MetricsTrust, object>> = {
  'service-ca': { ca: SERVICE_CA_MAP },
  secret: { ca: { secret: { name: OPERATOR_TLS_SECRET, key: 'ca.crt' } } },
  // It is the operator's own, made anew at each start.
  none: { insecureSkipVerify: true },
};

function serviceMonitor(name: string, labels: Readonly<Record<string, string>>, endpoint: object): Wanted {
  const selector = { matchLabels: { ...labels } };
  return wanted(RESOURCES.serviceMonitors, 'ServiceMonitor', name, { selector, endpoints: [endpoint] });
}

function wanted(type: ResourceType, kind: string, name: string, spec: object): Wanted {
  const object: KubeObject = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind,
    metadata: { name, namespace: NAMESPACE },
    spec,
  };
  return { type, object };
}
