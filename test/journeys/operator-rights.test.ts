/**
 * The rights of the operator in deploy/ against what it asks an API server for: while it makes everything, mends everything, begins
 * anew and takes everything away, it is refused nothing, and there is no right that it does not use.
 */
import { join } from 'node:path';
import { findConnection, HttpTransport, KubeClient, type KubeObject, type ResourceType } from '@longshore/kube';
import { installation, OperatorMetrics, OWN_COMMANDS, PROMETHEUS, runOperator, type Config } from '@longshore/operator';
import { startCluster, type RunningCluster } from '@longshore/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { grantedRights, RightsRecorder, unusedRights } from './rights-recorder.js';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const NAMESPACE = 'openshift-image-registry';
const OPERATOR = 'cluster-image-registry-operator';
/** The embedded cluster does not run it. */
const IMAGE = 'registry.example/foreign:1';
const TLS = { certificate: 'C', key: 'K', authority: 'A' };
const SOON = { timeout: 30_000, interval: 50 };

const type = (group: string, resource: string): ResourceType => ({ group, version: 'v1', resource });
const CONFIGS = type('imageregistry.operator.openshift.io', 'configs');
const PRUNERS = type('imageregistry.operator.openshift.io', 'imagepruners');
const OPERATORS = type('config.openshift.io', 'clusteroperators');
const IMAGES = type('config.openshift.io', 'images');
const ROUTES = type('route.openshift.io', 'routes');
const INGRESSES = type('networking.k8s.io', 'ingresses');
const CONFIG_MAPS = type('', 'configmaps');
const SECRETS = type('', 'secrets');
const RBAC = 'rbac.authorization.k8s.io';
const MONITORING = 'monitoring.coreos.com';

/** Where the operator's own objects are. */
const PLACES: [ResourceType, string?][] = [
  [CONFIG_MAPS, NAMESPACE],
  [CONFIG_MAPS, 'openshift-config-managed'],
  [SECRETS, NAMESPACE],
  [type('', 'services'), NAMESPACE],
  [type('', 'serviceaccounts'), NAMESPACE],
  [type('apps', 'deployments'), NAMESPACE],
  [type('apps', 'daemonsets'), NAMESPACE],
  [type('batch', 'cronjobs'), NAMESPACE],
  [type('policy', 'poddisruptionbudgets'), NAMESPACE],
  [type('networking.k8s.io', 'networkpolicies'), NAMESPACE],
  [INGRESSES, NAMESPACE],
  [ROUTES, NAMESPACE],
  [type(RBAC, 'rolebindings'), NAMESPACE],
  [type(MONITORING, 'servicemonitors'), NAMESPACE],
  [type(MONITORING, 'prometheusrules'), NAMESPACE],
  [type(RBAC, 'clusterroles')],
  [type(RBAC, 'clusterrolebindings')],
];

const SCC = { group: 'security.openshift.io', plural: 'securitycontextconstraints' };

