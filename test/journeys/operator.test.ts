/** The operator against a real API server: it brings up the registry's objects, keeps them, and bears what goes wrong. */
import { join } from 'node:path';
import {
  ApiError,
  findConnection,
  HttpTransport,
  KubeClient,
  UnreachableError,
  type KubeObject,
  type ResourceType,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '@longshore/kube';
import { OWN_COMMANDS, runOperator, type Config, type Release } from '@longshore/operator';
import { startCluster, type RunningCluster } from '@longshore/testkit';
import { answer, withoutResources } from './api-answers.js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const CRDS = join(import.meta.dirname, '../../deploy/crds');
const NAMESPACE = 'openshift-image-registry';
/** Images that the embedded cluster does not run: node-ca would write to this machine. */
const RELEASE: Release = {
  version: '4.99.0',
  registryImage: 'registry.example/foreign:1',
  prunerImage: 'registry.example/foreign:1',
  operatorImage: 'registry.example/foreign:1',
  ...OWN_COMMANDS,
};
const SOON = { timeout: 30_000, interval: 50 };
const FAST = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 200 };

const type = (group: string, resource: string): ResourceType => ({ group, version: 'v1', resource });
const CONFIGS = type('imageregistry.operator.openshift.io', 'configs');
const DEPLOYMENTS = type('apps', 'deployments');
const SERVICES = type('', 'services');
const CONFIG_MAPS = type('', 'configmaps');
const SECRETS = type('', 'secrets');

let cluster: RunningCluster;
let client: KubeClient;
let connect: () => Promise<HttpTransport>;

const CONFIG_KINDS = '/apis/config.openshift.io/v1';
const CONFLICT = new ApiError('Conflict', 'somebody was faster');
const FORBIDDEN = new ApiError('Forbidden', 'not here');

/** A way to the API server on which things go wrong. Counts what is written, but for leases. */
class Trouble implements Transport {
  writes: string[] = [];
  isAway = false;
  /** What a write meets. */
  refusal: (write: string) => ApiError | undefined = () => undefined;

  constructor(private readonly inner: Transport) {}

  async request(request: TransportRequest): Promise<TransportResponse> {
    if (this.isAway) throw new UnreachableError('the API server is away');
    if (request.method !== 'GET' && !request.path.includes('/leases')) {
      const what = `${request.method} ${request.path}`;
      const refusal = this.refusal(what);
      if (refusal !== undefined) return answer(refusal.toStatus(), refusal.httpStatus);
      this.writes.push(what);
    }
    const response = await this.inner.request(request);
    // The embedded cluster tells by itself where its registry is, so these operators are not to know of that object.
    if (request.path === CONFIG_KINDS) return withoutResources(response, ['images']);
    return { ...response, body: this.cut(response.body) };
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  private async *cut(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of body) {
      if (this.isAway) throw new UnreachableError('the API server went away');
      yield chunk;
    }
  }
}

interface Running {
  trouble: Trouble;
  passes: () => number;
  errors: unknown[];
  stop: () => Promise<void>;
}

const running: Running[] = [];

async function start(identity = 'a'): Promise<Running> {
  const trouble = new Trouble(await connect());
  const abort = new AbortController();
  const own = new KubeClient(trouble, { retry: { attempts: 1 } });
  let decisions = 0;
  const errors: unknown[] = [];
  const done = runOperator(
    {
      client: own,
      release: RELEASE,
      identity,
      election: FAST,
      issueCertificate: () => Promise.resolve({ certificate: 'C', key: 'K', authority: 'A' }),
      onDecision: () => decisions++,
      onError: (error) => errors.push(error),
    },
    abort.signal,
  );
  const stop = async () => {
    abort.abort();
    await done;
    await own.close();
  };
  const operator = { trouble, passes: () => decisions, errors, stop };
  running.push(operator);
  return operator;
}

beforeAll(async () => {
  cluster = await startCluster();
  await cluster.kubectl(['apply', '-f', CRDS]);
  const crds = [
    'crd/configs.imageregistry.operator.openshift.io',
    'crd/imagepruners.imageregistry.operator.openshift.io',
  ];
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=20s', ...crds]);
  const connection = await findConnection({ kubeconfig: cluster.kubeconfig });
  connect = () => Promise.resolve(new HttpTransport(connection));
  client = new KubeClient(new HttpTransport(connection));
});
afterAll(async () => {
  await client?.close();
  await cluster?.stop();
});

