/**
 * The commands of OpenShift's registry guide (chapters 2 to 5) and of the local registry of an edge machine (ZTP, 10.10.2), in
 * their order, against the cluster that `longshore up` starts: the operator brings up the registry and follows each wish.
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { createAuthority, issueLeaf } from '@longshore/cluster';
import {
  createCertificateAuthority,
  createImage,
  digestOfPulledBlob,
  getManifest,
  kubeadminPassword,
  pushTree,
  requestTo,
  startCluster,
  temporaryFolder,
  tokenOf,
  type ContainerTools,
  type RunningCluster,
  type Target,
} from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Journey } from './journey.js';

const NAMESPACE = 'openshift-image-registry';
const SERVICE_HOST = 'image-registry.openshift-image-registry.svc';
const SERVICE = `${SERVICE_HOST}:5000`;
const CONFIG = 'configs.imageregistry.operator.openshift.io';
const TRUSTED = '/etc/docker/certs.d';
const KEPT = createImage({ seed: 'pushed to a registry without operator' });

const journey = new Journey();
const dir = temporaryFolder('guide');
let cluster: RunningCluster;
let tools: ContainerTools;
let token: string;

const kubectl = async (...args: string[]) => (await cluster.kubectl(args)).stdout;
const inNamespace = (...args: string[]) => kubectl(...args, '-n', NAMESPACE);
const apply = (...objects: object[]) =>
  cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }) });
/** Looks again until what is expected is so. */
const eventually = (look: () => unknown) => vi.waitFor(look, { timeout: 25_000, interval: 200 });
const podman = async (...args: string[]) => (await tools.run('podman', args)).stdout;
/** What the guide's commands change in the Config. */
const patch = (spec: object) => kubectl('patch', `${CONFIG}/cluster`, '--type=merge', '-p', JSON.stringify({ spec }));

interface Config {
  metadata: { generation: number };
  spec: { httpSecret?: string; storage: object };
  status: {
    observedGeneration: number;
    conditions: { type: string; status: string; reason: string; message: string }[];
    nextSteps?: string[];
  };
}
const config = async () => JSON.parse(await kubectl('get', CONFIG, 'cluster', '-o', 'json')) as Config;
const condition = async (name: string) => {
  const found = (await config()).status.conditions.find(({ type }) => type === name);
  return `${found?.status} ${found?.reason}`;
};

/** When the operator has seen the Config as it is. */
const handled = () =>
  eventually(async () => {
    const { metadata, status } = await config();
    expect(status.observedGeneration).toBe(metadata.generation);
  });

/** When the registry is as the Config says. */
async function rolledOut(): Promise<void> {
  await handled();
  await inNamespace('rollout', 'status', 'deployment/image-registry', '--timeout=28s');
}

/** Pods end half a minute after their time, as others may still send them requests. No test waits for that. */
const endPods = () =>
  inNamespace('delete', 'pods', '-l', 'docker-registry=default', '--force', '--grace-period=0', '--wait=false');

/** What the operator has written at the API, but for the Lease by which operators agree. */
async function operatorWrites(): Promise<string[]> {
  const lines = (await readFile(join(cluster.dataDir, 'audit.log'), 'utf8')).trimEnd().split('\n');
  return lines
    .map(
      (line) => JSON.parse(line) as { verb: string; user?: { username?: string }; objectRef?: { resource?: string } },
    )
    .filter(({ user }) => user?.username === `system:serviceaccount:${NAMESPACE}:cluster-image-registry-operator`)
    .filter(({ verb, objectRef }) => !['get', 'list', 'watch'].includes(verb) && objectRef?.resource !== 'leases')
    .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`);
}

const environment = async () =>
  inNamespace('get', 'deployment', 'image-registry', '-o', 'jsonpath={.spec.template.spec.containers[0].env}');

/**
 * The registry as programs of this machine reach it that know neither the names of services nor who vouches for them. As clients
 * do, one pull or push keeps its connections.
 */
async function registry(): Promise<Target & { ca: string }> {
  const ca = Buffer.from(
    await inNamespace('get', 'secret', 'image-registry-tls', '-o', String.raw`jsonpath={.data.ca\.crt}`),
    'base64',
  ).toString();
  return {
    url: `https://${cluster.registryAddress}`,
    ca,
    ...connected(ca),
    user: { name: 'kubeadmin', password: token },
  };
}

const connected = (ca: string) => ({ agent: new Agent({ ca, servername: SERVICE_HOST, keepAlive: true }) });

