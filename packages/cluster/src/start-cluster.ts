import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiServer } from '@longshore/apiserver';
import { systemClock } from '@longshore/kube';
import { createLogger, type Logger } from '@longshore/registry';
import { createApi, endApi, fillIndexes } from './api.js';
import { bootstrap } from './bootstrap/index.js';
import { Closing } from './closing.js';
import { namespaceContentsController, roleAggregationController, runController } from './controllers/index.js';
import { clusterDefinitions } from './definitions.js';
import { addressOf, checkFree, listenSecurely } from './listen.js';
import { ServiceNumbers } from './network/service-numbers.js';
import { ClusterError, type Cluster, type ClusterOptions } from './options.js';
import { RbacAuthorizer, RbacIndex } from './rbac/index.js';
import { startRegistry } from './registry.js';
import { ownState, removeState, runningState, writeState } from './state/index.js';
import { openStore } from './store.js';
import { ClusterCertificates, renewServingCertificate, servingNames, writeKubeconfig } from './tls/index.js';

const APPS_DOMAIN = 'apps.longshore.localhost';
const ADMINISTRATOR = 'system:admin';
const ADMINISTRATORS = ['system:masters', 'system:authenticated'];

/**
 * Starts the embedded cluster: API server and registry, in this process and the registry's workers. Errors: ClusterError,
 * StoreError, CertificateError, ConfigError; nothing is left running then.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const closing = new Closing();
  try {
    return await start(options, closing);
  } catch (error) {
    await closing.close().catch(() => undefined);
    throw error;
  }
}

async function start(options: ClusterOptions, closing: Closing): Promise<Cluster> {
  const { dataDir, apiAddress, registryAddress, version } = options;
  const other = await runningState(dataDir);
  if (other !== undefined)
    throw new ClusterError(`a cluster runs on ${dataDir} already: ${other.apiUrl}, process ${other.pid}`);
  await checkFree(registryAddress, '--registry-address');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const log = createLogger({ level: 'warn' });
  closing.add(() => log.flush());
  const certificates = await ClusterCertificates.open({
    dir: join(dataDir, 'pki'),
    names: servingNames(options.names),
  });
  const { api, address } = await serveApi(options, closing, certificates, log);
  const apiUrl = `https://${address}`;
  await bootstrap(api.objects, { apiUrl, version, authority: certificates.authority });
  control(api, certificates, closing, log);
  const kubeconfig = join(dataDir, 'kubeconfig');
  await writeKubeconfig(kubeconfig, {
    server: apiUrl,
    authority: certificates.authority,
    user: ADMINISTRATOR,
    certificate: await certificates.clientCertificate('admin', ADMINISTRATOR, ADMINISTRATORS),
  });
  const registry = await startRegistry({ ...options, address: registryAddress, apiUrl, certificates, log });
  closing.add(() => registry.stop());
  const served = { apiUrl, registryAddress: registry.address, version };
  await writeState(dataDir, ownState(served, new Date()));
  closing.add(() => removeState(dataDir));
  return { apiUrl, registryAddress: registry.address, kubeconfig, stop: () => closing.close() };
}

/** Opens the store and serves the API over it. */
async function serveApi(
  { dataDir, etcd, apiAddress }: ClusterOptions,
  closing: Closing,
  certificates: ClusterCertificates,
  log: Logger,
): Promise<{ api: ApiServer; address: string }> {
  const store = await openStore(dataDir, etcd);
  closing.add(() => store.close());
  const index = new RbacIndex();
  const authorizer = new RbacAuthorizer(index);
  const services = new ServiceNumbers();
  const definitions = clusterDefinitions({ index, authorizer, tokens, services, appsDomain: APPS_DOMAIN });
  const api = await createApi({ store, definitions, authenticator, authorizer, paths: [], log });
  await fillIndexes(api, index, services);
  const server = await listenSecurely((request, response) => api.handle(request, response), certificates, apiAddress);
  closing.add(() => endApi(api, server));
  api.start();
  return { api, address: addressOf(server) };
}

/** Runs what keeps the objects of the cluster as they should be. */
function control({ objects }: ApiServer, { authority }: ClusterCertificates, closing: Closing, log: Logger): void {
  const ending = new AbortController();
  const { signal } = ending;
  const onError = (error: unknown, controller: string) => {
    log.warn({ error, controller }, 'a controller tries again');
  };
  const controllers = [namespaceContentsController(authority), roleAggregationController()];
  const running = controllers.map((controller) => runController(controller, { objects, signal, onError }));
  closing.add(async () => {
    ending.abort(new Error('the cluster ends'));
    await Promise.all(running);
  });
}
