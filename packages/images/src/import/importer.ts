import {
  ownArchitecture,
  RegistryClient,
  RemoteError,
  type Credential,
  type ProxySettings,
  type RegistryClientOptions,
  type RepositoryName,
} from '@longshore/distribution';
import type {
  ImageImportSpec,
  ImageImportStatus,
  ImageStreamImportSpec,
  RepositoryImportSpec,
  RepositoryImportStatus,
} from '@longshore/kube';
import { formatReference, InvalidReferenceError, normalizeReference, parseReference } from '@longshore/oci';
import type { ClusterObjects, RegistryHostnames } from '../api/parts.js';
import type { PlatformPreference } from './child-choice.js';
import { readImportSettings, type ImportSettings } from './import-settings.js';
import { importFailure, repositoryStatus, SUCCESS } from './import-status.js';
import { DEFAULT_NODE_PULL_SECRET, pullCredentials, type NodePullSecret } from './pull-credentials.js';
import { RemoteImages, type ReadImageOptions, type ReadOptions } from './remote-images.js';
import { orderTags } from './tag-order.js';

/** What to look up in registries. */
export interface ImportRequest {
  /** Whose pull secrets are used. */
  namespace: string;
  /** With its defaults filled in. */
  spec: Pick<ImageStreamImportSpec, 'images' | 'repository'>;
  /** Of all images, whatever their own policies say: the annotation of the stream. */
  insecure: boolean;
  preferred: PlatformPreference;
  /** Addresses are not restricted: who asks may create images anyway. */
  trusted: boolean;
  signal: AbortSignal;
}

/** What was found, in the order of the request. */
export interface ImportResult {
  images: ImageImportStatus[];
  repository?: RepositoryImportStatus;
  /** For who asks. */
  warnings: string[];
}

/** A question after the digests of images. */
export interface DigestsRequest {
  namespace: string;
  /** `from`: a pull spec. */
  images: readonly { from: string; insecure: boolean }[];
  signal: AbortSignal;
}

/** What a registry said: the digest, the error, or nothing that helps. */
export interface DigestAnswer {
  digest?: string;
  error?: RemoteError;
}

/** Looks up images in their registries; changes nothing in the cluster. */
export interface Importer {
  /** What a registry says is in the result. Errors: those of the cluster, and the signal's reason. */
  import(request: ImportRequest): Promise<ImportResult>;
  /**
   * The digests of the manifests that pull specs lead to, without reading these. A registry that wants to be left alone is not
   * asked for the others. Errors: those of the cluster, InvalidReferenceError, the signal's reason.
   */
  digests(request: DigestsRequest): Promise<DigestAnswer[]>;
}

export interface ImporterOptions {
  cluster: ClusterObjects;
  /** Default: the file of the kubelet. */
  nodePullSecret?: NodePullSecret;
  /** Of the server's machine, which mode Legacy prefers. Default: linux and this process' architecture. */
  platform?: Required<PlatformPreference>;
  /** Hosts, addresses and CIDRs that imports may reach although they are private. */
  allowAddresses?: readonly string[];
  /** The registry of the cluster itself may be reached at these. */
  hostnames?: () => RegistryHostnames;
  /** Where the cluster has no Proxy object; `proxyFromEnvironment(process.env)`. */
  proxy?: ProxySettings;
  userAgent?: string;
  /** For metrics. */
  onRequest?: RegistryClientOptions['onRequest'];
  clock?: RegistryClientOptions['clock'];
}

/** Of each registry and request (registry.md 3.9). */
const RATE = { perSecond: 2, burst: 3 };
const MOST_TAGS = 50;
/** Images of one request that are read at a time. */
const CONCURRENCY = 5;
const LONGEST_LABEL = 255;

/** An importer that asks real registries. */
export function createImporter(options: ImporterOptions): Importer {
  return {
    import: (request) => withSession(options, request, (session) => session.run(request)),
    digests: (request) => withSession(options, { ...request, trusted: false }, (session) => session.digests(request)),
  };
}

