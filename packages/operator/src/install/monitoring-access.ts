import type { KubeObject } from '@longshore/kube';
import { NAMESPACE } from '../names.js';
import { clusterRole, rule } from '../operands/rbac.js';
import { bindRole, role, type Account } from './roles.js';

/** What a Prometheus may: find the pods of registry and operator, and ask the registry for its metrics (operator.md 4.6). */
export function monitoringAccess(prometheus: Account): KubeObject[] {
  const discovery = role('prometheus-k8s', NAMESPACE, [
    rule('', ['services', 'endpoints', 'pods'], ['get', 'list', 'watch']),
    rule('discovery.k8s.io', ['endpointslices'], ['get', 'list', 'watch']),
  ]);
  const metrics = clusterRole('registry-monitoring', [
    rule('image.openshift.io', ['registry/metrics'], ['get']),
  ]).object;
  return [metrics, bindRole(metrics, prometheus), discovery, bindRole(discovery, prometheus)];
}