/** Kinds and objects of others for which the operator has rights, too. */
const OTHERS: KubeObject[] = [
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${SCC.plural}.${SCC.group}` },
    spec: {
      group: SCC.group,
      names: { kind: 'SecurityContextConstraints', plural: SCC.plural },
      scope: 'Cluster',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  },
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRole',
    metadata: { name: 'system:openshift:scc:privileged' },
    rules: [
      {
        apiGroups: [SCC.group],
        resources: [SCC.plural],
        resourceNames: ['privileged'],
        verbs: ['use'],
      },
    ],
  },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'pull-secret', namespace: 'openshift-config' },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': btoa('{"auths":{}}') },
  },
];

let cluster: RunningCluster;
let admin: KubeClient;
const recorders: RightsRecorder[] = [];
let stop: (() => Promise<void>) | undefined;

const kubectl = async (...args: string[]) => (await cluster.kubectl(args)).stdout;
const apply = (items: KubeObject[]) =>
  cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
const find = (kind: ResourceType, name: string, namespace?: string) => admin.find(kind, name, { namespace });
const patch = (kind: ResourceType, name: string, change: object, namespace?: string) =>
  admin.patch(kind, name, { type: 'merge', patch: change }, { namespace });
const remove = (kind: ResourceType, name: string, namespace?: string) => admin.delete(kind, name, { namespace });

beforeAll(async () => {
  cluster = await startCluster();
  admin = new KubeClient(new HttpTransport(await findConnection({ kubeconfig: cluster.kubeconfig })));
  const files = ['crds', 'kubernetes/1-namespaces.yaml', 'kubernetes/2-rights.yaml'];
  await kubectl('apply', ...files.flatMap((file) => ['-f', join(DEPLOY, file)]));
  await apply(OTHERS);
  const names = [`configs.${CONFIGS.group}`, `${SCC.plural}.${SCC.group}`].map((name) => `crd/${name}`);
  await kubectl('wait', '--for=condition=Established', '--timeout=30s', ...names);
}, 60_000);
afterEach(async () => {
  await stop?.();
  recorders.length = 0;
});
afterAll(async () => {
  await admin?.close();
  await cluster?.stop();
});

/** Runs an operator with its own rights, in a cluster that seems not to have some kinds; another one ends before. */
async function start(...hidden: ResourceType[]): Promise<void> {
  await stop?.();
  const token = (await kubectl('create', 'token', OPERATOR, '-n', NAMESPACE)).trim();
  const connection = await findConnection({ kubeconfig: cluster.kubeconfig });
  const own = { ...connection, credential: { token: { data: Buffer.from(token) } } };
  const recorder = new RightsRecorder(new HttpTransport(own), hidden);
  recorders.push(recorder);
  const client = new KubeClient(recorder, { retry: { attempts: 1 } });
  const abort = new AbortController();
  const images = { registryImage: IMAGE, prunerImage: IMAGE, operatorImage: IMAGE };
  const running = runOperator(
    {
      client,
      release: { version: '2', ...images, ...OWN_COMMANDS },
      identity: `recorder-${recorders.length}`,
      issueCertificate: () => Promise.resolve(TLS),
      metrics: new OperatorMetrics(),
    },
    abort.signal,
  );
  stop = async () => {
    stop = undefined;
    abort.abort();
    await running;
    await client.close();
  };
}

async function conditionOf(name: string): Promise<string> {
  const config = await admin.find<Config>(CONFIGS, 'cluster');
  if (config?.status?.observedGeneration !== config?.metadata.generation) return 'not seen';
  const condition = config?.status?.conditions?.find(({ type }) => type === name);
  return `${condition?.status} ${condition?.reason}`;
}

const CHECKSUM = 'imageregistry.operator.openshift.io/checksum';
const SPOILT = { metadata: { annotations: { [CHECKSUM]: 'x' } } };

/** Objects with the operator's mark. */
async function ownObjects(): Promise<[ResourceType, KubeObject][]> {
  const lists = await Promise.all(
    PLACES.map(async ([kind, namespace]) => {
      const { items } = await admin.list(kind, { namespace });
      return items.map((object): [ResourceType, KubeObject] => [kind, object]);
    }),
  );
  return lists.flat().filter(([, { metadata }]) => metadata.annotations?.[CHECKSUM] !== undefined);
}

/** Does something to objects, and waits until the operator has undone it. */
async function disturb(
  objects: [ResourceType, KubeObject][],
  act: typeof remove,
  isUndone: (before: KubeObject, now: KubeObject) => boolean,
): Promise<void> {
  for (const [kind, { metadata }] of objects) await act(kind, metadata.name ?? '', metadata.namespace);
  for (const [kind, before] of objects) {
    const { name = '', namespace } = before.metadata;
    const isDone = async () => {
      const now = await find(kind, name, namespace);
      return now !== undefined && isUndone(before, now);
    };
    await expect.poll(isDone, { ...SOON, message: `${kind.resource} ${name}` }).toBe(true);
  }
}

const spoil = (kind: ResourceType, name: string, namespace?: string) => patch(kind, name, SPOILT, namespace);
const isMended = (_: KubeObject, { metadata }: KubeObject) => metadata.annotations?.[CHECKSUM] !== 'x';
const isNew = (before: KubeObject, now: KubeObject) => now.metadata.uid !== before.metadata.uid;
const objectOf = async (kind: ResourceType, name: string, namespace?: string): Promise<[ResourceType, KubeObject]> => [
  kind,
  await admin.get(kind, name, { namespace }),
];

it('are those that it uses, no less and no more', { timeout: 120_000 }, async () => {
  const routes = [{ name: 'r', hostname: 'r.example.com' }];
  const managed = { managementState: 'Managed', replicas: 0, routes, storage: { pvc: { claim: '' } } };

  // This cluster writes its image configuration itself.
  await start(IMAGES);
  await expect.poll(() => find(CONFIGS, 'cluster'), SOON).toBeDefined();
  await patch(CONFIGS, 'cluster', { spec: managed });
  await expect.poll(() => conditionOf('Progressing'), SOON).toBe('False Ready');
  await disturb(await ownObjects(), spoil, isMended);
  await disturb(await ownObjects(), remove, isNew);
  const created = [objectOf(CONFIG_MAPS, 'trusted-ca', NAMESPACE), objectOf(SECRETS, 'image-registry-tls', NAMESPACE)];
  await disturb(await Promise.all(created), remove, isNew);
  // A certificate that can be read no more is issued anew.
  await patch(SECRETS, 'image-registry-tls', { data: { 'tls.crt': '' } }, NAMESPACE);
  const certificate = async () => (await find(SECRETS, 'image-registry-tls', NAMESPACE))?.['data'];
  await expect.poll(certificate, SOON).toMatchObject({ 'tls.crt': btoa(TLS.certificate) });
  const beginnings = [
    objectOf(CONFIGS, 'cluster'),
    objectOf(PRUNERS, 'cluster'),
    objectOf(OPERATORS, 'image-registry'),
  ];
  await disturb(await Promise.all(beginnings), remove, isNew);

  await start(IMAGES, ROUTES);
  await patch(CONFIGS, 'cluster', { spec: managed });
  await expect.poll(() => find(INGRESSES, 'r', NAMESPACE), SOON).toBeDefined();
  await disturb([await objectOf(INGRESSES, 'r', NAMESPACE)], spoil, isMended);
  await patch(CONFIGS, 'cluster', { spec: { managementState: 'Removed' } });
  await expect.poll(() => find(INGRESSES, 'r', NAMESPACE), SOON).toBeUndefined();
  await expect.poll(() => conditionOf('Available'), SOON).toBe('True Removed');

  await stop?.();
  await remove(IMAGES, 'cluster');
  await start();
  await expect
    .poll(() => recorders[2]?.used, SOON)
    .toContainEqual({
      verb: 'update',
      resource: 'images.config.openshift.io/status',
      namespace: '',
      name: 'cluster',
    });
  await stop?.();

  const options = { image: IMAGE, version: '2', replicas: 1, optionalAlerts: false, isOpenShift: false };
  const { rights } = installation({ ...options, prometheus: PROMETHEUS });
  const used = recorders.flatMap((recorder) => recorder.used);
  expect(unusedRights(grantedRights(rights, OPERATOR), used)).toEqual([]);
  expect(recorders.flatMap(({ refused }) => refused)).toEqual([]);
});