async function withConnection<T>(target: Target & { ca: string }, work: (target: Target) => Promise<T>): Promise<T> {
  const { agent } = connected(target.ca);
  try {
    return await work({ ...target, agent });
  } finally {
    agent.destroy();
  }
}

async function pull(repository: string, reference: string, from?: Target): Promise<void> {
  const target = from ?? (await registry());
  const { status, body } = await getManifest(target, repository, reference);
  expect(status).toBe(200);
  const { config: settings, layers } = JSON.parse(body.toString()) as Record<string, never> & {
    config: { digest: string };
    layers: { digest: string }[];
  };
  for (const { digest } of [settings, ...layers]) {
    expect(await digestOfPulledBlob(target, repository, digest)).toBe(digest);
  }
}

beforeAll(async () => {
  const before = await startCluster();
  cluster = before;
  await kubectl('create', 'namespace', 'shop');
  await kubectl('wait', '--for=create', 'serviceaccount/builder', '-n', 'shop');
  const builder = (await kubectl('create', 'token', 'builder', '-n', 'shop')).trim();
  const plain = { url: `http://${cluster.registryAddress}`, user: { name: 'x', password: builder } };
  await pushTree(plain, 'shop/kept', KEPT, 'v1');
  await before.stop();
  cluster = await startCluster({ dataDir: before.dataDir, operator: true, hostChanges: true });
  token = await tokenOf(cluster, 'kubeadmin', kubeadminPassword(before));
  tools = await journey.tools();
}, 120_000);
afterAll(async () => {
  await cluster?.stop();
  await journey.end();
});

describe('the registry of a cluster that has started', () => {
  it('is available, and its pods run (4.3)', async () => {
    await eventually(async () => {
      expect(await kubectl('get', 'clusteroperator', 'image-registry')).toMatch(
        /^NAME +VERSION +AVAILABLE +PROGRESSING +DEGRADED .*\nimage-registry +\S+ +True +False +False /,
      );
    });
    const pods = (await inNamespace('get', 'pods', '--no-headers')).trimEnd().split('\n');
    const hash = '[a-z0-9]+-[a-z0-9]{5}';
    for (const name of [`cluster-image-registry-operator-${hash}`, `image-registry-${hash}`, 'node-ca-[a-z0-9]{5}']) {
      expect(pods.filter((line) => new RegExp(`^${name} +1/1 +Running +`).test(line))).toHaveLength(1);
    }
    expect(pods).toHaveLength(3);
  });

  it('has the images of a registry that ran without operator', async () => {
    await pull('shop/kept', 'v1');
    await pull('shop/kept', KEPT.descriptor.digest);
  });

  it('takes logins, pulls and pushes by the name of its service (4.2)', async () => {
    expect(await podman('login', '-u', 'kubeadmin', '-p', token, SERVICE)).toContain('Login Succeeded!');
    await podman('pull', `${SERVICE}/shop/kept:v1`);
    await podman('tag', `${SERVICE}/shop/kept:v1`, `${SERVICE}/openshift/image`);
    await podman('push', `${SERVICE}/openshift/image`);
    expect(await kubectl('get', 'imagestream', 'image', '-n', 'openshift')).toContain(`${SERVICE}/openshift/image`);
  });

  it('has logs (4.4)', async () => {
    expect(await inNamespace('logs', 'deployments/image-registry')).toMatch(/level=info msg="listening on /);
  });

  it('shows metrics to who may scrape them (4.5)', async () => {
    await apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'prometheus-scraper' },
      rules: [{ apiGroups: ['image.openshift.io'], resources: ['registry/metrics'], verbs: ['get'] }],
    });
    const scraper = (await kubectl('create', 'token', 'builder', '-n', 'shop')).trim();
    const target = { ...(await registry()), user: { name: 'x', password: scraper } };
    const scrape = () => requestTo(target, '/extensions/v2/metrics');
    expect((await scrape()).status).toBe(403);
    const subject = ['--clusterrole=prometheus-scraper', '--serviceaccount=shop:builder'];
    await kubectl('create', 'clusterrolebinding', 'scrapers', ...subject);
    await eventually(async () => {
      expect((await scrape()).body.toString()).toContain('# TYPE imageregistry_build_info gauge');
    });
  });
});

