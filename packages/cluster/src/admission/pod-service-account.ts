import type { Admission } from '@longshore/apiserver';
import { forbidden } from '@longshore/kube';

interface PodSpec {
  serviceAccountName?: string;
  serviceAccount?: string;
}

/** Pods run as a service account that exists; by default as `default` (Kubernetes admission plugin `ServiceAccount`). */
export const podServiceAccount: Admission = {
  mutate({ operation, definition, subresource, object }) {
    if (operation !== 'CREATE' || definition.group !== '' || definition.plural !== 'pods' || subresource !== '') return;
    const spec = object?.spec as PodSpec | undefined;
    if (spec === undefined) return;
    spec.serviceAccountName ||= spec.serviceAccount || 'default';
    spec.serviceAccount = spec.serviceAccountName;
  },
  async validate({ operation, definition, subresource, object, namespace, name, objects }) {
    if (operation !== 'CREATE' || definition.group !== '' || definition.plural !== 'pods' || subresource !== '') return;
    const { serviceAccountName: account = '' } = (object?.spec ?? {}) as PodSpec;
    if ((await objects.get('serviceaccounts', namespace, account)) !== undefined) return;
    const why = `error looking up service account ${namespace}/${account}: serviceaccount ${JSON.stringify(account)} not found`;
    throw forbidden({ group: '', resource: 'pods' }, name, why);
  },
};
