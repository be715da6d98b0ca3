import {
  ApiError,
  conflict,
  KubeClient,
  MODIFIED,
  notFound,
  type Image,
  type ImageStream,
  type KubeObject,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '@longshore/kube';
import type { ContentDeleter } from '../execute-prune.js';
import type { Deletion } from '../registry-content.js';

/** As much of an API server as the pruner asks: lists in pages, watches, status updates with versions, deletion. */
export class FakeCluster implements Transport {
  readonly images = new Map<string, Image>();
  readonly streams = new Map<string, ImageStream>();
  /** By resource: all other objects, or the error that a list of them meets. */
  readonly others = new Map<string, KubeObject[] | ApiError>();
  readonly requests: string[] = [];
  /** Is called before each request, and may change the cluster, or fail. */
  before: (request: string) => void = () => undefined;
  pageSize = 2;
  private version = 1000;
  private readonly watchers = new Set<(event: { resource: string; type: string; object: KubeObject }) => void>();

  readonly client = new KubeClient(this, { retry: { attempts: 1 } });

  put(object: Image | ImageStream): void {
    object.metadata.resourceVersion = String(++this.version);
    const isImage = object.kind === 'Image';
    if (isImage) this.images.set(object.metadata.name ?? '', object);
    else this.streams.set(`${object.metadata.namespace}/${object.metadata.name}`, object as ImageStream);
    for (const tell of this.watchers) tell({ resource: isImage ? 'images' : 'imagestreams', type: 'MODIFIED', object });
  }

  async request({ method, path, query, body, signal }: TransportRequest): Promise<TransportResponse> {
    const isWatch = query?.get('watch') === 'true';
    const request = `${isWatch ? 'WATCH' : method} ${path}`;
    this.requests.push(request);
    try {
      this.before(request);
      if (isWatch) return { status: 200, headers: {}, body: this.events(path, signal) };
      return answer(200, this.serve(method, path, query, body as string | undefined));
    } catch (error) {
      if (error instanceof ApiError) return answer(error.httpStatus, error.toStatus());
      throw error;
    }
  }

  async close(): Promise<void> {}

  private serve(method: string, path: string, query: URLSearchParams | undefined, body: string | undefined): object {
    const [, namespace, name] = /\/namespaces\/([^/]+)\/imagestreams\/([^/]+)/.exec(path) ?? [];
    if (name !== undefined) return this.serveStream(method, `${namespace}/${name}`, body);
    const digest = /\/images\/([^/]+)$/.exec(path)?.[1];
    if (digest !== undefined) return this.serveImage(method, decodeURIComponent(digest), body);
    return this.list(path.slice(path.lastIndexOf('/') + 1), query?.get('continue') ?? '0');
  }

  private serveStream(method: string, name: string, body: string | undefined): object {
    const resource = { group: 'image.openshift.io', resource: 'imagestreams' };
    const stream = this.streams.get(name);
    if (stream === undefined) throw notFound(resource, name);
    if (method === 'GET') return stream;
    const update = JSON.parse(body ?? '') as ImageStream;
    if (update.metadata.resourceVersion !== stream.metadata.resourceVersion) throw conflict(resource, name, MODIFIED);
    this.put(update);
    return update;
  }

  private serveImage(method: string, name: string, body: string | undefined): object {
    const resource = { group: 'image.openshift.io', resource: 'images' };
    const image = this.images.get(name);
    if (image === undefined) throw notFound(resource, name);
    if (method === 'GET') return image;
    const { preconditions } = JSON.parse(body ?? '{}') as { preconditions?: { resourceVersion?: string } };
    const wanted = preconditions?.resourceVersion;
    if (wanted !== undefined && wanted !== image.metadata.resourceVersion) throw conflict(resource, name, MODIFIED);
    this.images.delete(name);
    return image;
  }

  private list(resource: string, from: string): object {
    const objects = this.objectsOf(resource);
    if (objects instanceof ApiError) throw objects;
    const end = Number(from) + this.pageSize;
    const metadata = { resourceVersion: '1', ...(end < objects.length && { continue: String(end) }) };
    return { kind: 'List', apiVersion: 'v1', metadata, items: objects.slice(Number(from), end) };
  }

  private objectsOf(resource: string): KubeObject[] | ApiError {
    if (resource === 'images') return [...this.images.values()];
    if (resource === 'imagestreams') return [...this.streams.values()];
    return this.others.get(resource) ?? [];
  }

  private async *events(path: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, void> {
    const pending: object[] = [];
    let wake = () => {};
    const tell = (event: { resource: string; type: string; object: KubeObject }) => {
      if (path.endsWith(`/${event.resource}`)) pending.push({ type: event.type, object: event.object });
      wake();
    };
    const abort = () => wake();
    this.watchers.add(tell);
    signal?.addEventListener('abort', abort);
    while (signal?.aborted !== true) {
      for (const event of pending.splice(0)) yield Buffer.from(`${JSON.stringify(event)}\n`);
      if (!isAborted(signal)) await new Promise<void>((resolve) => (wake = resolve));
    }
    this.watchers.delete(tell);
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function answer(status: number, body: object): TransportResponse {
  async function* chunks() {
    yield Buffer.from(JSON.stringify(body));
  }
  return { status, headers: {}, body: chunks() };
}

/** What a registry has in its storage. */
export class FakeRegistry implements ContentDeleter {
  /** `repository digest` */
  readonly links = new Set<string>();
  readonly blobs = new Set<string>();
  /** Blobs that a push may be about to use. */
  readonly leased = new Set<string>();
  before: (what: string) => void = () => undefined;

  async deleteLayerLink(repository: string, digest: string): Promise<Deletion> {
    return this.delete(this.links, `${repository} ${digest}`);
  }

  async deleteManifestLink(repository: string, digest: string): Promise<Deletion> {
    return this.delete(this.links, `${repository} ${digest}`);
  }

  async deleteBlob(digest: string): Promise<Deletion> {
    return this.leased.has(digest) ? 'in use' : this.delete(this.blobs, digest);
  }

  private async delete(from: Set<string>, what: string): Promise<Deletion> {
    this.before(what);
    await Promise.resolve();
    return from.delete(what) ? 'deleted' : 'absent';
  }
}
