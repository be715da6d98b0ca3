import { join } from 'node:path';
import type { ApiServer, Controller } from '@longshore/apiserver';
import { NODE_CERTIFICATES, removeCertificates } from '@longshore/operator';
import type { Logger } from '@longshore/registry';
import type { Closing } from './closing.js';
import { HostsFile } from './hosts-file.js';
import type { ImageSettings } from './images/image-settings.js';
import type { ClusterOptions } from './options.js';
import {
  installOperator,
  placeRegistryVolume,
  registryVolumeController,
  serveRegistryAddress,
  uninstallOperator,
  untilRegistryAvailable,
} from './registry-operator/index.js';
import { reachableAt, startRegistry } from './registry.js';
import { serverProblem } from './state/index.js';
import type { ClusterCertificates } from './tls/index.js';

export interface ClusterRegistryParts {
  options: ClusterOptions;
  /** A free one. */
  address: string;
  api: ApiServer;
  apiUrl: string;
  settings: ImageSettings;
  certificates: ClusterCertificates;
  closing: Closing;
  log: Logger;
}

/** What of a cluster is about its registry. */
export interface ClusterRegistry {
  address: string;
  host?: string;
  /** Gets the names of the cluster. */
  hostsFile?: HostsFile;
  controllers: Controller[];
  /** When the controllers run. */
  install(signal: AbortSignal): Promise<void>;
  untilAvailable(signal: AbortSignal): Promise<string | undefined>;
}

/** Where the images are, with and without operator. */
const imageFolder = (dataDir: string) => join(dataDir, 'registry');

/** The registry in this process, which an operator left alone. Errors: ConfigError, ApiError; those of `serve`. */
export async function ownRegistry(parts: ClusterRegistryParts): Promise<ClusterRegistry> {
  const { options, address, api, apiUrl, settings, certificates, closing, log } = parts;
  const { dataDir, names, env } = options;
  await uninstallOperator(api);
  const name = reachableAt(address, names);
  const folder = imageFolder(dataDir);
  const registry = await startRegistry({ dataDir, folder, address, name, apiUrl, certificates, env, log });
  closing.add(() => registry.stop());
  settings.registryAt(name);
  return {
    address: registry.address,
    controllers: [],
    install: () => Promise.resolve(),
    untilAvailable: () => Promise.resolve(undefined),
  };
}

const AVAILABLE_MS = 60_000;

/** The registry that the operator runs, and the ways to it. Errors: ApiError; those of the system when it cannot listen. */
export async function operatedRegistry(parts: ClusterRegistryParts): Promise<ClusterRegistry> {
  const { options, address, api, closing } = parts;
  const { dataDir, version, changesHost } = options;
  const hostsFile = changesHost ? await HostsFile.open({ dataDir }) : undefined;
  closing.add(() => hostsFile?.clear());
  const isTrusted = changesHost && process.getuid?.() === 0;
  // What the pods of node-ca wrote is of use as long as the cluster runs.
  if (isTrusted) closing.add(() => removeCertificates(NODE_CERTIFICATES));
  await placeRegistryVolume(api.objects, imageFolder(dataDir));
  const way = await serveRegistryAddress(address);
  closing.add(() => way.close());
  return {
    address,
    ...(hostsFile !== undefined && { hostsFile, ...(isTrusted && { host: SERVICE }) }),
    controllers: [way.controller, registryVolumeController()],
    install: (signal) => installOperator(api.objects, { version, signal }),
    untilAvailable: (signal) =>
      untilRegistryAvailable(
        api.objects,
        (stop) => serverProblem(`https://${reachableAt(address, [])}/healthz`, undefined, stop),
        AVAILABLE_MS,
        signal,
      ),
  };
}

const SERVICE = 'image-registry.openshift-image-registry.svc:5000';
