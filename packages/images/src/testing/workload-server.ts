/** For tests: an API server over LMDB with image streams and the kinds that use images, loosely described. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createApiServer,
  openLmdbStore,
  type Admission,
  type ApiServer,
  type ResourceDefinition,
} from '@longshore/apiserver';
import { KubeClient, type ImageStream, type TagEvent, type TagReference } from '@longshore/kube';

type Kind = Pick<ResourceDefinition, 'group' | 'kind' | 'plural'> & Partial<ResourceDefinition>;

const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const;

function kind(given: Kind): ResourceDefinition {
  return {
    version: 'v1',
    singular: given.kind.toLowerCase(),
    scope: 'Namespaced',
    schema: open,
    backend: { type: 'stored' },
    ...given,
  };
}

const KINDS: readonly ResourceDefinition[] = [
  kind({ group: 'image.openshift.io', kind: 'ImageStream', plural: 'imagestreams' }),
  kind({
    group: 'image.openshift.io',
    kind: 'Image',
    plural: 'images',
    scope: 'Cluster',
    backend: { type: 'stored', name: 'path-segment' },
  }),
  kind({ group: 'apps', kind: 'Deployment', plural: 'deployments' }),
  kind({ group: 'apps', kind: 'ReplicaSet', plural: 'replicasets' }),
  kind({ group: 'batch', kind: 'CronJob', plural: 'cronjobs' }),
  kind({ group: 'batch', kind: 'Job', plural: 'jobs' }),
  kind({ group: '', kind: 'Namespace', plural: 'namespaces', scope: 'Cluster' }),
  kind({ group: '', kind: 'Pod', plural: 'pods' }),
  kind({ group: '', kind: 'Secret', plural: 'secrets' }),
  kind({ group: '', kind: 'Event', plural: 'events', backend: { type: 'stored', generation: false } }),
];

export interface WorkloadServer {
  api: ApiServer;
  client: KubeClient;
  errors: unknown[];
  close(): Promise<void>;
}

/** Everybody may do everything there. `others` are kinds beside those of this file. */
export async function startWorkloadServer(
  options: { admission?: Admission; others?: readonly ResourceDefinition[] } = {},
): Promise<WorkloadServer> {
  const { admission, others = [] } = options;
  const path = await mkdtemp(join(tmpdir(), 'longshore-images-'));
  const store = await openLmdbStore({ path, maxBytes: 2 ** 26 });
  const errors: unknown[] = [];
  const api = await createApiServer({
    store,
    definitions: [...KINDS, ...others],
    authenticator: { authenticate: () => Promise.resolve(undefined) },
    authorizer: { authorize: () => Promise.resolve({ allowed: true }) },
    version: { major: '1', minor: '32', gitVersion: 'v1.32.0' },
    onError: (error) => void errors.push(error),
    ...(admission && { admission }),
  });
  const client = new KubeClient(api.transport({ username: 'tester', groups: ['system:authenticated'] }));
  return {
    api,
    client,
    errors,
    close: async () => {
      await api.drain();
      await client.close();
      await store.close();
      await rm(path, { recursive: true });
    },
  };
}

export const LOCAL_HOST = 'registry.local:5000';
export const digestOf = (character: string) => `sha256:${character.repeat(64)}`;

/** An image stream whose tags have one image each, of the digest that is made of that character. */
export function imageStream(
  namespace: string,
  name: string,
  tags: Record<string, string>,
  { local = false, spec = [] as Partial<TagReference>[], lookup = false } = {},
): ImageStream {
  const event = (character: string): TagEvent => ({
    created: '2026-01-02T03:04:05Z',
    dockerImageReference: `quay.io/${namespace}/${name}@${digestOf(character)}`,
    image: digestOf(character),
    generation: 1,
  });
  const policies = Object.keys(tags).map((tag): TagReference => ({
    name: tag,
    importPolicy: {},
    referencePolicy: { type: local ? 'Local' : 'Source' },
    ...spec.find((given) => given.name === tag),
  }));
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name, namespace },
    spec: { lookupPolicy: { local: lookup }, tags: policies },
    status: {
      dockerImageRepository: `${LOCAL_HOST}/${namespace}/${name}`,
      tags: Object.entries(tags).map(([tag, character]) => ({ tag, items: [event(character)] })),
    },
  };
}

/** Until the condition holds of what `read` gives; reads again at each turn of the event loop. */
export async function eventually<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
