import {
  ApiError,
  hasReason,
  IMAGE_ANNOTATIONS,
  IMAGE_API_VERSION,
  IMAGE_GROUP,
  type Image,
  type ImageSignature,
  type ImageStream,
  type ImageStreamLayers,
  type ImageStreamMapping,
  type KubeClient,
  type KubeList,
  type KubeObject,
  type StatusReason,
  type WatchEvent,
} from '@longshore/kube';
import { RegistryError } from '@longshore/oci';
import { LimitExceeded, limitedBy } from '../observe/limits.js';

/** A repository of a registry that belongs to a cluster: `namespace/stream`. */
export interface StreamName {
  namespace: string;
  name: string;
}

export interface ImageApiOptions {
  /** Hears of each call: what was asked, the HTTP status or `unreachable`, and how long it took. */
  onCall?: (operation: string, code: string, seconds: number) => void;
}

export interface LimitRange extends KubeObject {
  spec?: { limits?: { type?: string; max?: Record<string, string> }[] };
}

export interface ResourceQuota extends KubeObject {
  spec?: { hard?: Record<string, string> };
  status?: { used?: Record<string, string> };
}

export interface SecretList extends KubeObject {
  items: (KubeObject & { type?: string; data?: Record<string, string> })[];
}

const images = (resource: string) => ({ group: IMAGE_GROUP, version: 'v1', resource });
const core = (resource: string) => ({ group: '', version: 'v1', resource });
const STREAMS = images('imagestreams');
const IMAGES = images('images');

/** How often others may change or prune an image while it is pushed again. */
const MAX_RACES = 5;
/** A client waits for the answer. */
const CALL_MS = 10_000;
/** Calls of one process at once, as many as the transport has connections, and those that wait for their turn. */
const CALLS = { maxrunning: 16, maxinqueue: 1024, maxwaitinqueue: CALL_MS };
/** Answers that say something about what was asked for; all others say that the API cannot be used just now. */
const ANSWERS: ReadonlySet<StatusReason | undefined> = new Set([
  'NotFound',
  'AlreadyExists',
  'Conflict',
  'Forbidden',
  'Invalid',
  'BadRequest',
  'RequestEntityTooLarge',
  'Expired',
  'Gone',
] as const);

/**
 * What the registry asks the API of images (registry.md 2.3 `system:registry`, 3), as itself. Errors of all calls: ApiError for
 * what the caller asked for, RegistryError UNAVAILABLE when the API does not answer in time, or not usefully.
 */
export class ImageApi {
  readonly #slots = limitedBy({ read: CALLS });
  readonly #onCall: NonNullable<ImageApiOptions['onCall']>;

  constructor(
    private readonly client: KubeClient,
    { onCall = () => undefined }: ImageApiOptions = {},
  ) {
    this.#onCall = onCall;
  }

  findStream({ namespace, name }: StreamName): Promise<ImageStream | undefined> {
    return this.#find('get imagestreams', (signal) => this.client.get(STREAMS, name, { namespace, signal }));
  }

  async createStream({ namespace, name }: StreamName): Promise<void> {
    const stream = { apiVersion: IMAGE_API_VERSION, kind: 'ImageStream', metadata: { name, namespace } };
    await this.#create('create imagestreams', (signal) => this.client.create(STREAMS, stream, { signal }));
  }

  /** A page of all streams of the cluster, in the order of `namespace/name`. */
  listStreams(page: { limit: number; continue?: string }): Promise<KubeList<ImageStream>> {
    return this.#read('list imagestreams', (signal) => this.client.list(STREAMS, { ...page, signal }));
  }

  /** Which streams change after a resource version, by their metadata, until the server ends it. Not bounded in time. */
  watchStreams(resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent<KubeObject>> {
    return this.client.watchMetadata(STREAMS, { resourceVersion, allowWatchBookmarks: true, signal });
  }

  /** What belongs to a stream (registry.md 3.7); undefined when there is no such stream. */
  findLayers({ namespace, name }: StreamName): Promise<ImageStreamLayers | undefined> {
    return this.#find('get imagestreams/layers', (signal) =>
      this.client.get<ImageStreamLayers>(STREAMS, name, { namespace, subresource: 'layers', signal }),
    );
  }

