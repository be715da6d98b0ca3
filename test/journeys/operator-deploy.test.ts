/**
 * The manifests of deploy/ on a real API server: what kubectl applies brings up the operator as a pod with its own rights, and these
 * are the rights that it uses, no less and no more.
 */
import { Agent } from 'node:https';
import { join } from 'node:path';
import { findConnection, HttpTransport, KubeClient, type KubeObject, type ResourceType } from '@longshore/kube';
import { installation, OperatorMetrics, OWN_COMMANDS, PROMETHEUS, runOperator, type Config } from '@longshore/operator';
import { requestTo, startCluster, type RunningCluster } from '@longshore/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { grantedRights, RightsRecorder, unusedRights } from './rights-recorder.js';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const NAMESPACE = 'openshift-image-registry';
const OPERATOR = 'cluster-image-registry-operator';
const IMAGE = 'registry.example.com/longshore:1';
const SOON = { timeout: 30_000, interval: 100 };

const type = (group: string, resource: string): ResourceType => ({ group, version: 'v1', resource });
const CONFIGS = type('imageregistry.operator.openshift.io', 'configs');

let cluster: RunningCluster;
let admin: KubeClient;

const kubectl = async (...args: string[]) => (await cluster.kubectl(args)).stdout;
const inNamespace = (...args: string[]) => kubectl('-n', NAMESPACE, ...args);
const fileArguments = (...files: string[]) => files.flatMap((file) => ['-f', join(DEPLOY, file)]);
const config = () => admin.find<Config>(CONFIGS, 'cluster');
const patchConfig = (spec: object) => admin.patch(CONFIGS, 'cluster', { type: 'merge', patch: { spec } });

/** `True Ready`, once the operator has seen the Config as it is. */
async function conditionOf(name: string): Promise<string> {
  const found = await config();
  if (found?.status?.observedGeneration !== found?.metadata.generation) return 'not seen';
  const condition = found?.status?.conditions?.find(({ type }) => type === name);
  return `${condition?.status} ${condition?.reason}`;
}

beforeAll(async () => {
  cluster = await startCluster({ operator: true });
  admin = new KubeClient(new HttpTransport(await findConnection({ kubeconfig: cluster.kubeconfig })));
  // This cluster has the operator already, by other manifests.
  await kubectl('delete', ...fileArguments('kubernetes/2-rights.yaml', 'kubernetes/3-operator.yaml'), '--timeout=30s');
  await kubectl('apply', ...fileArguments('crds', 'kubernetes'));
}, 60_000);
afterAll(async () => {
  await admin?.close();
  await cluster?.stop();
});

describe('kubectl apply -f deploy/', () => {
  it('brings up an operator, which brings up the registry', async () => {
    await inNamespace('rollout', 'status', `deployment/${OPERATOR}`, '--timeout=40s');
    await patchConfig({ logLevel: 'Debug' });
    await expect.poll(() => conditionOf('Progressing'), SOON).toBe('False Ready');
    expect(await conditionOf('Available')).toBe('True Ready');
    const image = await inNamespace('get', 'deployment/image-registry', '-o', 'jsonpath={..containers[0].image}');
    expect(image).toBe(IMAGE);
    const available = 'jsonpath={.status.conditions[?(@.type=="Available")].status}';
    await expect.poll(() => kubectl('get', 'clusteroperator/image-registry', '-o', available), SOON).toBe('True');
    expect(await inNamespace('logs', `deployment/${OPERATOR}`)).not.toMatch(/forbidden/i);
  });

  it('lets Prometheus ask the operator', async () => {
    const ip = await inNamespace('get', 'pods', '-l', `name=${OPERATOR}`, '-o', 'jsonpath={.items[0].status.podIP}');
    // It has no Secret, so its certificate is its own.
    const agent = new Agent({ rejectUnauthorized: false });
    const ask = async (path: string) => (await requestTo({ url: `https://${ip}:60000`, agent }, path)).body.toString();
    const text = await ask('/metrics');
    expect(text).toContain('image_registry_storage_type{storage="PVC"} 1\n');
    expect(text).toContain('image_registry_operator_image_pruner_install_status 2\n');
    expect(text).toContain('image_registry_operator_condition{condition="Available",reason="Ready"} 1\n');
    expect(text).toContain('image_registry_image_stream_tags_total{source="pushed",location="other"} 0\n');
    expect(await ask('/readyz')).toBe('ok\n');
  });

  it('prunes images by a job', async () => {
    await inNamespace('create', 'job', 'prune-now', '--from=cronjob/image-pruner');
    await inNamespace('wait', 'job/prune-now', '--for=condition=Complete', '--timeout=40s');
    expect(await inNamespace('logs', 'job/prune-now')).toContain('Summary: deleted 0 objects');
  });
});

