import { setMaxListeners } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditFile, runController, type ApiServer, type Controller, type ObjectAccess } from '@longshore/apiserver';
import { systemClock } from '@longshore/kube';
import { createLogger, type Logger } from '@longshore/registry';
import { createApi, endApi, fillIndexes } from './api.js';
import { bootstrap, completeBootstrap, isNewCluster } from './bootstrap/index.js';
import { Closing } from './closing.js';
import { namespaceContentsController, roleAggregationController } from './controllers/index.js';
import { clusterAdmission } from './admission/index.js';
import { operatedRegistry, ownRegistry } from './cluster-registry.js';
import { clusterDefinitions } from './definitions.js';
import { ClusterImages } from './images/index.js';
import { createKubeadmin, LateObjects, openIdentity, removeKubeadmin } from './identity/index.js';
import { checkFree, listenSecurely, urlOf, type ApiSocket } from './api-socket.js';
import { ServiceNumbers } from './network/service-numbers.js';
import { ClusterError, type Cluster, type ClusterOptions } from './options.js';
import { RbacAuthorizer, RbacIndex } from './rbac/index.js';
import { LocalRuntime } from './runtime/index.js';
import { ownState, removeState, runningState, writeState } from './state/index.js';
import { openStore } from './store.js';
import { ClusterCertificates, renewServingCertificate, servingNames, writeKubeconfig } from './tls/index.js';

const APPS_DOMAIN = 'apps.longshore.localhost';
/** Of definitions that are accepted at once. */
const INSTALL_MS = 30_000;
const ADMINISTRATOR = 'system:admin';
const ADMINISTRATORS = ['system:masters', 'system:authenticated'];

/**
 * Starts the embedded cluster: API server and local runtime, and with it the registry's operator; or the registry itself, in
 * this process and its workers. Errors: ClusterError, StoreError, CertificateError, ConfigError, ApiError; nothing is left
 * running then.
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
  const { dataDir, version, names } = options;
  const other = await runningState(dataDir);
  if (other !== undefined) {
    throw new ClusterError(`a cluster runs on ${dataDir} already: ${other.apiUrl}, process ${other.pid}`);
  }
  const registryAddress = await checkFree(options.registryAddress, '--registry-address');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // At the very end: until then the folder is in use.
  closing.add(() => removeState(dataDir));
  const log = createLogger({ level: 'warn' });
  closing.add(() => log.flush());
  const certificates = await ClusterCertificates.open({ dir: join(dataDir, 'pki'), names: servingNames(names) });
  const { api, apiUrl, controllers, images, runtime, serve, startIdentity } = await openApi(
    options,
    closing,
    certificates,
    log,
  );
  await bootstrap(api.objects, { apiUrl, version, authority: certificates.authority });
  await startIdentity();
  const kubeadminPassword = await makeAdministrator(api.objects);
  await completeBootstrap(api.objects, version);
  serve();
  const kubeconfig = join(dataDir, 'kubeconfig');
  await writeKubeconfig(kubeconfig, {
    server: apiUrl,
    authority: certificates.authority,
    user: ADMINISTRATOR,
    certificate: await certificates.clientCertificate('admin', ADMINISTRATOR, ADMINISTRATORS),
  });
  const { settings } = images;
  const parts = { options, address: registryAddress, api, apiUrl, settings, certificates, closing, log };
  const registry = await (options.operator ? operatedRegistry : ownRegistry)(parts);
  closing.add(() => runtime.stop());
  const running = await runtime.start(api, apiUrl, registry.hostsFile);
  const own = [...controllers, namespaceContentsController(certificates.authority), ...registry.controllers];
  control(api, [...own, ...running], closing, log);
  runImages(images, api, closing, log);
  await registry.install(AbortSignal.timeout(INSTALL_MS));
  const routerAddress = runtime.routerAddresses?.secure;
  const { operator } = options;
  const addresses = { apiUrl, registryAddress: registry.address, ...(routerAddress && { routerAddress }) };
  const served = { ...addresses, operator, version };
  await writeState(dataDir, ownState(served, new Date()));
  return {
    ...addresses,
    ...(registry.host !== undefined && { registryHost: registry.host }),
    kubeconfig,
    authority: certificates.authorityFile,
    untilRegistryAvailable: (signal) => registry.untilAvailable(signal),
    ...(kubeadminPassword !== undefined && { kubeadminPassword }),
    stop: () => closing.close(),
  };
}

/** Of a new cluster only; a start that was cut short has shown no password, so that one is replaced. */
async function makeAdministrator(objects: ObjectAccess): Promise<string | undefined> {
  if (!(await isNewCluster(objects))) return undefined;
  await removeKubeadmin(objects);
  return createKubeadmin(objects);
}

