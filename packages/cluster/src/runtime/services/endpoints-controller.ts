import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { hasReason, jsonEqual, objectKey, type KubeObject } from '@longshore/kube';
import type { Service } from '../../kinds/core/service.js';
import type { Pod } from '../../kinds/pods/pod.js';
import { controllerReference } from '../workloads/pod-template.js';
import { endpointSubsets, serviceEndpoints, sliceContent, type PodEndpoint } from './service-endpoints.js';

const SLICES = 'endpointslices.discovery.k8s.io';
const SERVICE_LABEL = 'kubernetes.io/service-name';
const MANAGER_LABEL = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';

/** Writes Endpoints and EndpointSlices of services with a selector. */
export function endpointsController(): Controller {
  return {
    name: 'endpoints',
    follows: {
      services: (service) => [objectKey(service)],
      // Any service of the namespace may select the pod, before or after the change.
      pods: ({ metadata }) => [`${metadata.namespace}/`],
      endpoints: (endpoints) => [objectKey(endpoints)],
    },
    async reconcile(key, objects) {
      const [namespace = '', name = ''] = key.split('/');
      const pods = (await objects.list<Pod>('pods', namespace)).items;
      if (name === '') {
        for (const service of (await objects.list<Service>('services', namespace)).items)
          await settle(service, pods, objects);
        return;
      }
      const service = await objects.get<Service>('services', namespace, name);
      if (service !== undefined) await settle(service, pods, objects);
      else await removeEndpoints(namespace, name, objects);
    },
  };
}

async function settle(service: Service, pods: readonly Pod[], objects: ObjectAccess): Promise<void> {
  if (Object.keys(service.spec.selector ?? {}).length === 0 || service.metadata.deletionTimestamp !== undefined) return;
  const endpoints = serviceEndpoints(service, pods);
  await writeEndpoints(service, endpoints, objects);
  await writeSlice(service, endpoints, objects);
}

const MADE = 'endpoints.kubernetes.io/last-change-trigger-time';

async function writeEndpoints(
  { metadata }: Service,
  endpoints: readonly PodEndpoint[],
  objects: ObjectAccess,
): Promise<void> {
  const { name = '', namespace = '', labels } = metadata;
  const subsets = plain(endpointSubsets(endpoints));
  const known = await objects.get<KubeObject & { subsets?: unknown }>('endpoints', namespace, name);
  if (
    known !== undefined &&
    jsonEqual(known.subsets ?? [], subsets) &&
    jsonEqual(known.metadata.labels ?? {}, labels ?? {})
  ) {
    return;
  }
  const annotations = { [MADE]: new Date().toISOString() };
  const wanted = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name, namespace, labels, annotations }, subsets };
  await (known === undefined ? objects.create('endpoints', wanted) : objects.update('endpoints', wanted));
}

async function writeSlice(service: Service, endpoints: readonly PodEndpoint[], objects: ObjectAccess): Promise<void> {
  const { name = '', namespace = '', labels } = service.metadata;
  const content = plain(sliceContent(endpoints)) as object;
  const known = (await objects.list(SLICES, namespace)).items.find(
    ({ metadata }) => metadata.labels?.[SERVICE_LABEL] === name && metadata.labels?.[MANAGER_LABEL] === MANAGER,
  );
  const wanted: KubeObject = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: { ...labels, [SERVICE_LABEL]: name, [MANAGER_LABEL]: MANAGER },
      ownerReferences: [controllerReference(service)],
    },
    addressType: 'IPv4',
    ...content,
  };
  if (known === undefined) await objects.create(SLICES, wanted);
  else await objects.change(SLICES, namespace, known.metadata.name ?? '', '', (slice) => ({ ...slice, ...content }));
}

async function removeEndpoints(namespace: string, name: string, objects: ObjectAccess): Promise<void> {
  const known = await objects.get('endpoints', namespace, name);
  if (known?.metadata.annotations?.[MADE] === undefined) return;
  await objects.delete('endpoints', namespace, name).catch((error: unknown) => {
    if (!hasReason(error, 'NotFound')) throw error;
  });
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