describe('parameters of the operator (2.3)', () => {
  it('each become the environment of the registry', async () => {
    await patch({ logLevel: 'Debug' });
    await patch({ readOnly: true });
    await patch({ disableRedirect: true });
    await patch({ requests: { read: { maxRunning: 50, maxInQueue: 100, maxWaitInQueue: '10s' } } });
    await patch({ httpSecret: 'a secret of the administrator' });
    await rolledOut();
    const env = await environment();
    for (const [name, value] of [
      ['REGISTRY_LOG_LEVEL', 'debug'],
      ['REGISTRY_STORAGE_MAINTENANCE_READONLY', '{enabled: true}'],
      ['REGISTRY_STORAGE_REDIRECT_DISABLE', 'true'],
      ['REGISTRY_OPENSHIFT_REQUESTS_READ_MAXRUNNING', '50'],
      ['REGISTRY_OPENSHIFT_REQUESTS_READ_MAXINQUEUE', '100'],
      ['REGISTRY_OPENSHIFT_REQUESTS_READ_MAXWAITINQUEUE', '10s'],
    ]) {
      expect(env).toContain(JSON.stringify({ name, value }));
    }
    expect(env).not.toContain('a secret of the administrator');
  });

  it('hold: a registry that is read-only refuses pushes, and serves what it has', async () => {
    await pull('shop/kept', 'v1');
    const { status } = await requestTo(await registry(), '/v2/shop/kept/blobs/uploads/', { method: 'POST' });
    expect(status).toBe(405);
    await patch({ readOnly: false, disableRedirect: false, logLevel: 'Normal', requests: null, httpSecret: '' });
    await rolledOut();
    await pushTree(await registry(), 'shop/again', createImage({ seed: 'again' }), 'v1');
  });

  it('let the operator tell what it considers; it writes nothing when there is nothing to do', async () => {
    await patch({ operatorLogLevel: 'Debug' });
    const found = /considered the cluster: 0 objects and 0 statuses to write/g;
    const considered = async () =>
      (await inNamespace('logs', 'deployments/cluster-image-registry-operator')).match(found)?.length ?? 0;
    await handled();
    await eventually(async () => expect(await considered()).toBeGreaterThan(0));
    const [times, writes] = [await considered(), await operatorWrites()];
    await inNamespace('create', 'configmap', 'of-others');
    await eventually(async () => expect(await considered()).toBeGreaterThan(times));
    expect(await operatorWrites()).toEqual(writes);
    await patch({ operatorLogLevel: 'Normal' });
  });

  it('are refused when they cannot be, with what would be right', async () => {
    await expect(patch({ rolloutStrategy: 'recreate' })).rejects.toThrow(/rolloutStrategy/);
    await expect(patch({ replicas: -1 })).rejects.toThrow(/replicas/);
  });
});

describe('trust in other registries (2.5)', () => {
  it('comes from a config map, to the pods and to this machine', async () => {
    const host = 'registry.guide.test:8443';
    const ca = join(dir, 'ca.crt');
    const { certificate } = await createCertificateAuthority(dir);
    await writeFile(ca, await readFile(certificate));
    const file = `--from-file=${host.replace(':', '..')}=${ca}`;
    await kubectl('create', 'configmap', 'registry-config', file, '-n', 'openshift-config');
    const spec = { additionalTrustedCA: { name: 'registry-config' } };
    await kubectl('patch', 'image.config.openshift.io', 'cluster', '--type=merge', '-p', JSON.stringify({ spec }));
    await eventually(async () => {
      expect(await readFile(join(TRUSTED, host, 'ca.crt'), 'utf8')).toBe(await readFile(ca, 'utf8'));
    });
    const none = JSON.stringify({ spec: { additionalTrustedCA: null } });
    await kubectl('patch', 'image.config.openshift.io', 'cluster', '--type=merge', '-p', none);
    await eventually(() => expect(existsSync(join(TRUSTED, host))).toBe(false));
  });
});