const config = () => client.find<Config>(CONFIGS, 'cluster');
const patchConfig = (spec: object) => client.patch(CONFIGS, 'cluster', { type: 'merge', patch: { spec } });
const deployment = () => client.find(DEPLOYMENTS, 'image-registry', { namespace: NAMESPACE });
const replicas = async () => ((await deployment())?.['spec'] as { replicas?: number } | undefined)?.replicas;
const conditionOf = async (name: string) => {
  const found = (await config())?.status?.conditions?.find(({ type }) => type === name);
  return `${found?.status} ${found?.reason}`;
};

/** Whether the operator has seen the Config as it is. */
async function isHandled(): Promise<boolean> {
  const found = await config();
  return found?.metadata.generation === found?.status?.observedGeneration;
}

/** When everything that was to be written has been. */
async function quiet({ trouble }: Running): Promise<void> {
  for (let last = -1; last !== trouble.writes.length;) {
    last = trouble.writes.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

let operator: Running;

beforeEach(async () => {
  operator = await start();
  await expect.poll(config, SOON).toBeDefined();
  await patchConfig({ managementState: 'Managed', replicas: 1, storage: { emptyDir: {}, pvc: null } });
  await expect.poll(isHandled, SOON).toBe(true);
  await expect.poll(replicas, SOON).toBe(1);
  await quiet(operator);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ stop }) => stop()));
  await client.delete(CONFIGS, 'cluster').catch(() => {});
  await client.patch(CONFIGS, 'cluster', { type: 'merge', patch: { metadata: { finalizers: null } } }).catch(() => {});
});

