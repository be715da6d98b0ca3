/** For tests: all kinds of images, and those that they ask for, behind an API server over LMDB. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiServer, openLmdbStore, type ApiServer, type Store } from '@longshore/apiserver';
import { KubeClient, type KubeObject, type ImageStream, type ImportMode } from '@longshore/kube';
import { imageDefinitions } from '../api/definitions.js';
import type { ImageRight } from '../api/parts.js';
import type { Importer } from '../import/importer.js';
import { openKind } from './open-kind.js';

const OTHERS = [
  openKind('', 'Secret', 'secrets'),
  openKind('', 'LimitRange', 'limitranges'),
  openKind('', 'ResourceQuota', 'resourcequotas', { status: true }),
  openKind('config.openshift.io', 'Image', 'images', { scope: 'Cluster' }),
];

export const INTERNAL = 'image-registry.openshift-image-registry.svc:5000';
export const EXTERNAL = 'registry.apps.example.com';

export interface Answer {
  status: number;
  body: KubeObject & { items: KubeObject[]; message: string; [field: string]: unknown };
}

export interface StreamServer {
  api: ApiServer;
  store: Store;
  client: KubeClient;
  /** What may change while it runs. */
  settings: {
    internal: string | undefined;
    external: string[];
    importMode: ImportMode;
    now: Date;
    /** Who but `root` and `editor` may do what: `verb resource/subresource namespace/name`. */
    rights: Set<string>;
  };
  send(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, how?: How): Promise<Answer>;
  stream(name: string, namespace?: string): Promise<ImageStream>;
  close(): Promise<void>;
}

interface How {
  user?: string;
  type?: string;
  accept?: string;
}

const NOTHING_IMPORTED: Importer = {
  import: () => Promise.reject(new Error('nothing is imported here')),
  digests: () => Promise.reject(new Error('nothing is imported here')),
};

/** All requests are authorized; `settings.rights` are for what the kinds ask themselves. `root` has all of these. */
export async function startStreamServer(importer = NOTHING_IMPORTED): Promise<StreamServer> {
  const path = await mkdtemp(join(tmpdir(), 'longshore-streams-'));
  const store = await openLmdbStore({ path, maxBytes: 2 ** 28 });
  const errors: unknown[] = [];
  const settings: StreamServer['settings'] = {
    internal: INTERNAL,
    external: [EXTERNAL],
    importMode: 'Legacy',
    now: new Date('2026-01-02T03:04:05Z'),
    rights: new Set(),
  };
  const describeRight = ({ verb, resource, subresource, namespace, name = '' }: ImageRight) =>
    `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`} ${namespace}/${name}`;
  const api: ApiServer = await createApiServer({
    store,
    definitions: [
      ...OTHERS,
      ...imageDefinitions({
        cluster: {
          get: (...asked) => api.objects.get(...asked),
          list: (...asked) => api.objects.list(...asked),
          watch: (...asked) => api.objects.watch(...asked),
        },
        hostnames: () => ({
          ...(settings.internal !== undefined && { internal: settings.internal }),
          external: settings.external,
        }),
        defaultImportMode: () => settings.importMode,
        allows: (user, right) =>
          Promise.resolve(user.username === 'root' || settings.rights.has(`${user.username} ${describeRight(right)}`)),
        importer,
        onError: (error) => errors.push(error),
      }),
    ],
    authenticator: { authenticate: () => Promise.resolve(undefined) },
    authorizer: { authorize: () => Promise.resolve({ allowed: true }) },
    version: { major: '1', minor: '32', gitVersion: 'v1.32.0' },
    now: () => settings.now,
    onError: (error) => errors.push(error),
  });
  const transportOf = (user: string) => api.transport({ username: user, groups: [] });
  return {
    api,
    store,
    client: new KubeClient(transportOf('root')),
    settings,
    send: async (method, path, body, { user = 'root', type = 'application/json', accept } = {}) => {
      const transport = transportOf(user);
      const [at = '', query] = path.split('?');
      const response = await transport.request({
        method,
        path: at,
        ...(query !== undefined && { query: new URLSearchParams(query) }),
        headers: { ...(body !== undefined && { 'content-type': type }), ...(accept && { accept }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const chunks: Uint8Array[] = [];
      for await (const chunk of response.body) chunks.push(chunk);
      await transport.close();
      return { status: response.status, body: JSON.parse(Buffer.concat(chunks).toString()) as Answer['body'] };
    },
    stream: async (name, namespace = 'proj') => {
      const stream = await api.objects.get<ImageStream>('imagestreams.image.openshift.io', namespace, name);
      if (stream === undefined) throw new Error(`no stream ${namespace}/${name}`);
      return stream;
    },
    close: async () => {
      await api.drain();
      await store.close();
      await rm(path, { recursive: true });
      if (errors.length > 0) throw new AggregateError(errors, 'the server failed');
    },
  };
}

const V1 = '/apis/image.openshift.io/v1';
/** The path of a kind in the namespace `proj`. */
export const at = (plural: string, name = '', namespace = 'proj') =>
  `${V1}/namespaces/${namespace}/${plural}${name === '' ? '' : `/${encodeURIComponent(name)}`}`;
