import type { Admission, AdmissionRequest } from '@longshore/apiserver';
import { ApiError, forbidden, notFound } from '@longshore/kube';

/** Namespaces without which a cluster is none. */
const IMMORTAL: ReadonlySet<string> = new Set(['default', 'kube-public', 'kube-system']);
const NAMESPACES = { group: '', resource: 'namespaces' };

/** Nothing is made in a namespace that is not there or about to end (Kubernetes admission plugin `NamespaceLifecycle`). */
export const namespaceLifecycle: Admission = {
  async validate(request) {
    const { operation, definition, namespace, name } = request;
    const isNamespace = definition.group === '' && definition.plural === 'namespaces';
    if (operation === 'DELETE' && isNamespace && IMMORTAL.has(name)) {
      throw forbidden(NAMESPACES, name, 'this namespace may not be deleted');
    }
    if (operation !== 'CREATE' || definition.scope !== 'Namespaced' || isReview(request)) return;
    const found = await request.objects.get('namespaces', '', namespace);
    if (found === undefined) throw notFound(NAMESPACES, namespace);
    if (found.metadata.deletionTimestamp !== undefined) throw terminating(request);
  },
};

/** Access reviews are answered about namespaces that are not there, too. */
function isReview({ definition: { backend } }: AdmissionRequest): boolean {
  return backend.type === 'virtual' && backend.review === true;
}

function terminating({ definition, namespace, name }: AdmissionRequest): ApiError {
  const resource = { group: definition.group, resource: definition.plural };
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const { reason, message, httpStatus, details } = forbidden(resource, name, why);
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  return new ApiError(reason, message, httpStatus, { ...details, causes: [cause] });
}
