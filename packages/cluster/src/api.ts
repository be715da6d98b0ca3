import type { Server } from 'node:https';
import {
  createApiServer,
  type ApiServer,
  type Authenticator,
  type HttpPath,
  type ResourceDefinition,
  type Store,
} from '@longshore/apiserver';
import type { Logger } from '@longshore/registry';
import { clusterAdmission } from './admission/index.js';
import { RBAC_GROUP, type Binding, type RbacAuthorizer, type RbacIndex, type Role } from './rbac/index.js';
import type { ServiceNumbers } from './network/service-numbers.js';

/** The Kubernetes version whose behaviour the API server has. */
const KUBERNETES = { major: '1', minor: '32', gitVersion: 'v1.32.0' };
/** How long a request may take to come to its end when the cluster ends. */
const DRAIN_MS = 10_000;

export interface ApiOptions {
  store: Store;
  definitions: readonly ResourceDefinition[];
  authenticator: Authenticator;
  authorizer: RbacAuthorizer;
  paths: readonly HttpPath[];
  log: Logger;
}

/** The API server of the cluster, without its socket. */
export function createApi({
  store,
  definitions,
  authenticator,
  authorizer,
  paths,
  log,
}: ApiOptions): Promise<ApiServer> {
  return createApiServer({
    store,
    definitions,
    authenticator,
    authorizer,
    paths,
    version: KUBERNETES,
    admission: clusterAdmission,
    healthChecks: { store: async () => void (await store.revision()) },
    onError: (error) => log.error({ error }, 'a request to the API server failed'),
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
export async function endApi(api: ApiServer, server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await api.drain();
  server.closeIdleConnections();
  await closed;
  clearTimeout(late);
}
