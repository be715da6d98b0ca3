import { IMAGE_API_VERSION, type KubeObject, type TransportRequest, type TransportResponse } from '@longshore/kube';
import { FakeImageApi } from './fake-image-api.js';

/** An API server where everybody may do everything, with the kinds that say from where images come. */
export class FakeClusterApi extends FakeImageApi {
  /** What stands at the paths that end so: `/images/cluster`, `/imagestreams/app/secrets`. */
  readonly objects = new Map<string, object>([
    ['/secrets', listOf([])],
    ['/imagedigestmirrorsets', listOf([])],
    ['/imagetagmirrorsets', listOf([])],
    ['/imagecontentsourcepolicies', listOf([])],
    ['/images/cluster', { metadata: { name: 'cluster' }, spec: {} }],
  ]);

  /** Paths with such an end are answered by an error. */
  readonly broken = new Set<string>();

  constructor() {
    super();
    this.rules.push({ user: 'system:anonymous', verb: '*', resource: '*' });
  }

  /** Makes a stream whose tag `v1` has this history of pull specs and digests, the newest first. */
  setStream(key: string, insecure: boolean, history: readonly [reference: string, digest: string][]): void {
    const [namespace = '', name = ''] = key.split('/');
    const items = history.map(([dockerImageReference, image], index) => ({
      created: `2026-01-01T00:00:${String(59 - index).padStart(2, '0')}Z`,
      dockerImageReference,
      image,
      generation: 1,
    }));
    this.streams.set(key, {
      apiVersion: IMAGE_API_VERSION,
      kind: 'ImageStream',
      metadata: { namespace, name, uid: `uid-of-${name}`, resourceVersion: '1' },
      spec: {
        lookupPolicy: { local: false },
        tags: [{ name: 'v1', importPolicy: { insecure }, referencePolicy: { type: 'Local' } }],
      },
      status: { dockerImageRepository: '', tags: [{ tag: 'v1', items }] },
    });
  }

  setList(resource: string, items: readonly KubeObject[]): void {
    this.objects.set(`/${resource}`, listOf(items));
  }

  override async request(request: TransportRequest): Promise<TransportResponse> {
    if ([...this.broken].some((end) => request.path.endsWith(end))) {
      return { status: 500, headers: {}, body: bodyOf({ kind: 'Status', status: 'Failure', code: 500 }) };
    }
    const found = [...this.objects].findLast(([end]) => request.path.endsWith(end))?.[1];
    if (!found) return super.request(request);
    return { status: 200, headers: {}, body: bodyOf(found) };
  }
}

const listOf = (items: readonly object[]) => ({ apiVersion: 'v1', kind: 'List', metadata: {}, items });

async function* bodyOf(value: object): AsyncGenerator<Uint8Array> {
  yield Buffer.from(JSON.stringify(value));
}
