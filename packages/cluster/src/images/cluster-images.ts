import {
  LocalReader,
  SERVER_USER,
  type Admission,
  type ApiServer,
  type Controller,
  type HttpPath,
  type ObjectAccess,
  type ResourceDefinition,
} from '@longshore/apiserver';
import {
  createImporter,
  ImportCounters,
  importMetrics,
  imageDefinitions,
  imagePolicy,
  LayersIndex,
  quotaController,
  runImageControllers,
  type ImageControllersOptions,
  type Importer,
} from '@longshore/images';
import { proxyFromEnvironment } from '@longshore/distribution';
import { signatureStoresFolder } from '@longshore/distribution/signature-stores';
import { IMAGE_GROUP, KubeClient } from '@longshore/kube';
import type { OpenIdentity } from '../identity/index.js';
import { pullSecretController } from '../pull-secrets/index.js';
import type { RbacAuthorizer } from '../rbac/index.js';
import { imageConfigController, ImageSettings } from './image-settings.js';

export interface ClusterImagesOptions {
  /** Of the API server; may be bound later. */
  objects: ObjectAccess;
  authorizer: RbacAuthorizer;
  issuer: OpenIdentity['issuer'];
  /** An operator runs the registry, and says where it is. */
  isOperated: boolean;
  onError: (error: unknown) => void;
}

/** Of the whole installation, as OpenShift has it. */
const PULL_SECRET = { namespace: 'openshift-config', name: 'pull-secret' };

/** The image API of the embedded cluster, with the loops that work on it. */
export class ClusterImages {
  readonly settings = new ImageSettings();
  readonly definitions: ResourceDefinition[];
  readonly admission: Admission;
  readonly controllers: Controller[];
  /** Beside the API: `/metrics`. */
  readonly paths: HttpPath[];
  readonly #importer: Importer;
  readonly #signatures: Omit<ImageControllersOptions['signatures'], 'folder'>;
  readonly #counters = new ImportCounters();

  constructor({ objects, authorizer, issuer, isOperated, onError }: ClusterImagesOptions) {
    const { settings } = this;
    const hostnames = () => settings.hostnames;
    const index = new LayersIndex();
    const proxy = proxyFromEnvironment(process.env);
    this.#importer = createImporter({
      cluster: objects,
      nodePullSecret: PULL_SECRET,
      hostnames,
      ...(proxy && { proxy }),
    });
    this.#signatures = {
      cluster: objects,
      nodePullSecret: PULL_SECRET,
      ownHosts: () => [hostnames().internal ?? [], hostnames().external].flat(),
      ...(proxy && { proxy }),
    };
    this.definitions = imageDefinitions(
      {
        cluster: objects,
        hostnames,
        defaultImportMode: () => settings.importMode,
        allows: async (user, { subresource = '', name = '', ...right }) =>
          authorizer.decide({ user, group: IMAGE_GROUP, version: 'v1', subresource, name, ...right }).allowed,
        importer: this.#importer,
        onError,
      },
      index,
    );
    this.paths = [importMetrics(this.#counters)];
    this.admission = imagePolicy({ hostnames });
    const addresses = () => [settings.hostnames.internal ?? []].flat();
    this.controllers = [
      imageConfigController(settings, isOperated),
      quotaController(index),
      pullSecretController({ issuer, addresses, now: Date.now }),
    ];
  }

  /** Runs until the signal is aborted. */
  async run(
    api: ApiServer,
    { signal, onError }: { signal: AbortSignal; onError: (error: unknown) => void },
  ): Promise<void> {
    const client = new KubeClient(api.transport(SERVER_USER));
    const signatures = { ...this.#signatures, folder: await signatureStoresFolder(process.env) };
    const [importer, counters] = [this.#importer, this.#counters];
    const reader = new LocalReader(api.objects.shared);
    await runImageControllers({ client, reader, importer, signatures, counters, onError }, signal);
    await client.close();
  }
}
