import type { KubeObject } from '@longshore/kube';
import { NAMESPACE, OPERATOR_SERVICE, OPERATOR_TLS_SECRET, SERVICE_HOST, TLS_SECRET } from '../../names.js';
import { textOf } from './template.js';

/** Certificates that cert-manager is to make. */
export function certificates(of: 'operator' | 'imageApi'): KubeObject[] {
  if (of === 'imageApi') {
    const host = `longshore-apiserver.${NAMESPACE}.svc`;
    return [certificate('longshore-apiserver', textOf('.Values.imageApi.servingSecret'), [host])];
  }
  return [
    certificate('image-registry', TLS_SECRET, [SERVICE_HOST, `${SERVICE_HOST}.cluster.local`]),
    certificate(OPERATOR_SERVICE, OPERATOR_TLS_SECRET, [`${OPERATOR_SERVICE}.${NAMESPACE}.svc`]),
  ];
}

function certificate(name: string, secretName: string, dnsNames: string[]): KubeObject {
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      secretName,
      dnsNames,
      issuerRef: {
        group: 'cert-manager.io',
        kind: textOf('.Values.certManager.issuerKind'),
        name: textOf('.Values.certManager.issuerName'),
      },
    },
  };
}
