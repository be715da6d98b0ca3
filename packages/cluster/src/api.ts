import {
  createApiServer,
  type Admission,
  type ApiServer,
  type AuditLog,
  type Authenticator,
  type HttpPath,
  type ResourceDefinition,
  type Store,
} from '@longshore/apiserver';
import type { ApiSocket } from './api-socket.js';
import { RBAC_GROUP, type Binding, type RbacAuthorizer, type RbacIndex, type Role } from './rbac/index.js';
import type { ServiceNumbers } from './network/service-numbers.js';

/** The Kubernetes version whose behaviour the API server has. */
const KUBERNETES = { major: '1', minor: '32', gitVersion: 'v1.32.0' };

export interface ApiOptions {
  store: Store;
  definitions: readonly ResourceDefinition[];
  authenticator: Authenticator;
  authorizer: RbacAuthorizer;
  paths: readonly HttpPath[];
  audit: AuditLog;
  admission: Admission;
  onError: (error: unknown) => void;
}

/** The API server of the cluster, without its socket. */
export function createApi({ store, onError, ...options }: ApiOptions): Promise<ApiServer> {
  return createApiServer({
    ...options,
    store,
    onError,
    version: KUBERNETES,
    healthChecks: { store: async () => void (await store.revision()) },
  });
}

/** Fills what is kept in memory from the objects that are there. */
export async function fillIndexes({ objects }: ApiServer, index: RbacIndex, services: ServiceNumbers): Promise<void> {
  for (const plural of ['roles', 'clusterroles']) {
    const { items } = await objects.list<Role>(`${plural}.${RBAC_GROUP}`);
    for (const role of items) index.setRole(role.metadata.namespace ?? '', role.metadata.name ?? '', role);
  }
  for (const plural of ['rolebindings', 'clusterrolebindings']) {
    const { items } = await objects.list<Binding>(`${plural}.${RBAC_GROUP}`);
    for (const binding of items)
      index.setBinding(binding.metadata.namespace ?? '', binding.metadata.name ?? '', binding);
  }
  for (const service of (await objects.list('services')).items) services.occupy(service);
}

/** Takes no new requests and waits for the running ones, but not for ever. */
export async function endApi(api: ApiServer, socket: ApiSocket): Promise<void> {
  await Promise.all([api.drain(), socket.close()]);
}
