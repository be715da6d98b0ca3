import { IMAGE_API_VERSION, type ImageStream, type KubeObject } from '@longshore/kube';
import type { Transport, TransportRequest, TransportResponse } from '@longshore/kube';

/** An API server that lets everybody do everything, with the objects that a test puts there. */
export class ScriptedImageApi implements Transport {
  /** By path; `/namespaces/ns/imagestreams/app/secrets`, say. */
  readonly objects = new Map<string, object>();
  /** Every request fails. */
  isDown = false;

  /** Makes a stream whose history names these pull specs, the newest first. */
  setStream(
    namespace: string,
    name: string,
    history: Record<string, { insecure?: boolean; items: [string, string][] }>,
  ) {
    const stream: ImageStream = {
      apiVersion: IMAGE_API_VERSION,
      kind: 'ImageStream',
      metadata: { namespace, name, uid: `${namespace}-${name}`, resourceVersion: '1' },
      spec: {
        lookupPolicy: { local: false },
        tags: Object.entries(history).map(([tag, { insecure = false }]) => ({
          name: tag,
          importPolicy: { insecure },
          referencePolicy: { type: 'Local' },
        })),
      },
      status: {
        dockerImageRepository: '',
        tags: Object.entries(history).map(([tag, { items }]) => ({
          tag,
          items: items.map(([dockerImageReference, image], index) => ({
            created: `2026-01-01T00:00:${String(59 - index).padStart(2, '0')}Z`,
            dockerImageReference,
            image,
            generation: 1,
          })),
        })),
      },
    };
    this.objects.set(`/namespaces/${namespace}/imagestreams/${name}`, stream);
  }

  /** Puts a list of objects where a path ends with a resource's name. */
  setList(resource: string, items: readonly KubeObject[]): void {
    this.objects.set(`/${resource}`, { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '1' }, items });
  }

  async request({ method, path, signal, isWatch, body }: TransportRequest): Promise<TransportResponse> {
    if (this.isDown) throw new Error('the API server is down');
    if (isWatch) return { status: 200, headers: {}, body: silence(signal) };
    if (method === 'POST') return answer(201, review(path, JSON.parse(body as string) as KubeObject));
    const found = [...this.objects].find(([end]) => path.endsWith(end))?.[1] ?? emptyAt(path);
    return found ? answer(200, found) : answer(404, NOT_FOUND);
  }

  async close(): Promise<void> {}
}

const NOT_FOUND = { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Failure', code: 404, reason: 'NotFound' };

function review(path: string, asked: KubeObject): KubeObject {
  const user = { username: 'somebody', groups: [] };
  const status = path.endsWith('/tokenreviews') ? { authenticated: true, user } : { allowed: true };
  return { ...asked, status };
}

function emptyAt(path: string): object | undefined {
  if (path.endsWith('/layers')) return { blobs: {}, images: {} };
  if (path.endsWith('/secrets') || path.endsWith('/imagestreams')) {
    return { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '1' }, items: [] };
  }
  return undefined;
}

function answer(status: number, value: object) {
  return { status, headers: { 'content-type': 'application/json' }, body: once(Buffer.from(JSON.stringify(value))) };
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A watch that tells of nothing until it is ended. */
async function* silence(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
  yield* [];
}
