import {
  alreadyExists,
  ApiError,
  conflict,
  forbidden,
  notFound,
  UnreachableError,
  type Image,
  type ImageSignature,
  type ImageStream,
  type ImageStreamMapping,
  type KubeObject,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '@longshore/kube';

const STREAMS = { group: 'image.openshift.io', resource: 'imagestreams' };
const MAPPINGS = { group: 'image.openshift.io', resource: 'imagestreammappings' };
const IMAGES = { group: 'image.openshift.io', resource: 'images' };
const SIGNATURES = { group: 'image.openshift.io', resource: 'imagesignatures' };
const TAGS = { group: 'image.openshift.io', resource: 'imagestreamtags' };

type Rule = { user: string; verb: string; resource: string; namespace?: string };

interface Watcher {
  events: object[];
  isBroken: boolean;
  wake: () => void;
}

/**
 * The part of an API server that a registry asks, in memory: streams, mappings, images, reviews, limits. Users are their own
 * tokens. Watches tell nothing until `deliver`.
 */
export class FakeImageApi implements Transport {
  readonly streams = new Map<string, ImageStream>();
  readonly images = new Map<string, Image>();
  readonly namespaces = new Set<string>();
  readonly rules: Rule[] = [];
  /** By namespace: what `limitranges` and `resourcequotas` list. */
  readonly limitRanges = new Map<string, object[]>();
  readonly quotas = new Map<string, object[]>();
  /** `GET imagestreams/app`, reviews left out. */
  readonly calls: string[] = [];
  readonly reviews: string[] = [];
  /** Answered in place of the next calls whose line contains `call`, after `first` has happened. */
  readonly failures: { call: string; error: ApiError | UnreachableError; first?: () => void }[] = [];
  private version = 100;
  private held: object[] = [];
  private readonly watchers = new Set<Watcher>();

  get watching(): number {
    return this.watchers.size;
  }

  /** Lets all watches hear of what has changed since the last time. */
  deliver(): void {
    for (const watcher of this.watchers) {
      watcher.events.push(...this.held);
      watcher.wake();
    }
    this.held = [];
  }

  /** Ends all watches as when the connection is lost. */
  breakWatches(): void {
    for (const watcher of this.watchers) {
      watcher.isBroken = true;
      watcher.wake();
    }
  }

  /** Points a tag of a stream to an image, as `oc tag` does; makes the stream when there is none. */
  tag(key: string, tag: string, image: string, reference = `registry:5000/${key}@${image}`): void {
    const stream = this.streams.get(key) ?? this.create(key);
    const others = (stream.status.tags ?? []).filter((each) => each.tag !== tag);
    const before = stream.status.tags?.find((each) => each.tag === tag)?.items ?? [];
    const event = { created: new Date().toISOString(), dockerImageReference: reference, image, generation: 1 };
    const items = before[0]?.image === image ? before : [event, ...before];
    this.store(key, { ...stream, status: { ...stream.status, tags: [...others, { tag, items }] } });
  }

  /** As `oc tag -d`. */
  untag(key: string, tag: string): void {
    const stream = this.streams.get(key);
    if (!stream) return;
    const tags = stream.status.tags?.filter((each) => each.tag !== tag) ?? [];
    this.store(key, { ...stream, status: { ...stream.status, tags } });
  }

  create(key: string): ImageStream {
    const [namespace = '', name = ''] = key.split('/');
    const stream: ImageStream = {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { namespace, name, uid: `uid-of-${name}` },
      spec: { lookupPolicy: { local: false } },
      status: { dockerImageRepository: `registry:5000/${key}`, tags: [] },
    };
    return this.store(key, stream);
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    await Promise.resolve();
    const { path, query, method } = request;
    const [, namespace, rest = ''] = /\/v1\/(?:namespaces\/([^/]+)\/)?(.+)$/.exec(path) ?? [];
    const isWatch = query?.get('watch') === 'true';
    const line = `${isWatch ? 'WATCH' : method} ${decodeURIComponent(rest)}`;
    if (!rest.includes('review')) this.calls.push(line);
    try {
      this.failOnce(typeof request.body === 'string' ? `${line} ${request.body}` : line);
      if (isWatch) return { status: 200, headers: {}, body: this.watch(request.signal) };
      return answer(200, this.serve(method, namespace ?? '', decodeURIComponent(rest), request));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return answer(error.httpStatus, error.toStatus());
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private failOnce(line: string): void {
    const index = this.failures.findIndex(({ call }) => line.includes(call));
    const [failure] = index < 0 ? [] : this.failures.splice(index, 1);
    failure?.first?.();
    if (failure) throw failure.error as Error;
  }

  private serve(method: string, namespace: string, rest: string, { body, query }: TransportRequest): object {
    const [resource = '', name = '', subresource] = rest.split('/');
    const sent = typeof body === 'string' ? (JSON.parse(body) as KubeObject) : undefined;
    const key = `${namespace}/${name}`;
    switch (`${method} ${[resource, subresource].filter(Boolean).join('/')}`) {
      case 'POST tokenreviews':
        return this.reviewToken(sent);
      case 'POST subjectaccessreviews':
        return this.reviewAccess(sent);
      case 'GET imagestreams':
        return name === '' ? this.list(query) : this.found(key);
      case 'GET imagestreams/layers':
        return this.layers(this.found(key));
      case 'POST imagestreams':
        return this.createStream(namespace, sent);
      case 'POST imagestreammappings':
        return this.map(sent as ImageStreamMapping);
      case 'POST images':
        return this.createImage(sent as Image);
      case 'GET images': {
        const image = this.images.get(name);
        if (!image) throw notFound(IMAGES, name);
        return image;
      }
      case 'POST imagesignatures':
        return this.sign(sent as ImageSignature);
      case 'DELETE imagestreamtags':
        return this.deleteTag(namespace, name, sent as { preconditions?: { resourceVersion?: string } } | undefined);
      case 'GET limitranges':
        return list(this.limitRanges.get(namespace) ?? []);
      case 'GET resourcequotas':
        return list(this.quotas.get(namespace) ?? []);
      default:
        throw new TypeError(`the test's API server does not know ${method} ${rest}`);
    }
  }

  private reviewToken(sent: KubeObject | undefined): object {
    const { token = '' } = (sent?.['spec'] ?? {}) as { token?: string };
    const authenticated = this.rules.some(({ user }) => user === token);
    return { ...sent, status: authenticated ? { authenticated, user: { username: token, uid: `uid-${token}` } } : {} };
  }

  private reviewAccess(sent: KubeObject | undefined): object {
    const { user, resourceAttributes } = sent?.['spec'] as {
      user: string;
      resourceAttributes: { verb: string; resource: string; subresource: string; namespace: string };
    };
    const { verb, subresource, namespace } = resourceAttributes;
    const resource = [resourceAttributes.resource, subresource].filter((part) => part !== '').join('/');
    this.reviews.push(`${user} ${verb} ${resource} ${namespace}`.trim());
    const allowed = this.rules.some(
      (rule) =>
        rule.user === user &&
        [verb, '*'].includes(rule.verb) &&
        [resource, '*'].includes(rule.resource) &&
        (rule.namespace === undefined || rule.namespace === namespace),
    );
    return { ...sent, status: { allowed } };
  }

  private found(key: string): ImageStream {
    const stream = this.streams.get(key);
    if (!stream) throw notFound(STREAMS, key);
    return stream;
  }

  private list(query: URLSearchParams | undefined): object {
    const limit = Number(query?.get('limit') ?? Infinity);
    const from = Number(query?.get('continue') ?? 0);
    if (!Number.isInteger(from)) throw new ApiError('BadRequest', 'the continue key is not valid');
    const all = [...this.streams].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, stream]) => stream);
    const more = from + limit < all.length ? { continue: String(from + limit) } : {};
    return list(all.slice(from, from + limit), { resourceVersion: String(this.version), ...more });
  }

  private layers({ status }: ImageStream): object {
    const digests = (status.tags ?? []).flatMap(({ items }) => (items ?? []).map(({ image }) => image));
    const layersOf = (digest: string) => (this.images.get(digest)?.dockerImageLayers ?? []).map(({ name }) => name);
    const all = [...digests, ...digests.flatMap(layersOf)];
    const blobs = all.map((digest) => [digest, { size: 1, mediaType: 'x/y' }] as const);
    return {
      kind: 'ImageStreamLayers',
      blobs: Object.fromEntries(blobs),
      images: Object.fromEntries(digests.map((digest) => [digest, { layers: layersOf(digest) }])),
    };
  }

  private createStream(namespace: string, sent: KubeObject | undefined): object {
    const { name = '' } = sent?.metadata ?? {};
    if (!this.namespaces.has(namespace)) throw notFound({ group: '', resource: 'namespaces' }, namespace);
    if (this.streams.has(`${namespace}/${name}`)) throw alreadyExists(STREAMS, name);
    return this.create(`${namespace}/${name}`);
  }

  private map({ metadata, image, tag }: ImageStreamMapping): object {
    const key = `${metadata.namespace}/${metadata.name}`;
    if (!this.streams.has(key)) throw notFound(MAPPINGS, metadata.name ?? '');
    const digest = image.metadata.name ?? '';
    if (!this.images.has(digest)) this.images.set(digest, image);
    this.tag(key, tag, digest);
    return { kind: 'Status', status: 'Success' };
  }

  private createImage(image: Image): object {
    const name = image.metadata.name ?? '';
    if (this.images.has(name)) throw alreadyExists(IMAGES, name);
    this.images.set(name, image);
    return image;
  }

  private sign(signature: ImageSignature): object {
    const { name = '' } = signature.metadata;
    const image = this.images.get(name.split('@')[0] ?? '');
    if (!image) throw notFound(IMAGES, name);
    const { signatures = [] } = image;
    if (signatures.some(({ metadata }) => metadata.name === name)) throw alreadyExists(SIGNATURES, name);
    this.images.set(image.metadata.name ?? '', { ...image, signatures: [...signatures, signature] });
    return signature;
  }

  private deleteTag(
    namespace: string,
    name: string,
    options: { preconditions?: { resourceVersion?: string } } | undefined,
  ): object {
    const [stream = '', tag = ''] = name.split(':');
    const key = `${namespace}/${stream}`;
    const held = this.streams.get(key);
    if (!held?.status.tags?.some((each) => each.tag === tag)) throw notFound(TAGS, name);
    const wanted = options?.preconditions?.resourceVersion ?? held.metadata.resourceVersion;
    if (wanted !== held.metadata.resourceVersion) throw conflict(TAGS, name, 'it has changed');
    this.untag(key, tag);
    return { kind: 'Status', status: 'Success' };
  }

  private store(key: string, stream: ImageStream): ImageStream {
    const type = this.streams.has(key) ? 'MODIFIED' : 'ADDED';
    const stored = { ...stream, metadata: { ...stream.metadata, resourceVersion: String(++this.version) } };
    this.streams.set(key, stored);
    this.held.push({ type, object: stored });
    return stored;
  }

  private async *watch(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, void> {
    const watcher: Watcher = { events: [], isBroken: false, wake: () => undefined };
    const wake = () => watcher.wake();
    signal?.addEventListener('abort', wake);
    this.watchers.add(watcher);
    try {
      while (signal?.aborted !== true) {
        if (watcher.isBroken) throw new UnreachableError('the connection is lost');
        const event = watcher.events.shift();
        if (event) yield Buffer.from(`${JSON.stringify(event)}\n`);
        else await new Promise<void>((resolve) => (watcher.wake = resolve));
      }
    } finally {
      this.watchers.delete(watcher);
      signal?.removeEventListener('abort', wake);
    }
  }
}

/** What a server says that admits no more. */
export const overLimit = (words: string) => forbidden(IMAGES, '', words);

function list(items: object[], metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'List', metadata, items };
}

function answer(status: number, body: object): TransportResponse {
  async function* chunks() {
    yield Buffer.from(JSON.stringify(body));
  }
  return { status, headers: {}, body: chunks() };
}
