import type { KubeObject } from '@longshore/kube';
import { NAMESPACE, PORT, REGISTRY, SERVICE_CA, SERVICE_HOST } from '../../names.js';
import { textOf } from './template.js';

const metadata = { name: REGISTRY, namespace: NAMESPACE };

/** A way to the registry through a Gateway, which speaks TLS to it and checks its certificate (Gateway API v1). */
export function gatewayRoute(): KubeObject[] {
  return [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata,
      spec: {
        parentRefs: [{ name: textOf('.Values.gateway.name'), namespace: textOf('.Values.gateway.namespace') }],
        hostnames: [textOf('.Values.gateway.host')],
        rules: [{ backendRefs: [{ name: REGISTRY, port: PORT }] }],
      },
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'BackendTLSPolicy',
      metadata,
      spec: {
        targetRefs: [{ group: '', kind: 'Service', name: REGISTRY }],
        validation: {
          caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: SERVICE_CA }],
          hostname: SERVICE_HOST,
        },
      },
    },
  ];
}
