import type { KubeObject } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { NAMESPACE, OPERATOR_TLS_SECRET, RESOURCES } from '../names.js';
import { ModelCluster } from '../testing/model-cluster.js';
import { hasOptionalAlerts, monitoring } from './monitoring-objects.js';

interface Monitor extends KubeObject {
  spec: { endpoints: { tlsConfig: object }[] };
}
const tlsOf = (cluster: ModelCluster, name: string) =>
  cluster.get<Monitor>(RESOURCES.serviceMonitors, name)?.spec.endpoints[0]?.tlsConfig;

const SERVICE_CA = { ca: { configMap: { name: 'serviceca', key: 'service-ca.crt' } } };
const OPERATOR = { serverName: 'image-registry-operator.openshift-image-registry.svc' };

describe('what Prometheus is told', () => {
  it('is nothing where the cluster does not know the kinds', () => {
    const cluster = new ModelCluster('vanilla');
    cluster.settle();
    expect(cluster.get(RESOURCES.prometheusRules, 'image-registry-rules')).toBeUndefined();
    expect(JSON.stringify(cluster.decide().conditions)).not.toContain('Monitoring');
  });

  it('is checked by the authority of OpenShift', () => {
    const cluster = new ModelCluster();
    cluster.settle();
    const registry = { ...SERVICE_CA, serverName: 'image-registry.openshift-image-registry.svc' };
    expect(tlsOf(cluster, 'image-registry')).toEqual(registry);
    expect(tlsOf(cluster, 'image-registry-operator')).toEqual({ ...SERVICE_CA, ...OPERATOR });
    expect(cluster.get(RESOURCES.prometheusRules, 'image-registry-rules')).toBeDefined();
  });

  it('is planned with the alerts that the running operator was asked for', () => {
    const cluster = new ModelCluster();
    const isAsked = () => hasOptionalAlerts(cluster.input().snapshot);
    cluster.settle();
    expect(isAsked()).toBe(false);
    const asked = monitoring(cluster.input().snapshot, true);
    for (const { type, object } of asked) cluster.put(type, object);
    expect(isAsked()).toBe(true);
  });

  it.each<[string, Record<string, string>, object]>([
    [
      'a Secret with its authority',
      { 'ca.crt': 'Q0E=' },
      { ca: { secret: { name: OPERATOR_TLS_SECRET, key: 'ca.crt' } } },
    ],
    ['a Secret without', {}, { insecureSkipVerify: true }],
  ])('is checked as far as it can be elsewhere, with %s', (_, data, expected) => {
    const cluster = new ModelCluster('vanilla', [RESOURCES.serviceMonitors]);
    const metadata = { name: OPERATOR_TLS_SECRET, namespace: NAMESPACE };
    cluster.put(RESOURCES.secrets, { apiVersion: 'v1', kind: 'Secret', metadata, data });
    cluster.settle();
    expect(tlsOf(cluster, 'image-registry-operator')).toEqual({ ...expected, ...OPERATOR });
  });
});
