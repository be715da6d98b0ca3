import { ensure, keepRootCertificates, namespaceContents, ROOT_CERTIFICATES } from '../bootstrap/index.js';
import type { Controller } from '@longshore/apiserver';

/**
 * Keeps in each namespace what every namespace has. Role bindings that a user deleted come back; their subjects stay removed.
 * `caBundle`: PEM of the authority of the API server.
 */
export function namespaceContentsController(caBundle: string): Controller {
  const byNamespace = ({ metadata }: { metadata: { namespace?: string } }) =>
    metadata.namespace === undefined ? [] : [metadata.namespace];
  return {
    name: 'namespace-contents',
    follows: {
      namespaces: ({ metadata }) => (metadata.name === undefined ? [] : [metadata.name]),
      serviceaccounts: byNamespace,
      configmaps: ({ metadata: { name, namespace } }) =>
        name === ROOT_CERTIFICATES && namespace !== undefined ? [namespace] : [],
      'rolebindings.rbac.authorization.k8s.io': byNamespace,
    },
    async reconcile(name, objects) {
      const namespace = await objects.get('namespaces', '', name);
      if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return;
      for (const wanted of namespaceContents(name)) await ensure(objects, wanted);
      await keepRootCertificates(objects, name, caBundle);
    },
  };
}
