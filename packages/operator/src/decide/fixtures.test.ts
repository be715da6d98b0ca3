/** The exact objects for each kind of storage and each platform, as fixtures written from operator.md 3 and 9. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ConfigSpec } from '../config/config.js';
import { CLUSTER, GROUP, NAMESPACE, PRIVATE_CONFIGURATION, RESOURCES } from '../names.js';
import type { Secret } from '../operands/secrets.js';
import type { StorageFacts } from '../storage/storage-facts.js';
import { ModelCluster } from '../testing/model-cluster.js';

const fixture = <T>(name: string) =>
  parse(readFileSync(join(import.meta.dirname, '../../fixtures', name), 'utf8'), { merge: true }) as T;

interface DeploymentFixture extends KubeObject {
  spec: {
    template: {
      spec: {
        containers: { env: { name: string }[]; volumeMounts: object[] }[];
        volumes: object[];
        topologySpreadConstraints: { topologyKey: string; whenUnsatisfiable: string }[];
      };
    };
  };
}

interface StorageFixture {
  name: string;
  zones?: true;
  spec: ConfigSpec;
  facts?: StorageFacts;
  env: { name: string }[];
  more?: { name: string }[];
  volumes: object[];
  mounts: object[];
  secret: Record<string, string>;
  deployment?: object;
  template?: object;
  spread?: string;
  claim?: KubeObject;
}

const HASH = /^(sha256:)?[0-9a-f]{64}$/;

/** With checksums as the fixture has them. */
function withoutChecksums(object: KubeObject): unknown {
  return JSON.parse(JSON.stringify(object), (_, value: unknown) =>
    typeof value === 'string' && HASH.test(value) ? 'CHECKSUM' : value,
  );
}

/** The Deployment of emptyDir with what this storage changes in it. */
function expectedDeployment(of: StorageFixture): DeploymentFixture {
  const deployment = fixture<DeploymentFixture>('deployment.yaml');
  const { spec } = deployment.spec.template;
  const [container] = spec.containers;
  if (container === undefined) throw new Error('the fixture has no container');
  const at = container.env.findIndex(({ name }) => name === 'REGISTRY_OPENSHIFT_SERVER_ADDR') + 1;
  container.env = [...of.env, ...container.env.slice(2, at), ...(of.more ?? []), ...container.env.slice(at)];
  container.volumeMounts = [...of.mounts, ...container.volumeMounts.slice(1)];
  spec.volumes = [...of.volumes, ...spec.volumes.slice(1)];
  const [host, worker] = spec.topologySpreadConstraints;
  if (host === undefined || worker === undefined) throw new Error('the fixture has no spread');
  const zone = { ...host, topologyKey: 'topology.kubernetes.io/zone' };
  const spread = of.zones ? [host, worker, zone] : [host, worker];
  spec.topologySpreadConstraints = spread.map((one) => ({
    ...one,
    ...(of.spread && { whenUnsatisfiable: of.spread }),
  }));
  Object.assign(spec, of.template);
  Object.assign(deployment.spec, of.deployment);
  return deployment;
}

function clusterWith({ spec, facts = {}, zones }: StorageFixture): ModelCluster {
  const cluster = new ModelCluster();
  cluster.storage = facts;
  const managed = { managementState: 'Managed', httpSecret: 'h', ...spec };
  cluster.put(RESOURCES.configs, {
    apiVersion: `${GROUP}/v1`,
    kind: 'Config',
    metadata: { name: CLUSTER },
    spec: managed,
  });
  if (zones) {
    const labels = { 'topology.kubernetes.io/zone': 'a', 'node-role.kubernetes.io/worker': '' };
    cluster.put(RESOURCES.nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', labels } });
  }
  return cluster;
}

describe.each(fixture<StorageFixture[]>('storage.yaml'))('storage: $name', (of) => {
  const cluster = clusterWith(of);
  const { objects } = cluster.decide();
  const wanted = (type: { resource: string }, name: string) =>
    objects.find((one) => one.type.resource === type.resource && one.object.metadata.name === name)?.object;

  it('has the Deployment', () => {
    const deployment = wanted(RESOURCES.deployments, 'image-registry');
    expect(deployment && withoutChecksums(deployment)).toEqual(expectedDeployment(of));
  });

  it('has the Secret', () => {
    const { data = {} } = wanted(RESOURCES.secrets, PRIVATE_CONFIGURATION) as Secret;
    const texts = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
    expect(Object.fromEntries(texts)).toEqual(of.secret);
  });

  it('has the claim, if it makes one', () => {
    expect(objects.find(({ type }) => type === RESOURCES.claims)?.object).toEqual(of.claim);
  });

  it('settles', () => {
    cluster.settle();
    expect(cluster.get(RESOURCES.deployments, 'image-registry')).toBeDefined();
  });
});

interface BootstrapFixture {
  rows: { platforms: string[]; topology?: string; facts?: StorageFacts; objects: KubeObject[] }[];
}

describe('bootstrap', () => {
  const rows = fixture<BootstrapFixture>('bootstrap.yaml').rows.flatMap(({ platforms, ...row }) =>
    platforms.map((platform) => ({ platform, topology: 'HighlyAvailable', facts: {}, ...row })),
  );

  it.each(rows)('on $platform, $topology, $facts', ({ platform, topology, facts, objects }) => {
    const cluster = new ModelCluster();
    cluster.storage = facts;
    const status = { platformStatus: { type: platform }, infrastructureTopology: topology };
    const base = { apiVersion: 'config.openshift.io/v1', kind: 'Infrastructure', spec: {} };
    cluster.put(RESOURCES.infrastructures, { ...base, metadata: { name: CLUSTER }, status });
    const first = cluster
      .decide()
      .objects.filter(({ type }) => [RESOURCES.claims, RESOURCES.configs].includes(type as never));
    expect(first.map(({ object }) => object)).toEqual(objects);
    cluster.settle();
    const claims = [...cluster.objects.values()].filter(([type]) => type === RESOURCES.claims);
    expect(claims.map(([, { metadata }]) => metadata.namespace)).toEqual(claims.map(() => NAMESPACE));
  });
});
