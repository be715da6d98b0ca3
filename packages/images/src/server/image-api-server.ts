import { setMaxListeners } from 'node:events';
import {
  createApiServer,
  DelegatedAccess,
  LocalReader,
  runController,
  SERVER_USER,
  type Store,
} from '@longshore/apiserver';
import { proxyFromEnvironment } from '@longshore/distribution';
import { signatureStoresFolder } from '@longshore/distribution/signature-stores';
import { IMAGE_GROUP, isAborted, KubeClient, runAsLeader, systemClock, type ImportMode } from '@longshore/kube';
import { imageDefinitions } from '../api/definitions.js';
import type { RegistryHostnames } from '../api/parts.js';
import { runImageControllers } from '../controllers.js';
import { ImportCounters } from '../import/import-counters.js';
import { importMetrics } from '../import/import-metrics.js';
import { createImporter } from '../import/importer.js';
import { LayersIndex } from '../layers/layers-index.js';
import { quotaController } from '../limits/quota-controller.js';
import { ClusterReader } from './cluster-reader.js';
import { namespacesExist } from './namespaces-exist.js';
import { quotasAndStreams } from './quotas-and-streams.js';
import { ConfiguredHostnames } from './registry-hostnames.js';
import { readCertificateFiles, SecureServer } from './secure-server.js';

export interface ImageApiServerOptions {
  /** Of the API server that this one extends. */
  client: KubeClient;
  store: Store;
  host?: string;
  port: number;
  /** PEM files. */
  certificateFile: string;
  keyFile: string;
  /** Where the cluster has no image configuration that says it. */
  hostnames: RegistryHostnames;
  defaultImportMode: ImportMode;
  /** Of this replica: its controllers work while it leads. */
  identity: string;
  /** Of the Lease. */
  namespace: string;
  /** Of Longshore. */
  version: string;
  env: NodeJS.ProcessEnv;
  /** Failures that no client can be told of; what failed is tried again. */
  onError: (error: unknown) => void;
}

export interface ImageApiServer {
  port: number;
  /** Lets running requests end, then closes everything but the store and the client. */
  stop(): Promise<void>;
}

/** How often certificates, authorities and the image configuration are read again. */
const REFRESH_MS = 30_000;
const LEASE = 'longshore-image-controllers';

/**
 * Serves `image.openshift.io` beside an API server that has no such group: users and rights are those of that server, objects
 * are kept in the store (Kubernetes, "API Aggregation Layer"). Errors: those of the client, the store and the socket.
 */
export async function startImageApiServer(options: ImageApiServerOptions): Promise<ImageApiServer> {
  const { client, store, onError, certificateFile, keyFile, host, port } = options;
  const ending = new AbortController();
  const { signal } = ending;
  setMaxListeners(0, signal);
  const cluster = new ClusterReader(client);
  const access = new DelegatedAccess({ client });
  const registry = new ConfiguredHostnames(cluster, options.hostnames);
  await Promise.all([access.refresh(signal), registry.refresh()]);
  const hostnames = () => registry.current;
  const proxy = proxyFromEnvironment(options.env);
  const importer = createImporter({ cluster, hostnames, ...(proxy && { proxy }) });
  const signatures = {
    cluster,
    folder: await signatureStoresFolder(options.env),
    ownHosts: () => [hostnames().internal ?? [], hostnames().external].flat(),
    ...(proxy && { proxy }),
  };
  const index = new LayersIndex();
  const counters = new ImportCounters();
  const definitions = imageDefinitions(
    {
      cluster,
      hostnames,
      defaultImportMode: () => options.defaultImportMode,
      allows: async (user, { subresource = '', name = '', ...right }) =>
        (await access.authorize({ user, group: IMAGE_GROUP, version: 'v1', subresource, name, ...right })).allowed,
      importer,
      onError,
    },
    index,
  );
  const api = await createApiServer({
    store,
    definitions,
    authenticator: access,
    authorizer: access,
    admission: namespacesExist(cluster),
    paths: [importMetrics(counters)],
    version: { major: '1', minor: '32', gitVersion: `v1.32.0+longshore-${options.version}` },
    healthChecks: { store: async () => void (await store.revision()) },
    onError,
  });
  const server = new SecureServer({
    port,
    readCertificate: () => readCertificateFiles(certificateFile, keyFile),
    clientAuthorities: () => access.clientAuthorities,
    handle: (request, response) => api.handle(request, response),
    ...(host !== undefined && { host }),
  });
  await server.listen();
  const refresh = async () => {
    await Promise.all([access.refresh(signal), registry.refresh()]);
    await server.renew();
  };
  const { identity, namespace } = options;
  const lead = { name: LEASE, namespace, identity, onError };
  const objects = quotasAndStreams(api.objects, client);
  const work = async (term: AbortSignal) => {
    setMaxListeners(0, term);
    const images = new KubeClient(api.transport(SERVER_USER));
    const reader = new LocalReader(api.objects.shared);
    await Promise.all([
      runImageControllers({ client, counters, images, reader, importer, signatures, onError }, term),
      runController(quotaController(index), { objects, signal: term, onError }),
    ]);
    await images.close();
  };
  const tasks = [everyRefresh(refresh, signal, onError), runAsLeader(client, lead, work, signal).catch(onError)];
  return {
    port: server.address.port,
    async stop() {
      ending.abort(new Error('the server is shutting down'));
      await Promise.all([api.drain(), server.close(), ...tasks]);
    },
  };
}

async function everyRefresh(
  refresh: () => Promise<void>,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    await systemClock.sleep(REFRESH_MS, signal).catch(() => undefined);
    if (!isAborted(signal)) await refresh().catch((error: unknown) => isAborted(signal) || onError(error));
  }
}