/** Opens the store, and the API over it; clients get 503 until `serve` is called. */
async function openApi(
  { dataDir, etcd, apiAddress, routerAddress, changesHost, names, env, operator: isOperated }: ClusterOptions,
  closing: Closing,
  certificates: ClusterCertificates,
  log: Logger,
) {
  const onError = (error: unknown) => log.error({ error }, 'the API server failed');
  const server = await listenSecurely(certificates, apiAddress);
  closing.add(() => server.close());
  const store = await openStore(dataDir, etcd);
  closing.add(() => store.close());
  const apiUrl = urlOf(server, names);
  const objects = new LateObjects();
  const allNames = servingNames(names);
  const dir = join(dataDir, 'pki');
  const identity = await openIdentity({ dir, objects, certificates, publicUrl: apiUrl, names: allNames, onError });
  closing.add(() => identity.close());
  const index = new RbacIndex();
  const authorizer = new RbacAuthorizer(index);
  const services = new ServiceNumbers();
  const { authenticator, tokenSubresource } = identity;
  const images = new ClusterImages({ objects, authorizer, issuer: identity.issuer, isOperated, onError });
  const program = [process.execPath, process.argv[1] ?? ''];
  const router = {
    appsDomain: APPS_DOMAIN,
    certificates,
    ...(routerAddress !== undefined && { address: routerAddress }),
  };
  const { issuer } = identity;
  const runtime = new LocalRuntime({ dataDir, objects, issuer, program, env, router, changesHost, onError });
  const definitions = [
    ...clusterDefinitions({
      index,
      authorizer,
      tokens: authenticator,
      tokenSubresource,
      podSubresources: runtime.podSubresources,
      services,
      appsDomain: APPS_DOMAIN,
      images: images.definitions,
    }),
    ...identity.definitions,
  ];
  const admission = clusterAdmission(images.admission);
  const paths = [...identity.paths, ...images.paths];
  const audit = new AuditFile({ path: join(dataDir, 'audit.log'), onError });
  closing.add(() => audit.close());
  const api = await createApi({ store, definitions, authenticator, authorizer, paths, audit, admission, onError });
  objects.bind(api.objects);
  await fillIndexes(api, index, services);
  api.start();
  closing.add(() => endApi(api, server));
  keepCertificate(server, certificates, closing, onError);
  return {
    api,
    apiUrl,
    images,
    runtime,
    controllers: [...identity.controllers, ...images.controllers, roleAggregationController()],
    serve: () => server.serve((request, response) => api.handle(request, response)),
    startIdentity: () => identity.start(),
  };
}

function keepCertificate(
  server: ApiSocket,
  certificates: ClusterCertificates,
  closing: Closing,
  onError: (error: unknown) => void,
): void {
  const ending = new AbortController();
  const running = renewServingCertificate(server, certificates, {
    clock: systemClock,
    signal: ending.signal,
    onError,
  });
  closing.add(async () => {
    ending.abort(new Error('the cluster ends'));
    await running;
  });
}

function runImages(images: ClusterImages, api: ApiServer, closing: Closing, log: Logger): void {
  const ending = new AbortController();
  const onError = (error: unknown) => log.warn({ error }, 'a controller of images tries again');
  const running = images.run(api, { signal: ending.signal, onError });
  closing.add(async () => {
    ending.abort(new Error('the cluster ends'));
    await running;
  });
}

/** Runs what keeps the objects of the cluster as they should be. */
function control({ objects }: ApiServer, controllers: readonly Controller[], closing: Closing, log: Logger): void {
  const ending = new AbortController();
  const { signal } = ending;
  // Each controller listens several times.
  setMaxListeners(0, signal);
  const onError = (error: unknown, controller: string) => {
    log.warn({ error, controller }, 'a controller tries again');
  };
  const running = controllers.map((controller) => runController(controller, { objects, signal, onError }));
  closing.add(async () => {
    ending.abort(new Error('the cluster ends'));
    await Promise.all(running);
  });
}
