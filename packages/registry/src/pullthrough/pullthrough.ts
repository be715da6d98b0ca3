import { setMaxListeners } from 'node:events';
import {
  RegistryClient,
  RemoteError,
  type ProxySettings,
  type PullSource,
  type RegistryClientOptions,
} from '@longshore/distribution';
import { abortable, type TagEvent } from '@longshore/kube';
import type { Digest } from '@longshore/oci';
import type { FileReader } from '@longshore/storage';
import { LRUCache } from 'lru-cache';
import type { Services } from '../services.js';
import { streamName } from '../streams/image-api.js';
import type { StreamView } from '../streams/stream-view.js';
import type { UploadLimits } from '../streams/upload-limits.js';
import type { AskingRequest, ManifestFacts, Upstream, UpstreamManifest } from '../streams/upstream.js';
import { addressRules } from './address-rules.js';
import { BlobDownloads, readDirectly } from './blob-downloads.js';
import { blobError, manifestError, passingError } from './errors.js';
import { fetchAndKeep, mediaTypeOf, parsedOrUndefined } from './kept-manifest.js';
import { elsewhere, keyOf, placesFor } from './places.js';
import type { PullPolicies, PullPolicy } from './policy.js';
import type { PullSecrets } from './pull-secrets.js';
import { RemoteContent } from './remote-content.js';
import { extendVia, VIA_HEADER, type Via } from './via.js';

/** As the digest cache of OpenShift's registry (reference registry 6.1). */
const MAX_REMEMBERED = 24_576;
/** A host that could not be reached is asked last for so long. */
const DOWN_MS = 30_000;
/** How patient we are while clients wait. */
const CLIENT: RegistryClientOptions = {
  userAgent: 'longshore-registry',
  connectTimeoutMs: 5000,
  idleTimeoutMs: 20_000,
  attempts: 3,
  longestWaitMs: 2000,
  rate: { perSecond: 20, burst: 100 },
};

export interface PullthroughOptions {
  /** The stream of a repository; undefined when there is none. */
  stream: (repository: string) => Promise<StreamView | undefined>;
  /** What a tag of the stream has pointed to, the newest first. */
  history: (repository: string, tag: string) => Promise<readonly TagEvent[]>;
  policies: PullPolicies;
  /** Names of this registry, in lower case, whatever the policy says: what was pushed here needs none. */
  ownHosts: ReadonlySet<string>;
  secrets: PullSecrets;
  /** Whether content may be written to the storage at all: it is not read-only, and `pullthrough.mirror` is on. */
  keeps: boolean;
  /** Of what may be kept in a project; absent: none. */
  limits?: Pick<UploadLimits, 'open'> | undefined;
  /** Whether a stream lists an image with the blob, so that the quota of its project counts it; absent: nobody knows. */
  lists?: ((repository: string, digest: Digest) => Promise<boolean>) | undefined;
  /** `longshore.pullthrough.allow` */
  allow: readonly string[];
  /** A URL or URN of a repository that no repository of another registry has. */
  ownUrl: (repository: string) => string;
  proxy: ProxySettings;
}

/** Serves what image streams name of other registries, and keeps it (reference registry 4). */
export class Pullthrough implements Upstream {
  private readonly stop = new AbortController();
  private readonly downloads: BlobDownloads;
  private readonly client: RegistryClient;
  private readonly manifests = new Map<string, Promise<UpstreamManifest>>();
  /** By repository and digest: where it was had the last time. */
  private readonly known = new LRUCache<string, string>({ maxSize: MAX_REMEMBERED, sizeCalculation: () => 1 });
  private readonly down = new LRUCache<string, true>({ max: 1000, ttl: DOWN_MS });
  private policy: PullPolicy | undefined;
  private addresses = addressRules({ allow: [], places: [] });

  constructor(
    private readonly services: Pick<
      Services,
      'blobs' | 'config' | 'driver' | 'log' | 'manifests' | 'metrics' | 'uploads'
    >,
    private readonly options: PullthroughOptions,
  ) {
    setMaxListeners(0, this.stop.signal); // all that is asked for others than one client waits for it
    this.client = new RegistryClient({
      ...CLIENT,
      trust: (host) => this.policy?.trust(host) ?? [],
      addresses: (target) => this.addresses(target),
      proxy: options.proxy,
      onRequest: (observation) => services.metrics.pullthroughRequest(observation),
    });
    const { limits, lists } = options;
    this.downloads = new BlobDownloads({ ...services, limits, lists }, this.stop.signal, (...failed) =>
      this.tellFailure(...failed),
    );
  }

  async manifest(repository: string, digest: Digest, request: AskingRequest): Promise<UpstreamManifest | undefined> {
    const key = `${repository}@${digest}`;
    try {
      const content = await this.find(repository, digest, request);
      if (!content) return undefined;
      let fetching = this.manifests.get(key);
      if (!fetching) {
        fetching = this.fetchManifest(repository, digest, content).finally(() => this.manifests.delete(key));
        this.manifests.set(key, fetching);
      }
      return await abortable(fetching, request.signal);
    } catch (error) {
      throw manifestError(key, error);
    }
  }

