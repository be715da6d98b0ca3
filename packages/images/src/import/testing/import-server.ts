/** For tests: imports from real registries, behind an API server over LMDB with all that they ask the cluster for. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiServer, openLmdbStore, type ApiServer } from '@longshore/apiserver';
import {
  ApiError,
  KubeClient,
  type ImageStream,
  type ImageStreamImport,
  type ImageStreamImportSpec,
  type ImportMode,
  type KubeObject,
  type ObjectMeta,
} from '@longshore/kube';
import { imageDefinitions } from '../../api/definitions.js';
import { STREAMS } from '../../streams/stream-names.js';
import { openKind } from '../../testing/open-kind.js';
import { createImporter, type Importer, type ImporterOptions } from '../importer.js';

const cluster = { scope: 'Cluster' } as const;

const OTHERS = [
  openKind('', 'Secret', 'secrets'),
  openKind('', 'ConfigMap', 'configmaps'),
  openKind('', 'Event', 'events'),
  openKind('', 'LimitRange', 'limitranges'),
  openKind('', 'ResourceQuota', 'resourcequotas', { status: true }),
  openKind('config.openshift.io', 'Image', 'images', cluster),
  openKind('config.openshift.io', 'ImageDigestMirrorSet', 'imagedigestmirrorsets', cluster),
  openKind('config.openshift.io', 'ImageTagMirrorSet', 'imagetagmirrorsets', cluster),
  openKind('operator.openshift.io', 'ImageContentSourcePolicy', 'imagecontentsourcepolicies', {
    ...cluster,
    version: 'v1alpha1',
  }),
  openKind('config.openshift.io', 'Proxy', 'proxies', cluster),
];

export const NAMESPACE = 'proj';
const IMPORTS = { group: 'image.openshift.io', version: 'v1', resource: 'imagestreamimports' };

export interface ImportServer {
  api: ApiServer;
  importer: Importer;
  /** Who may create images, and with them import from everywhere. */
  root: KubeClient;
  /** Who may not. */
  alice: KubeClient;
  warnings: string[];
  /** Imports into the stream `app` as alice, for good. */
  run(
    spec: Partial<ImageStreamImportSpec>,
    how?: { metadata?: ObjectMeta; client?: KubeClient; dryRun?: boolean },
  ): Promise<ImageStreamImport>;
  /** Imports one image to the tag `v1`. */
  pull(from: string, policy?: { insecure?: boolean; importMode?: ImportMode }): Promise<ImageStreamImport>;
  stream(name?: string): Promise<ImageStream | undefined>;
  /** Creates or replaces an object of another kind. */
  put(resource: string, object: Partial<KubeObject>): Promise<void>;
  close(): Promise<void>;
}

/** `importer`: instead of one that asks registries. */
export async function startImportServer(
  options: Partial<ImporterOptions> & { importer?: Importer } = {},
): Promise<ImportServer> {
  const path = await mkdtemp(join(tmpdir(), 'longshore-imports-'));
  const store = await openLmdbStore({ path, maxBytes: 2 ** 28 });
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const objects = {
    get: (...asked) => api.objects.get(...asked),
    list: (...asked) => api.objects.list(...asked),
    watch: (...asked) => api.objects.watch(...asked),
  } satisfies Partial<ApiServer['objects']>;
  const importer =
    options.importer ??
    createImporter({
      cluster: objects,
      nodePullSecret: { namespace: 'openshift-config', name: 'pull-secret' },
      platform: { os: 'linux', architecture: 'amd64' },
      ...options,
    });
  const api: ApiServer = await createApiServer({
    store,
    definitions: [
      ...OTHERS,
      ...imageDefinitions({
        cluster: objects,
        hostnames: () => ({ internal: 'registry.cluster.example:5000', external: [] }),
        defaultImportMode: () => 'Legacy',
        allows: ({ username }) => Promise.resolve(username === 'root'),
        importer,
        onError,
      }),
    ],
    authenticator: { authenticate: () => Promise.resolve(undefined) },
    authorizer: { authorize: () => Promise.resolve({ allowed: true }) },
    version: { major: '1', minor: '32', gitVersion: 'v1.32.0' },
    onError,
  });
  const warnings: string[] = [];
  const clientOf = (username: string) =>
    new KubeClient(api.transport({ username, groups: [] }), { onWarning: (text) => warnings.push(text) });
  const [root, alice] = [clientOf('root'), clientOf('alice')];
  const run: ImportServer['run'] = (spec, { metadata, client = alice, dryRun = false } = {}) => {
    const asked: ImageStreamImport = {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStreamImport',
      metadata: { name: 'app', namespace: NAMESPACE, ...metadata },
      spec: { import: true, ...spec },
    };
    return client.create(IMPORTS, asked, { dryRun });
  };
  return {
    api,
    importer,
    root,
    alice,
    warnings,
    run,
    pull: (name, importPolicy) =>
      run({
        images: [{ from: { kind: 'DockerImage', name }, to: { name: 'v1' }, ...(importPolicy && { importPolicy }) }],
      }),
    stream: (name = 'app') => api.objects.get<ImageStream>(STREAMS, NAMESPACE, name),
    put: async (resource, object) => {
      const definition = OTHERS.find(
        ({ group, plural }) => resource === (group === '' ? plural : `${plural}.${group}`),
      );
      if (definition === undefined) throw new ApiError('NotFound', resource);
      const { group, version, kind, scope } = definition;
      const metadata = { ...(scope === 'Namespaced' && { namespace: NAMESPACE }), name: 'cluster', ...object.metadata };
      const apiVersion = group === '' ? version : `${group}/${version}`;
      await api.objects.delete(resource, metadata.namespace ?? '', metadata.name).catch(() => undefined);
      await api.objects.create(resource, { ...object, apiVersion, kind, metadata });
    },
    close: async () => {
      await Promise.all([root.close(), alice.close()]);
      await api.drain();
      await store.close();
      await rm(path, { recursive: true });
      if (errors.length > 0) throw new AggregateError(errors, 'the server failed');
    },
  };
}

/** A pull secret for registries. */
export function pullSecret(name: string, logins: Record<string, [user: string, password: string]>, metadata = {}) {
  const auths = Object.fromEntries(
    Object.entries(logins).map(([host, login]) => [host, { auth: Buffer.from(login.join(':')).toString('base64') }]),
  );
  const data = { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') };
  return { metadata: { name, ...metadata }, type: 'kubernetes.io/dockerconfigjson', data };
}
