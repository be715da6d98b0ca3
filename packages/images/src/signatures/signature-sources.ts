import { isDeepStrictEqual } from 'node:util';
import {
  pullSources,
  RegistryClient,
  RemoteError,
  type Credential,
  type ProxySettings,
  type RepositoryName,
} from '@longshore/distribution';
import { readSignatureStores, signatureStoreOf, type SignatureStores } from '@longshore/distribution/signature-stores';
import type { Clock } from '@longshore/kube';
import { normalizeReference, parseReference, type Digest } from '@longshore/oci';
import { readImportSettings, type ImportSettings } from '../import/import-settings.js';
import type { ImporterOptions } from '../import/importer.js';
import { DEFAULT_NODE_PULL_SECRET, nodeCredentials } from '../import/pull-credentials.js';
import { MOST_SIGNATURES, type FoundSignature } from './signed-image.js';

export interface SignatureSourcesOptions extends Pick<
  ImporterOptions,
  'cluster' | 'nodePullSecret' | 'allowAddresses' | 'proxy'
> {
  /** Files as in `/etc/containers/registries.d`. */
  folder: string;
  clock: Clock;
}

export interface FoundSignatures {
  signatures: FoundSignature[];
  /** Why others were not found. */
  problems: RemoteError[];
}

/** What the cluster and the files say. */
interface Settings extends ImportSettings {
  stores: SignatureStores;
  credentials: (repository: RepositoryName) => Credential[];
}

/** Requests to each registry and store. */
const RATE = { perSecond: 5, burst: 10 };
const FRESH_FOR_MS = 60_000;

/**
 * Stores and registries that keep signatures. Stores are asked as `registries.d` names them; registries, which users name, by way
 * of their mirrors and at public addresses, as for imports.
 */
export class SignatureSources {
  #current: Settings | undefined;
  #reading: Promise<Settings> | undefined;
  #freshUntil = 0;
  #client: { client: RegistryClient; proxy: ProxySettings | undefined } | undefined;

  constructor(private readonly options: SignatureSourcesOptions) {}

  /**
   * The signatures of an image: those of its store, and those that its registry tells. Errors: those of the cluster and the file
   * system, SignatureStoresError, InvalidReferenceError, the signal's reason.
   */
  async find(pullSpec: string, digest: Digest, signal: AbortSignal): Promise<FoundSignatures> {
    const { registry = '', repository } = normalizeReference(parseReference(pullSpec));
    const settings = await this.#fresh();
    const client = await this.#clientFor(settings.proxy ?? this.options.proxy);
    const asking: Asking = { client, settings, name: { host: registry, name: repository }, digest, signal };
    const found: FoundSignatures = { signatures: [], problems: [] };
    for (const ask of [askStore, askRegistry]) {
      try {
        for await (const signature of ask(asking)) found.signatures.push(signature);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof RemoteError)) throw error;
        found.problems.push(error);
      }
    }
    return found;
  }

  async close(): Promise<void> {
    await this.#client?.client.close();
  }

  /** As they were at most a minute ago. */
  async #fresh(): Promise<Settings> {
    const { clock } = this.options;
    if (this.#current !== undefined && clock.monotonic() < this.#freshUntil) return this.#current;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    this.#current = await this.#reading;
    this.#freshUntil = clock.monotonic() + FRESH_FOR_MS;
    return this.#current;
  }

  async #read(): Promise<Settings> {
    const { cluster, folder, allowAddresses = [], nodePullSecret = DEFAULT_NODE_PULL_SECRET } = this.options;
    const stores = await readSignatureStores(folder);
    const urls = [...stores.stores.values(), stores.fallback ?? ''].filter((url) => url.startsWith('http'));
    const [settings, credentials] = await Promise.all([
      readImportSettings(cluster, [...allowAddresses, ...urls.map((url) => new URL(url).host)]),
      nodeCredentials(cluster, nodePullSecret),
    ]);
    return { ...settings, stores, credentials };
  }

  /** One for all, which follows the settings; another one when the proxy is another one. */
  async #clientFor(proxy: ProxySettings | undefined): Promise<RegistryClient> {
    const old = this.#client;
    if (old !== undefined && isDeepStrictEqual(old.proxy, proxy)) return old.client;
    const client = new RegistryClient({
      credentials: (repository) => this.#current?.credentials(repository) ?? [],
      trust: (host) => this.#current?.trust(host) ?? [],
      addresses: (target) => this.#current?.addresses(target) ?? false,
      rate: RATE,
      ...(proxy !== undefined && { proxy }),
    });
    this.#client = { client, proxy };
    await old?.client.close();
    return client;
  }
}

interface Asking {
  client: RegistryClient;
  settings: Settings;
  name: RepositoryName;
  digest: Digest;
  signal: AbortSignal;
}

async function* askStore({ client, settings, name, digest, signal }: Asking): AsyncGenerator<FoundSignature> {
  const store = signatureStoreOf(name, settings.stores);
  if (store === undefined) return;
  const { host, pathname } = new URL(store);
  for await (const content of client.storedSignatures(store, name, digest, { most: MOST_SIGNATURES, signal })) {
    yield { content, from: `${host}${pathname}` };
  }
}

/** The first place that has any counts; when none has, the first that failed. */
async function* askRegistry({ client, settings, name, digest, signal }: Asking): AsyncGenerator<FoundSignature> {
  let failure: Error | undefined;
  for (const { repository, insecure } of pullSources({ ...name, digest }, settings.policy)) {
    try {
      const signatures = await client.signatures(repository, digest, { insecure, most: MOST_SIGNATURES, signal });
      for (const content of signatures) yield { content, from: repository.host };
      if (signatures.length > 0) return;
    } catch (error) {
      signal.throwIfAborted();
      failure ??= error as Error;
    }
  }
  if (failure !== undefined) throw failure;
}
