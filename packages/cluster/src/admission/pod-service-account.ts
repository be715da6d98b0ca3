import type { Admission } from '@longshore/apiserver';
import { forbidden, type KubeObject } from '@longshore/kube';

interface PodSpec {
  serviceAccountName?: string;
  serviceAccount?: string;
  imagePullSecrets?: { name?: string }[];
}

type ServiceAccount = KubeObject & Pick<PodSpec, 'imagePullSecrets'>;

/**
 * Pods run as a service account that exists, by default as `default`, and pull with its secrets where they name none
 * (Kubernetes admission plugin `ServiceAccount`).
 */
export const podServiceAccount: Admission = {
  async mutate({ operation, definition, subresource, object, namespace, objects }) {
    if (operation !== 'CREATE' || definition.group !== '' || definition.plural !== 'pods' || subresource !== '') return;
    const spec = object?.spec as PodSpec | undefined;
    if (spec === undefined) return;
    spec.serviceAccountName ||= spec.serviceAccount || 'default';
    spec.serviceAccount = spec.serviceAccountName;
    if ((spec.imagePullSecrets ?? []).length > 0) return;
    const account = await objects.get<ServiceAccount>('serviceaccounts', namespace, spec.serviceAccountName);
    const { imagePullSecrets = [] } = account ?? {};
    if (imagePullSecrets.length > 0) spec.imagePullSecrets = imagePullSecrets.map(({ name }) => ({ name: name ?? '' }));
  },
  async validate({ operation, definition, subresource, object, namespace, name, objects }) {
    if (operation !== 'CREATE' || definition.group !== '' || definition.plural !== 'pods' || subresource !== '') return;
    const { serviceAccountName: account = '' } = (object?.spec ?? {}) as PodSpec;
    if ((await objects.get('serviceaccounts', namespace, account)) !== undefined) return;
    const why = `error looking up service account ${namespace}/${account}: serviceaccount ${JSON.stringify(account)} not found`;
    throw forbidden({ group: '', resource: 'pods' }, name, why);
  },
};
