import type { Admission } from '@longshore/apiserver';
import { Answers, forbidden, notFound, type KubeObject } from '@longshore/kube';
import type { ClusterObjects } from '../api/parts.js';

const NAMESPACES = { group: '', resource: 'namespaces' };
/** As in Kubernetes, which asks its own server. */
const BELIEVED_MS = 1000;

/**
 * Nothing is made in a namespace that is not there or about to end: of an aggregated server, whose namespaces are those of the
 * cluster (Kubernetes admission plugin `NamespaceLifecycle`).
 */
export function namespacesExist(cluster: ClusterObjects, now?: () => number): Admission {
  const namespaces = new Answers<KubeObject | undefined>({
    believedFor: (found) => (found === undefined ? 0 : BELIEVED_MS),
    max: 10_000,
    ...(now && { now }),
  });
  return {
    async validate({ operation, definition, namespace, name }) {
      if (operation !== 'CREATE' || definition.scope !== 'Namespaced') return;
      const found = await namespaces.of(namespace, () => cluster.get('namespaces', '', namespace));
      if (found === undefined) throw notFound(NAMESPACES, namespace);
      if (found.metadata.deletionTimestamp === undefined) return;
      const resource = { group: definition.group, resource: definition.plural };
      throw forbidden(resource, name, `namespace ${namespace} is being terminated`);
    },
  };
}