describe('exposing the registry (2.4 and 5)', () => {
  const port = async () => {
    const state = JSON.parse(await readFile(join(cluster.dataDir, 'state.json'), 'utf8')) as { routerAddress: string };
    return state.routerAddress.slice(state.routerAddress.lastIndexOf(':'));
  };

  it('by its default route', async () => {
    await patch({ defaultRoute: true });
    await eventually(async () => {
      expect(await inNamespace('get', 'route', 'default-route', '--template={{ .spec.host }}')).toContain(
        'default-route-',
      );
    });
    const host = await inNamespace('get', 'route', 'default-route', '--template={{ .spec.host }}');
    const template = '-o=go-template={{index .data "tls.crt"}}';
    const certificate = await kubectl('get', 'secret', '-n', 'openshift-ingress', 'router-certs-default', template);
    expect(Buffer.from(certificate, 'base64').toString()).toContain('BEGIN CERTIFICATE');
    const at = `${host}${await port()}`;
    await eventually(async () => {
      const login = await podman('login', '-u', 'kubeadmin', '-p', token, '--tls-verify=false', at);
      expect(login).toContain('Login Succeeded!');
    });
    await podman('pull', '--tls-verify=false', `${at}/shop/kept:v1`);
    await eventually(async () => {
      const names = 'jsonpath={.status.externalRegistryHostnames[0]} {.status.internalRegistryHostname}';
      expect(await kubectl('get', 'image.config', 'cluster', '-o', names)).toBe(`${host} ${SERVICE}`);
    });
  });

  it('by a route of its own, with a certificate', async () => {
    const hostname = 'myregistry.mycorp.test';
    await patch({ routes: [{ name: 'public-routes', hostname, secretName: 'public-route-tls' }] });
    await eventually(async () => {
      const { nextSteps } = (await config()).status;
      expect(nextSteps?.join()).toContain('kubectl create secret tls public-route-tls');
    });
    const now = new Date();
    const ca = await createAuthority('mycorp', 1, now);
    const leaf = await issueLeaf(ca, { commonName: hostname, usage: 'server', names: [hostname], days: 1, now });
    const certDir = join(dir, 'route-certs');
    mkdirSync(certDir);
    await writeFile(join(certDir, 'ca.crt'), ca.certificate);
    const files = [join(dir, 'route.crt'), join(dir, 'route.key')] as const;
    await writeFile(files[0], leaf.certificate);
    await writeFile(files[1], leaf.key);
    await inNamespace('create', 'secret', 'tls', 'public-route-tls', `--cert=${files[0]}`, `--key=${files[1]}`);
    const at = `${hostname}${await port()}`;
    await eventually(async () => {
      const login = await podman('login', '-u', 'kubeadmin', '-p', token, '--cert-dir', certDir, at);
      expect(login).toContain('Login Succeeded!');
    });
    await patch({ routes: [], defaultRoute: false });
    await eventually(async () => expect(await inNamespace('get', 'routes')).toBe(''));
  });
});

describe('the life of a registry on bare metal (3.4)', () => {
  it('is removed, with what this machine knew of it, and comes back with its images', async () => {
    await patch({ managementState: 'Removed' });
    await eventually(async () => expect(await condition('Removed')).toBe('True Removed'));
    await endPods();
    await eventually(async () => {
      const { stdout, stderr } = await cluster.kubectl([
        'get',
        'pod',
        '-n',
        NAMESPACE,
        '-l',
        'docker-registry=default',
      ]);
      expect(stdout + stderr).toBe(`No resources found in ${NAMESPACE} namespace.\n`);
    });
    await eventually(() => expect(existsSync(join(TRUSTED, SERVICE))).toBe(false));
    expect(await inNamespace('get', 'cronjob', 'image-pruner', '-o', 'yaml')).toContain('--prune-registry=false');
    await patch({ managementState: 'Managed', storage: { pvc: { claim: '' } } });
    await rolledOut();
    await pull('shop/kept', 'v1');
  });

  it('is in an empty folder, once the other storage is taken out (3.4.5)', async () => {
    await expect(patch({ storage: { emptyDir: {} } })).rejects.toThrow(/"spec.storage" must validate one and only one/);
    await patch({ storage: { emptyDir: {}, pvc: null } });
    await rolledOut();
    expect((await getManifest(await registry(), 'shop/kept', 'v1')).status).toBe(404);
  });

  it('is on a block device, one pod at a time (3.4.6)', async () => {
    await patch({ rolloutStrategy: 'Recreate', replicas: 1 });
    await apply({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'block', namespace: NAMESPACE },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    await patch({ storage: { emptyDir: null, pvc: { claim: 'block' } } });
    await handled();
    await endPods();
    await rolledOut();
    expect(await inNamespace('get', 'deployment', 'image-registry', '-o', 'jsonpath={.spec.strategy}')).toBe(
      '{"type":"Recreate"}',
    );
    await pushTree(await registry(), 'shop/on-block', createImage({ seed: 'on a block device' }), 'v1');
    await patch({ replicas: 2 });
    await eventually(async () => expect(await condition('StorageExists')).toBe('False PVCIssuesFound'));
    await patch({ replicas: 1 });
  });
});

describe('the local registry of an edge machine (ZTP 10.10.2)', () => {
  it('is on a local volume of a storage class of its own', async () => {
    const folder = join(dir, 'imageregistry');
    mkdirSync(folder);
    const wave = { annotations: { 'ran.openshift.io/ztp-deploy-wave': '100' } };
    await apply(
      {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: { name: 'image-registry-sc', ...wave },
        provisioner: 'kubernetes.io/no-provisioner',
        reclaimPolicy: 'Delete',
      },
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'image-registry-pvc', namespace: NAMESPACE, ...wave },
        spec: {
          accessModes: ['ReadWriteMany'],
          resources: { requests: { storage: '100Gi' } },
          storageClassName: 'image-registry-sc',
          volumeMode: 'Filesystem',
        },
      },
      {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: 'image-registry-sc', ...wave },
        spec: {
          capacity: { storage: '100Gi' },
          volumeMode: 'Filesystem',
          accessModes: ['ReadWriteMany'],
          persistentVolumeReclaimPolicy: 'Retain',
          storageClassName: 'image-registry-sc',
          local: { path: folder },
          nodeAffinity: {
            required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/os', operator: 'Exists' }] }] },
          },
        },
      },
    );
    await patch({ storage: { pvc: { claim: 'image-registry-pvc' } } });
    await handled();
    await endPods();
    await rolledOut();
    await pushTree(await registry(), 'shop/edge', createImage({ seed: 'edge' }), 'v1');
    expect(existsSync(join(folder, 'docker/registry/v2/repositories/shop/edge'))).toBe(true);
    expect(await kubectl('get', 'pv', 'image-registry-sc')).toContain(`${NAMESPACE}/image-registry-pvc`);
    expect(await kubectl('get', 'image.config.openshift.io', 'cluster', '-o', 'yaml')).toContain(SERVICE);
  });
});