  statManifest(repository: string, digest: Digest, request: AskingRequest): Promise<ManifestFacts | undefined> {
    return undefinedWhenAbsent(async () => {
      const content = await this.find(repository, digest, request);
      const { mediaType, size } = (await content?.statManifest(request.signal)) ?? {};
      if (mediaType !== undefined && size !== undefined) return { mediaType, size };
      const manifest = await content?.manifest(request.signal); // not all registries tell the size
      return manifest && { mediaType: manifest.mediaType, size: manifest.bytes.length };
    });
  }

  async blob(repository: string, digest: Digest, request: AskingRequest): Promise<FileReader | undefined> {
    const { signal } = request;
    try {
      const content = await this.find(repository, digest, request);
      if (!content) return undefined;
      if (!this.options.keeps) return await readDirectly(content, signal);
      return await this.downloads.open(repository, digest, content, signal);
    } catch (error) {
      throw blobError(digest, error);
    }
  }

  /** Whoever pushes asks for each blob first, and need not wait for a host that is known to be down. */
  statBlob(repository: string, digest: Digest, request: AskingRequest): Promise<number | undefined> {
    return undefinedWhenAbsent(async () => (await this.find(repository, digest, request, true))?.size(request.signal));
  }

  history(repository: string, tag: string): Promise<readonly TagEvent[]> {
    return this.options.history(repository, tag);
  }

  /** Ends what is running; what came of downloads is kept for the next start. */
  async close(): Promise<void> {
    this.stop.abort(new Error('the registry shuts down'));
    await this.downloads.idle();
    await this.client.close();
  }

  private async fetchManifest(repository: string, digest: Digest, content: RemoteContent): Promise<UpstreamManifest> {
    const { driver, manifests, uploads, log } = this.services;
    const fetch = async () => {
      const { bytes, mediaType } = await content.manifest(this.stop.signal);
      return { bytes: Buffer.from(bytes), mediaType: mediaTypeOf(bytes, mediaType) };
    };
    try {
      const keep = { driver, manifests, sessions: uploads.store, log };
      const fetched = await (this.options.keeps ? fetchAndKeep(keep, repository, digest, fetch) : fetch());
      this.rememberParts(repository, digest, fetched);
      return fetched;
    } catch (error) {
      throw manifestError(content.reference, error);
    }
  }

  /** What a manifest refers to lies where it lay itself. */
  private rememberParts(repository: string, digest: Digest, { bytes }: UpstreamManifest): void {
    const place = this.known.get(`${repository}@${digest}`);
    const { config, layers = [], manifests = [] } = parsedOrUndefined(bytes) ?? {};
    if (place === undefined) return;
    for (const part of [...(config ? [config] : []), ...layers, ...manifests]) {
      this.known.set(`${repository}@${part.digest}`, place);
    }
  }

  /** Where a repository's content may be had; undefined when its stream names no other registry. */
  private async find(
    repository: string,
    digest: Digest,
    request: AskingRequest,
    inHaste = false,
  ): Promise<RemoteContent | undefined> {
    const stream = await this.options.stream(repository);
    if (!stream || elsewhere(stream.sources, this.options.ownHosts).length === 0) return undefined;
    const policy = await this.currentPolicy();
    const others = elsewhere(stream.sources, policy.ownHosts);
    if (others.length === 0) return undefined;
    const way = extendVia(request.header(VIA_HEADER), this.options.ownUrl(repository));
    const key = `${repository}@${digest}`;
    const known = this.known.get(key);
    const isDown = (host: string) => this.down.has(host);
    const places = placesFor(digest, others, { policy, via: way.hosts, known, isDown, inHaste });
    this.services.metrics.pullthroughLookup(known === undefined ? 'Miss' : 'Hit');
    return new RemoteContent(digest, places, {
      repository: (source) => this.repository(repository, source, way),
      onAnswer: (source, error) => this.answered(key, source, error),
      maxManifestBytes: this.services.config.longshore.manifests.maxsize,
    });
  }

  private async currentPolicy(): Promise<PullPolicy> {
    const policy = await this.options.policies.get();
    if (policy !== this.policy) {
      this.policy = policy;
      this.addresses = addressRules({ allow: this.options.allow, places: policy.places });
    }
    return policy;
  }

  private answered(key: string, { repository }: PullSource, error: RemoteError | undefined): void {
    if (!error) this.known.set(key, keyOf(repository));
    if (!error) this.down.delete(repository.host);
    else if (error.code === 'UNAVAILABLE' && error.status === undefined) this.down.set(repository.host, true);
  }

  /** Perhaps nobody waits for it any more. That upstream does not have a blob is said to those who ask for it. */
  private tellFailure(repository: string, digest: Digest, error: unknown): void {
    if (this.stop.signal.aborted || (error instanceof RemoteError && error.code === 'NOT_FOUND')) return;
    this.services.log.warn({ 'vars.name': repository, digest, error }, 'a blob from another registry is not kept');
  }

  private async repository(own: string, { repository, insecure }: PullSource, { header }: Via) {
    const credentials = await this.options.secrets.credentials(streamName(own), repository);
    return this.client.repository(repository, { credentials, insecure, headers: { [VIA_HEADER]: header } });
  }
}

/** A HEAD says no more than that it is not there. Errors: what is passed on. */
async function undefinedWhenAbsent<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const passing = passingError(error);
    if (passing) throw passing;
    if (error instanceof RemoteError) return undefined;
    throw error;
  }
}