describe('the rights of the operator', () => {
  const CHECKSUM = 'imageregistry.operator.openshift.io/checksum';
  const KINDS = [
    ...['configmaps', 'secrets', 'services', 'serviceaccounts'].map((name) => type('', name)),
    ...['deployments', 'daemonsets'].map((name) => type('apps', name)),
    type('batch', 'cronjobs'),
    type('policy', 'poddisruptionbudgets'),
    ...['networkpolicies', 'ingresses'].map((name) => type('networking.k8s.io', name)),
    type('rbac.authorization.k8s.io', 'rolebindings'),
    type('route.openshift.io', 'routes'),
    ...['servicemonitors', 'prometheusrules'].map((name) => type('monitoring.coreos.com', name)),
  ];
  const CLUSTER_KINDS = ['clusterroles', 'clusterrolebindings'].map((name) => type('rbac.authorization.k8s.io', name));
  const TLS = { certificate: 'C', key: 'K', authority: 'A' };
  let recorders: RightsRecorder[] = [];
  let running: Running[] = [];

  beforeEach(() => {
    recorders = [];
    running = [];
  });
  afterEach(() => Promise.all(running.map(({ stop }) => stop())));

  interface Running {
    stop: () => Promise<void>;
  }

  /** An operator with the rights of the pod's account, in this process. */
  async function start(hiddenGroup?: string): Promise<Running> {
    const token = (await inNamespace('create', 'token', OPERATOR)).trim();
    const connection = await findConnection({ kubeconfig: cluster.kubeconfig });
    const own = { ...connection, credential: { token: { data: Buffer.from(token) } } };
    const recorder = new RightsRecorder(new HttpTransport(own), hiddenGroup);
    recorders.push(recorder);
    const client = new KubeClient(recorder, { retry: { attempts: 1 } });
    const abort = new AbortController();
    const done = runOperator(
      {
        client,
        release: { version: '2', registryImage: IMAGE, prunerImage: IMAGE, operatorImage: FOREIGN, ...OWN_COMMANDS },
        identity: 'recorder',
        issueCertificate: () => Promise.resolve(TLS),
        metrics: new OperatorMetrics(),
      },
      abort.signal,
    );
    const stop = async () => {
      abort.abort();
      await done;
      await client.close();
    };
    const operator = { stop };
    running.push(operator);
    return operator;
  }

  /** Objects with the operator's mark. */
  async function ownObjects(): Promise<[ResourceType, KubeObject][]> {
    const places: [ResourceType, string | undefined][] = [
      ...KINDS.map((kind): [ResourceType, string] => [kind, NAMESPACE]),
      ...CLUSTER_KINDS.map((kind): [ResourceType, undefined] => [kind, undefined]),
      [type('', 'configmaps'), MANAGED],
    ];
    const lists = await Promise.all(
      places.map(async ([kind, namespace]) => [kind, await admin.list(kind, { namespace })] as const),
    );
    return lists.flatMap(([kind, { items }]) =>
      items
        .filter(({ metadata }) => metadata.annotations?.[CHECKSUM] !== undefined)
        .map((object): [ResourceType, KubeObject] => [kind, object]),
    );
  }

  /** Does something to each object of the operator, and waits until the operator has undone it. */
  async function disturb(
    act: (kind: ResourceType, name: string, namespace: string | undefined) => Promise<unknown>,
    isUndone: (before: KubeObject, now: KubeObject | undefined) => boolean,
  ): Promise<void> {
    const objects = await ownObjects();
    for (const [kind, { metadata }] of objects) await act(kind, metadata.name ?? '', metadata.namespace);
    for (const [kind, before] of objects) {
      const { name = '', namespace } = before.metadata;
      const isDone = async () => isUndone(before, await admin.find(kind, name, { namespace }));
      await expect.poll(isDone, { ...SOON, message: `${kind.resource} ${name}` }).toBe(true);
    }
  }

  const spoil = (kind: ResourceType, name: string, namespace: string | undefined) =>
    admin.patch(
      kind,
      name,
      { type: 'merge', patch: { metadata: { annotations: { [CHECKSUM]: 'x' } } } },
      { namespace },
    );
  const isRestored = (_: KubeObject, now?: KubeObject) =>
    ![undefined, 'x'].includes(now?.metadata.annotations?.[CHECKSUM]);
  const remove = (kind: ResourceType, name: string, namespace: string | undefined) =>
    admin.delete(kind, name, { namespace, propagationPolicy: 'Background', gracePeriodSeconds: 0 });
  const isMadeAnew = (before: KubeObject, now?: KubeObject) =>
    now?.metadata.uid !== undefined && now.metadata.uid !== before.metadata.uid;

  it('are those that it uses, no less and no more', { timeout: 90_000 }, async () => {
    await inNamespace(
      'delete',
      `deployment/${OPERATOR}`,
      '--cascade=foreground',
      '--ignore-not-found',
      '--timeout=40s',
    );
    await inNamespace('delete', 'lease/openshift-master-controllers', '--ignore-not-found');
    await cluster.kubectl(['apply', '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: OTHERS }),
    });
    const names = OTHERS.filter(({ kind }) => kind === 'CustomResourceDefinition').map(
      ({ metadata }) => `crd/${metadata.name}`,
    );
    await kubectl('wait', '--for=condition=Established', '--timeout=20s', ...names);
    const routes = [{ name: 'r', hostname: 'r.example.com' }];
    const managed = { managementState: 'Managed', replicas: 0, routes, storage: { pvc: { claim: '' } } };
    await patchConfig(managed);

    const first = await start();
    await expect.poll(() => conditionOf('Progressing'), SOON).toBe('False Ready');
    // Pods that end in order would keep their claim for half a minute.
    await inNamespace('delete', 'pods', '-l', 'docker-registry=default', '--grace-period=1');
    await disturb(spoil, isRestored);
    await disturb(remove, isMadeAnew);
    await cutCertificate();
    await inNamespace('delete', 'configmap/trusted-ca');
    // What it makes only when it begins, and what it makes for others.
    const beginnings = await Promise.all(BEGINNINGS.map(([kind, name]) => admin.get(kind, name)));
    for (const [kind, name] of BEGINNINGS) await admin.delete(kind, name);
    for (const [at, [kind, name]] of BEGINNINGS.entries()) {
      const uid = async () => (await admin.find(kind, name))?.metadata.uid ?? beginnings[at]?.metadata.uid;
      await expect.poll(uid, SOON).not.toBe(beginnings[at]?.metadata.uid);
    }
    await first.stop();

    const second = await start('route.openshift.io');
    await patchConfig(managed);
    const ingress = () => admin.find(type('networking.k8s.io', 'ingresses'), 'r', { namespace: NAMESPACE });
    await expect.poll(ingress, SOON).toBeDefined();
    await disturb(spoil, isRestored);
    await patchConfig({ managementState: 'Removed' });
    await expect.poll(() => conditionOf('Available'), SOON).toBe('True Removed');
    await expect.poll(ingress, SOON).toBeUndefined();
    await second.stop();

    const { rights } = installation({
      image: IMAGE,
      version: '2',
      replicas: 1,
      optionalAlerts: false,
      isOpenShift: false,
      prometheus: PROMETHEUS,
    });
    const used = recorders.flatMap((recorder) => recorder.used);
    expect(unusedRights(grantedRights(rights, OPERATOR), used)).toEqual([]);
    expect(recorders.flatMap((recorder) => recorder.refused)).toEqual([]);
  });

  /** As if it ended soon. */
  async function cutCertificate(): Promise<void> {
    const secrets = type('', 'secrets');
    const certificate = async () => {
      const secret = await admin.find<KubeObject & { data: Record<string, string> }>(secrets, 'image-registry-tls', {
        namespace: NAMESPACE,
      });
      return secret?.data['tls.crt'];
    };
    await remove(secrets, 'image-registry-tls', NAMESPACE);
    await expect.poll(certificate, SOON).toBe(btoa(TLS.certificate));
    await admin.patch(
      secrets,
      'image-registry-tls',
      { type: 'merge', patch: { data: { 'tls.crt': '' } } },
      { namespace: NAMESPACE },
    );
    await expect.poll(certificate, SOON).toBe(btoa(TLS.certificate));
  }
});

const MANAGED = 'openshift-config-managed';
/** The embedded cluster does not run it. */
const FOREIGN = 'registry.example/foreign:1';
const BEGINNINGS: [ResourceType, string][] = [
  [CONFIGS, 'cluster'],
  [type('imageregistry.operator.openshift.io', 'imagepruners'), 'cluster'],
  [type('config.openshift.io', 'images'), 'cluster'],
  [type('config.openshift.io', 'clusteroperators'), 'image-registry'],
];

const definition = (group: string, kind: string, plural: string, scope = 'Namespaced'): KubeObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
    scope,
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
});

/** Kinds and objects of others for which the operator has rights, too. */
const OTHERS: KubeObject[] = [
  definition('monitoring.coreos.com', 'ServiceMonitor', 'servicemonitors'),
  definition('monitoring.coreos.com', 'PrometheusRule', 'prometheusrules'),
  definition('security.openshift.io', 'SecurityContextConstraints', 'securitycontextconstraints', 'Cluster'),
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'system:openshift:scc:privileged' },
    rules: [
      {
        apiGroups: ['security.openshift.io'],
        resources: ['securitycontextconstraints'],
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