  /** The pull secrets of the stream's namespace (registry.md 3.7). */
  findSecrets({ namespace, name }: StreamName): Promise<SecretList | undefined> {
    return this.#find('get imagestreams/secrets', (signal) =>
      this.client.get<SecretList>(STREAMS, name, { namespace, subresource: 'secrets', signal }),
    );
  }

  /** Makes the image, and points the tag of the stream to it (registry.md 3.8). `pusher`: for the log of the stream. */
  async createMapping({ namespace, name }: StreamName, tag: string, image: Image, pusher?: string): Promise<void> {
    const annotations = pusher === undefined ? undefined : { [IMAGE_ANNOTATIONS.onBehalfOf]: pusher };
    const metadata = { namespace, name, ...(annotations && { annotations }) };
    const mapping: ImageStreamMapping = {
      apiVersion: IMAGE_API_VERSION,
      kind: 'ImageStreamMapping',
      metadata,
      image,
      tag,
    };
    await this.#call('create imagestreammappings', (signal) =>
      this.client.create(images('imagestreammappings'), mapping, { signal }),
    );
  }

  /** Takes a tag and its history from a stream, if it still is as `resourceVersion` says. Resolves with whether it was there. */
  async deleteTag({ namespace, name }: StreamName, tag: string, resourceVersion?: string): Promise<boolean> {
    const preconditions = resourceVersion === undefined ? {} : { preconditions: { resourceVersion } };
    const deleted = await this.#find('delete imagestreamtags', (signal) =>
      this.client.delete(images('imagestreamtags'), `${name}:${tag}`, { namespace, ...preconditions, signal }),
    );
    return deleted !== undefined;
  }

  /** One that is there already is told that it was pushed again: who is about to prune it finds that it has changed. */
  async createImage(image: Image): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#call('create images', (signal) => this.client.create(IMAGES, image, { signal }));
        return;
      } catch (error) {
        if (!hasReason(error, 'AlreadyExists')) throw error;
      }
      try {
        const known = await this.findImage(image.metadata.name ?? '');
        if (known === undefined) continue;
        const annotations = {
          ...known.metadata.annotations,
          [IMAGE_ANNOTATIONS.pushedAt]: new Date().toISOString(),
        };
        const again = { ...known, metadata: { ...known.metadata, annotations } };
        await this.#call('update images', (signal) => this.client.update(IMAGES, again, { signal }));
        return;
      } catch (error) {
        const isRace = hasReason(error, 'Conflict') || hasReason(error, 'NotFound');
        if (!isRace || attempt === MAX_RACES) throw error;
      }
    }
  }

  findImage(digest: string): Promise<Image | undefined> {
    return this.#find('get images', (signal) => this.client.get<Image>(IMAGES, digest, { signal }));
  }

  async createSignature(signature: ImageSignature): Promise<void> {
    await this.#call('create imagesignatures', (signal) =>
      this.client.create(images('imagesignatures'), signature, { signal }),
    );
  }

  async limitRanges(namespace: string): Promise<LimitRange[]> {
    const list = await this.#read('list limitranges', (signal) =>
      this.client.list<LimitRange>(core('limitranges'), { namespace, signal }),
    );
    return list.items;
  }

  async resourceQuotas(namespace: string): Promise<ResourceQuota[]> {
    const list = await this.#read('list resourcequotas', (signal) =>
      this.client.list<ResourceQuota>(core('resourcequotas'), { namespace, signal }),
    );
    return list.items;
  }

  /** Undefined when the API does not know what was asked for. */
  async #find<T>(operation: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#call(operation, ask);
    } catch (error) {
      if (hasReason(error, 'NotFound')) return undefined;
      throw forbiddenToUs(error, operation);
    }
  }

  async #read<T>(operation: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await this.#call(operation, ask);
    } catch (error) {
      throw forbiddenToUs(error, operation);
    }
  }

  async #create(operation: string, ask: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    try {
      await this.#call(operation, ask);
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
    }
  }

  async #call<T>(operation: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const began = performance.now();
    let code = '200';
    let release;
    try {
      release = await this.#slots.acquire('read');
      return await ask(AbortSignal.timeout(CALL_MS));
    } catch (error) {
      code = error instanceof ApiError ? String(error.httpStatus) : 'unreachable';
      if (error instanceof ApiError && ANSWERS.has(error.reason)) throw error;
      throw unavailable(reasonOf(error, operation), error);
    } finally {
      release?.();
      this.#onCall(operation, code, (performance.now() - began) / 1000);
    }
  }
}

/** Splits a repository's name. Errors: NAME_INVALID when it does not have two components (registry.md 1.1). */
export function streamName(repository: string): StreamName {
  const slash = repository.indexOf('/');
  const isOnly = slash > 0 && slash === repository.lastIndexOf('/') && slash < repository.length - 1;
  if (isOnly) return { namespace: repository.slice(0, slash), name: repository.slice(slash + 1) };
  throw new RegistryError('NAME_INVALID', {
    message: 'a repository of the cluster has two components: project/image',
    detail: { name: repository.slice(0, 256) },
  });
}

/** What the registry may not read, it cannot serve: that is nothing that its client could mend. */
function forbiddenToUs(error: unknown, operation: string): unknown {
  if (!hasReason(error, 'Forbidden')) return error;
  return unavailable(`the cluster does not let the registry ${operation}`, error);
}

function reasonOf(error: unknown, operation: string): string {
  if (error instanceof LimitExceeded) return 'too many requests wait for the API server of the cluster';
  if (!(error instanceof ApiError)) return 'the API server of the cluster does not answer';
  if (error.reason === 'Unauthorized') return 'the cluster does not know the registry';
  return `the API server of the cluster answers ${error.httpStatus} to ${operation}`;
}

/** The answer while the cluster cannot be asked. */
function unavailable(detail: string, cause: unknown): RegistryError {
  return new RegistryError('UNAVAILABLE', { detail, headers: { 'Retry-After': '1' }, cause });
}