describe('the operator', () => {
  it('tells how the registry is, in all its statuses', async () => {
    expect((await config())?.spec).toMatchObject({ storage: { emptyDir: {}, managementState: 'Managed' } });
    expect(await conditionOf('StorageExists')).toBe('True CreationSuccessful');
    expect((await config())?.status?.generations?.map(({ name }) => name)).toEqual(['image-registry', 'node-ca']);
    const co = await client.get(type('config.openshift.io', 'clusteroperators'), 'image-registry');
    expect(co['status']).toMatchObject({ relatedObjects: expect.arrayContaining([]) as object });
    expect(operator.errors).toEqual([]);
  });

  it('writes nothing when there is nothing to do', async () => {
    const before = operator.trouble.writes.length;
    const passes = operator.passes();
    const foreign = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'foreign', namespace: NAMESPACE } };
    await client.create(CONFIG_MAPS, foreign);
    await expect.poll(operator.passes, SOON).toBeGreaterThan(passes);
    await client.delete(CONFIG_MAPS, 'foreign', { namespace: NAMESPACE });
    await quiet(operator);
    expect(operator.trouble.writes.slice(before)).toEqual([]);
  });

  it('follows an edit of the Config with one write of the Deployment', async () => {
    const before = operator.trouble.writes.length;
    await patchConfig({ readOnly: true });
    await expect.poll(async () => JSON.stringify(await deployment()), SOON).toContain('MAINTENANCE_READONLY');
    await quiet(operator);
    const writes = operator.trouble.writes.slice(before).filter((write) => !write.includes('/status'));
    expect(writes).toEqual([`PUT /apis/apps/v1/namespaces/${NAMESPACE}/deployments/image-registry`]);
  });

  it('makes deleted objects anew and undoes edits by hand', async () => {
    const service = await client.get(SERVICES, 'image-registry', { namespace: NAMESPACE });
    await client.delete(SERVICES, 'image-registry', { namespace: NAMESPACE });
    const uid = async () => (await client.find(SERVICES, 'image-registry', { namespace: NAMESPACE }))?.metadata.uid;
    await expect.poll(uid, SOON).toMatch(/./);
    expect(await uid()).not.toBe(service.metadata.uid);
    const edit = { spec: { replicas: 3, paused: true }, metadata: { labels: { mine: 'x' } } };
    await client.patch(DEPLOYMENTS, 'image-registry', { type: 'merge', patch: edit }, { namespace: NAMESPACE });
    await expect.poll(replicas, SOON).toBe(1);
    await client.patch(
      DEPLOYMENTS,
      'image-registry',
      { type: 'merge', patch: { spec: { paused: true } } },
      { namespace: NAMESPACE },
    );
    const paused = async () => ((await deployment())?.['spec'] as { paused?: boolean }).paused ?? false;
    await expect.poll(paused, SOON).toBe(false);
    expect((await deployment())?.metadata.labels).toEqual({ 'docker-registry': 'default', mine: 'x' });
    await quiet(operator);
  });

  it('comes through although each write first meets a conflict', async () => {
    const met = new Set<string>();
    operator.trouble.refusal = (write) => (met.has(write) ? undefined : met.add(write) && CONFLICT);
    await patchConfig({ logLevel: 'Debug', defaultRoute: true });
    await client.delete(SERVICES, 'image-registry', { namespace: NAMESPACE });
    await expect.poll(async () => JSON.stringify(await deployment()), SOON).toContain('"value":"debug"');
    await expect
      .poll(() => client.find(type('route.openshift.io', 'routes'), 'default-route', { namespace: NAMESPACE }), SOON)
      .toBeDefined();
    await expect.poll(() => client.find(SERVICES, 'image-registry', { namespace: NAMESPACE }), SOON).toBeDefined();
    expect(met.size).toBeGreaterThan(2);
    await quiet(operator);
    expect(await conditionOf('Degraded')).toBe('False ');
  });

  it('tells of a certificate that it may not write, and does the rest', async () => {
    operator.trouble.refusal = (write) => (write.endsWith('/secrets') ? FORBIDDEN : undefined);
    await client.delete(SECRETS, 'image-registry-tls', { namespace: NAMESPACE });
    await patchConfig({ logLevel: 'Debug' });
    await expect.poll(async () => JSON.stringify(await deployment()), SOON).toContain('"value":"debug"');
    await expect.poll(() => conditionOf('ImageRegistryCertificatesControllerDegraded'), SOON).toBe('True Error');
    operator.trouble.refusal = () => undefined;
    await expect.poll(() => conditionOf('ImageRegistryCertificatesControllerDegraded'), SOON).toBe('False AsExpected');
  });

  it('goes on where it was when the API server comes back', async () => {
    operator.trouble.isAway = true;
    await patchConfig({ disableRedirect: true });
    await expect.poll(() => operator.errors.length, SOON).toBeGreaterThan(0);
    expect(JSON.stringify(await deployment())).not.toContain('REDIRECT_DISABLE');
    operator.trouble.isAway = false;
    await expect.poll(async () => JSON.stringify(await deployment()), SOON).toContain('REDIRECT_DISABLE');
  });

  it('is one of two; the other takes over when it ends', async () => {
    const other = await start('b');
    const before = operator.trouble.writes.length;
    await patchConfig({ replicas: 0 });
    await expect.poll(replicas, SOON).toBe(0);
    await quiet(operator);
    expect(operator.trouble.writes.length).toBeGreaterThan(before);
    expect(other.trouble.writes).toEqual([]);
    await operator.stop();
    await patchConfig({ replicas: 1 });
    await expect.poll(replicas, SOON).toBe(1);
    expect(other.trouble.writes).not.toEqual([]);
  });

  it('says what stands against a wish, and what to do', async () => {
    await patchConfig({ storage: { emptyDir: null, pvc: { claim: 'missing' } } });
    await expect.poll(() => conditionOf('StorageExists'), SOON).toBe('False PVCIssuesFound');
    const { status } = (await config()) as Config;
    expect(status?.conditions?.find(({ type }) => type === 'Progressing')?.message).toBe(
      'Unable to apply resources: unable to sync storage configuration: persistentvolumeclaims "missing" not found',
    );
    expect(status?.nextSteps?.[0]).toContain('make the claim');
    expect(await deployment()).toBeDefined();
  });

  it('removes everything with the Config, and begins anew', async () => {
    const { uid } = ((await config()) as KubeObject).metadata;
    await client.delete(CONFIGS, 'cluster');
    await expect.poll(async () => (await config())?.metadata.uid ?? uid, SOON).not.toBe(uid);
    expect(await deployment()).toBeUndefined();
    expect((await config())?.spec.managementState).toBe('Removed');
    await expect.poll(() => conditionOf('Available'), SOON).toBe('True Removed');
  });
});