/** Connections, credentials and rates of one request. */
async function withSession<T>(
  options: ImporterOptions,
  request: Pick<ImportRequest, 'namespace' | 'trusted'>,
  work: (session: ImportSession) => Promise<T>,
): Promise<T> {
  const { cluster, nodePullSecret = DEFAULT_NODE_PULL_SECRET, allowAddresses = [], hostnames } = options;
  const { internal, external = [] } = hostnames?.() ?? {};
  const own = internal === undefined ? external : [internal, ...external];
  const [settings, credentials] = await Promise.all([
    readImportSettings(cluster, [...allowAddresses, ...own]),
    pullCredentials(cluster, request.namespace, nodePullSecret),
  ]);
  const session = new ImportSession(options, settings, credentials, request.trusted);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

class ImportSession {
  readonly #images: RemoteImages;
  readonly #client: RegistryClient;

  constructor(
    options: ImporterOptions,
    settings: ImportSettings,
    credentials: (repository: RepositoryName) => Credential[],
    trusted: boolean,
  ) {
    const { userAgent, onRequest, clock } = options;
    const proxy = settings.proxy ?? options.proxy;
    const client = new RegistryClient({
      credentials,
      trust: settings.trust,
      rate: RATE,
      ...(!trusted && { addresses: settings.addresses }),
      ...(proxy !== undefined && { proxy }),
      ...(userAgent !== undefined && { userAgent }),
      ...(onRequest !== undefined && { onRequest }),
      ...(clock !== undefined && { clock }),
    });
    this.#client = client;
    this.#images = new RemoteImages({
      policy: settings.policy,
      repository: (name, insecure) => client.repository(name, { insecure }),
      platform: options.platform ?? { os: 'linux', architecture: ownArchitecture() },
    });
  }

  async run(request: ImportRequest): Promise<ImportResult> {
    const warnings: string[] = [];
    const { images = [], repository } = request.spec;
    const statuses = await mapConcurrently(images, (image) => this.#readImage(image, request, warnings));
    return {
      images: statuses,
      ...(repository !== undefined && { repository: await this.#readRepository(repository, request, warnings) }),
      warnings,
    };
  }

  async digests({ images, signal }: DigestsRequest): Promise<DigestAnswer[]> {
    const answers: DigestAnswer[] = [];
    const refusals = new Map<string, DigestAnswer>();
    for (const { from, insecure } of images) {
      const registry = registryOf(from);
      const answer = refusals.get(registry) ?? (await this.#digest(from, { insecure, signal }));
      if (answer.error?.code === 'TOO_MANY_REQUESTS') refusals.set(registry, answer);
      answers.push(answer);
    }
    return answers;
  }

  async #digest(from: string, options: ReadOptions): Promise<DigestAnswer> {
    try {
      const digest = await this.#images.digest(parseReference(from), options);
      return digest === undefined ? {} : { digest };
    } catch (error) {
      if (error instanceof RemoteError) return { error };
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #readImage(spec: ImageImportSpec, request: ImportRequest, warnings: string[]): Promise<ImageImportStatus> {
    const { name } = spec.from;
    const tag = spec.to?.name ?? '';
    // Old clients ask for everything beside what they name.
    if (name === '*') return { status: SUCCESS, tag };
    try {
      const options = { ...readOptions(spec, request), preferred: request.preferred };
      const { image, children, warning } = await this.#images.read(parseReference(name), options);
      if (warning !== undefined) warnings.push(warning);
      return { status: SUCCESS, image, tag, ...(children.length > 0 && { manifests: children }) };
    } catch (error) {
      request.signal.throwIfAborted();
      return { status: importFailure(error, name, registryOf(name)), tag };
    }
  }

  async #readRepository(
    spec: RepositoryImportSpec,
    request: ImportRequest,
    warnings: string[],
  ): Promise<RepositoryImportStatus> {
    const { name } = spec.from;
    try {
      const repository = parseReference(name);
      const tags = orderTags(await this.#images.tags(repository, readOptions(spec, request)));
      const images = await mapConcurrently(tags.slice(0, MOST_TAGS), (tag) => {
        const from = { ...spec.from, name: formatReference({ ...repository, tag }) };
        return this.#readImage({ ...spec, from, to: { name: tag } }, request, warnings);
      });
      const additionalTags = tags.slice(MOST_TAGS);
      return { status: repositoryStatus(images), images, ...(additionalTags.length > 0 && { additionalTags }) };
    } catch (error) {
      request.signal.throwIfAborted();
      return { status: importFailure(error, name, registryOf(name)) };
    }
  }
}

function readOptions(
  { importPolicy }: RepositoryImportSpec,
  request: ImportRequest,
): Omit<ReadImageOptions, 'preferred'> {
  return {
    insecure: request.insecure || importPolicy?.insecure === true,
    mode: importPolicy?.importMode ?? 'Legacy',
    signal: request.signal,
  };
}

/** The registry that a pull spec names, `docker.io` when it names none; the beginning of a text that cannot be read. */
export function registryOf(pullSpec: string): string {
  try {
    return normalizeReference(parseReference(pullSpec)).registry ?? '';
  } catch (error) {
    if (error instanceof InvalidReferenceError) return pullSpec.slice(0, LONGEST_LABEL);
    throw error;
  }
}

/** In the order of the items. The first error ends it. */
async function mapConcurrently<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return results;
}
