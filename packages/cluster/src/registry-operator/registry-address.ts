import type { Controller } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';
import type { Endpoints } from 'kubernetes-types/core/v1.js';
import { parseAddress } from '../api-socket.js';
import { backendsOf } from '../runtime/services/backend.js';
import { PortProxy } from '../runtime/services/port-proxy.js';
import { NAMESPACE } from './operator-objects.js';

const SERVICE = 'image-registry';

export interface RegistryAddress {
  controller: Controller;
  close(): Promise<void>;
}

/**
 * Leads connections to `address` on to the pods of the registry that are ready, for clients that do not know the names of
 * services. Bytes stay as they are: the registry speaks TLS. Errors: those of the system when it cannot listen there.
 */
export async function serveRegistryAddress(address: string): Promise<RegistryAddress> {
  const proxy = await PortProxy.listen(parseAddress(address));
  return {
    close: () => proxy.close(),
    controller: {
      name: 'registry-address',
      follows: {
        endpoints: ({ metadata: { namespace, name } }) =>
          namespace === NAMESPACE && name === SERVICE ? [SERVICE] : [],
      },
      async reconcile(name, objects) {
        const endpoints = await objects.get<KubeObject & Endpoints>('endpoints', NAMESPACE, name);
        proxy.use(backendsOf(endpoints, () => true));
      },
    },
  };
}
