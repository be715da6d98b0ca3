import type { KubeObject } from '@longshore/kube';
import { manifests } from '../apiserver/manifests.js';

/** What `longshore apiserver manifests` prints, with the chart's values in it. */
export async function imageApiOfChart(): Promise<KubeObject[]> {
  const { numberOf, textOf } = await import('@longshore/operator');
  const objects = manifests({
    namespace: 'openshift-image-registry',
    image: textOf('.Values.image'),
    replicas: numberOf('.Values.imageApi.replicas'),
    etcdEndpoints: [textOf('.Values.imageApi.etcdEndpoint')],
    etcdSecret: textOf('.Values.imageApi.etcdSecret'),
    servingSecret: textOf('.Values.imageApi.servingSecret'),
    caBundle: '',
  });
  return objects.filter(({ kind }) => kind !== 'Namespace');
}