describe('two registries', () => {
  it('serve 500 pulls and take 50 pushes while both are replaced, without one failure', async () => {
    await patch({
      storage: { pvc: { claim: 'image-registry-storage' } },
      rolloutStrategy: 'RollingUpdate',
      replicas: 2,
    });
    await rolledOut();
    const target = await registry();
    let [pulls, pushes, isOver] = [0, 0, false];
    const pulling = async () => {
      while (pulls < 500 || !isOver) {
        pulls++;
        await withConnection(target, (one) => pull('shop/kept', 'v1', one));
      }
    };
    const pushing = async (name: string) => {
      while (pushes < 50 || !isOver) {
        const tag = `v${++pushes}`;
        const image = createImage({ seed: `${name} ${tag}` });
        await withConnection(target, (one) => pushTree(one, `shop/${name}`, image, tag));
      }
    };
    const working = [pulling(), pulling(), pulling(), pushing('left'), pushing('right')];
    await patch({ logLevel: 'Trace' });
    await Promise.race([rolledOut(), Promise.all(working)]);
    isOver = true;
    await Promise.all(working);
    expect(await environment()).toContain('"value":"debug"');
    for (const name of ['left', 'right']) {
      const { body } = await requestTo(target, `/v2/shop/${name}/tags/list`);
      const { tags } = JSON.parse(body.toString()) as { tags: string[] };
      for (const tag of tags) await pull(`shop/${name}`, tag, target);
    }
  }, 120_000);
});

describe('the end of a cluster', () => {
  it('takes with it what this machine knew of it', async () => {
    expect(await cluster.stop()).toBe(0);
    if (existsSync(TRUSTED)) expect(readdirSync(TRUSTED).filter((name) => name.startsWith(SERVICE_HOST))).toEqual([]);
    expect(await readFile('/etc/hosts', 'utf8')).not.toContain(cluster.dataDir);
  });

  it('is the beginning of one without operator, with the same images', async () => {
    cluster = await startCluster({ dataDir: cluster.dataDir });
    // What the operator ran goes in the background.
    const pods = async () => (await cluster.kubectl(['get', 'pods', '-n', NAMESPACE])).stderr;
    await expect.poll(pods, { timeout: 30_000 }).toContain('No resources found');
    const target = { url: `http://${cluster.registryAddress}`, user: { name: 'kubeadmin', password: token } };
    await pull('shop/kept', 'v1', target);
    await pull('shop/left', 'v1', target);
  });
});
