import { ApiError, alreadyExists, conflict, expired, MODIFIED, notFound } from '../api-error.js';
import {
  UnreachableError,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '../client/transport.js';
import type { KubeObject } from '../object.js';

interface Change {
  version: number;
  type: string;
  object: KubeObject;
}

const RESOURCE = { group: '', resource: 'things' };

/** One resource of an API server in memory: enough to list, watch and lock against. Paths end in its name or an object's. */
export class FakeApi implements Transport {
  readonly requests: TransportRequest[] = [];
  /** Answers instead of the server, once each. */
  readonly failures: (ApiError | UnreachableError)[] = [];
  readonly objects = new Map<string, KubeObject>();
  oldest = 0;
  private version = 0;
  private changes: Change[] = [];
  private readonly watchers = new Set<{ wake: () => void; ended: boolean }>();

  get resourceVersion(): number {
    return this.version;
  }

  get watching(): number {
    return this.watchers.size;
  }

  put(name: string, fields: object = {}): KubeObject {
    const isNew = !this.objects.has(name);
    const resourceVersion = String(++this.version);
    const object = { apiVersion: 'v1', kind: 'Thing', ...fields, metadata: { namespace: 'ns', name, resourceVersion } };
    this.objects.set(name, object);
    this.record(isNew ? 'ADDED' : 'MODIFIED', object);
    return object;
  }

  remove(name: string): void {
    const object = this.objects.get(name);
    if (object === undefined) return;
    this.objects.delete(name);
    const resourceVersion = String(++this.version);
    this.record('DELETED', { ...object, metadata: { ...object.metadata, resourceVersion } });
  }

  bookmark(): void {
    const metadata = { resourceVersion: String(++this.version) };
    this.record('BOOKMARK', { apiVersion: 'v1', kind: 'Thing', metadata });
  }

  /** Ends all watches, as a server does that restarts. */
  endWatches(): void {
    for (const watcher of this.watchers) {
      watcher.ended = true;
      watcher.wake();
    }
  }

  /** Forgets what changed up to now. */
  compact(): void {
    this.oldest = this.version;
    this.changes = [];
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    this.requests.push(request);
    await Promise.resolve();
    const failure = this.failures.shift();
    if (failure instanceof UnreachableError) throw failure;
    if (failure !== undefined) return answer(failure.httpStatus, failure.toStatus());
    try {
      return this.serve(request);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return answer(error.httpStatus, error.toStatus());
    }
  }

  close(): Promise<void> {
    this.endWatches();
    return Promise.resolve();
  }

  private serve({ method, path, query, body, signal }: TransportRequest): TransportResponse {
    const name = /\/(?:things|leases)\/([^/]+)$/.exec(path)?.[1];
    if (method === 'POST') {
      const object = JSON.parse(body as string) as KubeObject;
      const created = object.metadata.name ?? '';
      if (this.objects.has(created)) throw alreadyExists(RESOURCE, created);
      return answer(201, this.put(created, object));
    }
    if (name !== undefined) {
      const object = this.objects.get(name);
      if (object === undefined) throw notFound(RESOURCE, name);
      if (method === 'GET') return answer(200, object);
      const update = JSON.parse(body as string) as KubeObject;
      if (update.metadata.resourceVersion !== object.metadata.resourceVersion) throw conflict(RESOURCE, name, MODIFIED);
      return answer(200, this.put(name, update));
    }
    if (query?.get('watch') === 'true') return this.watch(Number(query.get('resourceVersion')), signal);
    return this.list(query ?? new URLSearchParams());
  }

  private list(query: URLSearchParams): TransportResponse {
    const limit = Number(query.get('limit') ?? Infinity);
    const [start, version] = (query.get('continue') ?? `0:${this.version}`).split(':').map(Number) as [number, number];
    if (version < this.oldest) throw expired('The provided continue parameter is too old');
    const items = [...this.objects.values()].sort((a, b) =>
      (a.metadata.name as string).localeCompare(b.metadata.name as string),
    );
    const page = items.slice(start, start + limit).map(({ apiVersion: _, kind: __, ...rest }) => rest);
    const next = start + limit < items.length ? { continue: `${start + limit}:${version}` } : {};
    return answer(200, {
      apiVersion: 'v1',
      kind: 'ThingList',
      metadata: { resourceVersion: String(version), ...next },
      items: page,
    });
  }

  private watch(after: number, signal: AbortSignal | undefined): TransportResponse {
    if (after < this.oldest) throw expired(`too old resource version: ${after} (${this.oldest})`);
    return { status: 200, headers: {}, body: this.events(after, signal) };
  }

  private async *events(after: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, void> {
    const watcher = { wake: () => {}, ended: false };
    const abort = () => watcher.wake();
    signal?.addEventListener('abort', abort);
    this.watchers.add(watcher);
    try {
      for (let version = after; !watcher.ended && signal?.aborted !== true;) {
        if (version < this.oldest) {
          const status = expired(`too old resource version: ${version} (${this.oldest})`).toStatus();
          yield Buffer.from(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
          return;
        }
        const change = this.changes.find((change) => change.version > version);
        if (change === undefined) {
          await new Promise<void>((resolve) => {
            watcher.wake = resolve;
          });
          continue;
        }
        version = change.version;
        yield Buffer.from(`${JSON.stringify({ type: change.type, object: change.object })}\n`);
      }
    } finally {
      this.watchers.delete(watcher);
      signal?.removeEventListener('abort', abort);
    }
  }

  private record(type: string, object: KubeObject): void {
    this.changes.push({ version: this.version, type, object });
    for (const watcher of this.watchers) watcher.wake();
  }
}

function answer(status: number, body: object): TransportResponse {
  async function* chunks() {
    yield Buffer.from(JSON.stringify(body));
  }
  return { status, headers: {}, body: chunks() };
}
