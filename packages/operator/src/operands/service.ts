import { NAMESPACE, PORT, REGISTRY, RESOURCES, SELECTOR, TLS_SECRET } from '../names.js';
import type { Wanted } from '../snapshot.js';

/** The stable address of the registry (operator.md 4.2). */
export function registryService(): Wanted {
  return {
    type: RESOURCES.services,
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: REGISTRY,
        namespace: NAMESPACE,
        labels: { ...SELECTOR },
        annotations: { 'service.alpha.openshift.io/serving-cert-secret-name': TLS_SECRET },
      },
      spec: {
        selector: { ...SELECTOR },
        type: 'ClusterIP',
        ports: [{ name: `${PORT}-tcp`, port: PORT, protocol: 'TCP', targetPort: PORT }],
      },
    },
  };
}

/** How many registries an evacuation of nodes leaves. */
export function disruptionBudget(replicas: number): Wanted {
  return {
    type: RESOURCES.disruptionBudgets,
    object: {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: REGISTRY, namespace: NAMESPACE },
      spec: {
        selector: { matchLabels: { ...SELECTOR } },
        minAvailable: replicas > 1 ? 1 : 0,
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    },
  };
}

/** Everybody may come to the registry's port, and it may go everywhere. */
export function registryNetworkPolicy(): Wanted {
  return networkPolicy(`${REGISTRY}-networkpolicy`, SELECTOR, {
    ingress: [{ ports: [{ port: PORT, protocol: 'TCP' }] }],
    egress: [{}],
    policyTypes: ['Ingress', 'Egress'],
  });
}

export function networkPolicy(name: string, labels: Readonly<Record<string, string>>, rules: object): Wanted {
  return {
    type: RESOURCES.networkPolicies,
    object: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace: NAMESPACE },
      spec: { podSelector: { matchLabels: { ...labels } }, ...rules },
    },
  };
}
