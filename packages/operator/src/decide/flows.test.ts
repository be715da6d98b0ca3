/** What users do, one edit after another, and what becomes of it (operator.md 9.4, 9.5 and 9.7). */
import type { ImageConfig, KubeObject } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import type { Config, ConfigSpec } from '../config/config.js';
import {
  CLUSTER,
  CONFIG_NAMESPACE,
  DRY_RUN,
  FINALIZER,
  MANAGED_NAMESPACE,
  NAMESPACE,
  PRUNER,
  RESOURCES,
} from '../names.js';
import type { ConfigMap } from '../operands/certificates.js';
import type { Secret } from '../operands/secrets.js';
import { ModelCluster } from '../testing/model-cluster.js';

const configOf = (cluster: ModelCluster) => cluster.get<Config>(RESOURCES.configs, CLUSTER, '') as Config;

function edit(cluster: ModelCluster, spec: Partial<ConfigSpec>): void {
  const config = configOf(cluster);
  cluster.put(RESOURCES.configs, { ...config, spec: { ...config.spec, ...spec } });
  cluster.settle();
}

const conditionOf = (cluster: ModelCluster, type: string) => {
  const found = configOf(cluster).status?.conditions?.find((one) => one.type === type);
  return `${found?.status} ${found?.reason}: ${found?.message}`;
};

function started(kind?: 'vanilla'): ModelCluster {
  const cluster = new ModelCluster(kind);
  cluster.settle();
  return cluster;
}

function running(storage: ConfigSpec['storage'] = { emptyDir: {} }, more: Partial<ConfigSpec> = {}): ModelCluster {
  const cluster = started();
  edit(cluster, { managementState: 'Managed', storage, ...more });
  return cluster;
}

const env = (cluster: ModelCluster): Record<string, string> => {
  const { spec } = cluster.get(RESOURCES.deployments, 'image-registry') as KubeObject & {
    spec: { template: { spec: { containers: { env: { name: string; value: string }[] }[] } } };
  };
  const variables = spec.template.spec.containers[0]?.env ?? [];
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
};

const map = (name: string, namespace: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
});

describe('bare metal', () => {
  it('starts removed, says what to do, and runs after two patches', () => {
    const cluster = started();
    expect(configOf(cluster).spec).toMatchObject({ managementState: 'Removed', replicas: 1, storage: {} });
    expect(configOf(cluster).status?.nextSteps?.join('\n')).toContain('"managementState":"Managed"');
    edit(cluster, { storage: { emptyDir: {} } });
    edit(cluster, { managementState: 'Managed' });
    expect(configOf(cluster).spec.storage).toEqual({ emptyDir: {}, managementState: 'Managed' });
    expect(configOf(cluster).status).toMatchObject({ storageManaged: true, storage: { emptyDir: {} } });
    expect(configOf(cluster).status?.generations?.map(({ name }) => name)).toEqual(['image-registry', 'node-ca']);
    expect(configOf(cluster).status?.warnings?.[0]).toContain('emptyDir');
  });

  it('is degraded without storage', () => {
    const cluster = started();
    edit(cluster, { managementState: 'Managed' });
    expect(conditionOf(cluster, 'Degraded')).toBe('True StorageNotConfigured: Error: storage backend not configured');
    expect(cluster.get(RESOURCES.deployments, 'image-registry')).toBeUndefined();
  });

  it('is told of two backends, of a store without driver, and of names that nobody knows', () => {
    const cluster = running();
    edit(cluster, { storage: { emptyDir: {}, s3: {} } });
    expect(conditionOf(cluster, 'Degraded')).toContain('got 2: [EmptyDir S3]');
    edit(cluster, { storage: { s3: { bucket: 'b', region: 'r' } } });
    expect(conditionOf(cluster, 'StorageDriverMissing')).toBe(
      'True StorageDriverMissing: there is no driver for S3 storage',
    );
    const config = configOf(cluster);
    const applied = JSON.stringify({ spec: { storage: { persistentVolumeClaim: {} } } });
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': applied };
    cluster.put(RESOURCES.configs, { ...config, metadata: { ...config.metadata, annotations } });
    cluster.settle();
    expect(configOf(cluster).status?.nextSteps?.join('\n')).toContain('did you mean spec.storage.pvc?');
  });
});

describe('a running registry', () => {
  it('is adjusted by each parameter', () => {
    const cluster = running();
    edit(cluster, {
      logLevel: 'Trace',
      readOnly: true,
      disableRedirect: true,
      proxy: { http: 'http://own' },
      requests: {
        read: { maxRunning: 1, maxInQueue: 2, maxWaitInQueue: '90s' },
        write: { maxInQueue: 1, maxWaitInQueue: '6h' },
      },
    });
    expect(env(cluster)).toMatchObject({
      REGISTRY_LOG_LEVEL: 'debug',
      REGISTRY_STORAGE_MAINTENANCE_READONLY: '{enabled: true}',
      REGISTRY_STORAGE_REDIRECT_DISABLE: 'true',
      HTTP_PROXY: 'http://own',
      REGISTRY_OPENSHIFT_REQUESTS_READ_MAXWAITINQUEUE: '1m30s',
      REGISTRY_OPENSHIFT_REQUESTS_WRITE_MAXWAITINQUEUE: '6h0m0s',
    });
    edit(cluster, { logLevel: 'Normal', logging: 1, nodeSelector: { infra: '' }, rolloutStrategy: 'Recreate' });
    expect(env(cluster)['REGISTRY_LOG_LEVEL']).toBe('warn');
    const { spec } = cluster.get(RESOURCES.deployments, 'image-registry') as KubeObject & {
      spec: Record<string, object>;
    };
    expect(spec['strategy']).toEqual({ type: 'Recreate' });
    expect(spec['template']).toMatchObject({ spec: { nodeSelector: { infra: '', 'kubernetes.io/os': 'linux' } } });
    expect(JSON.stringify(spec)).not.toContain('topologySpreadConstraints');
  });

  it('scales to zero', () => {
    const cluster = running();
    edit(cluster, { replicas: 0 });
    expect(cluster.get(RESOURCES.deployments, 'image-registry')?.['spec']).toMatchObject({
      replicas: 0,
      strategy: { rollingUpdate: { maxUnavailable: 0 } },
    });
    expect(conditionOf(cluster, 'Available')).toContain('True ScaledToZero');
  });

  it('has routes, and loses those that nobody wants any more', () => {
    const cluster = running(
      { emptyDir: {} },
      { defaultRoute: true, routes: [{ name: 'public-routes', hostname: 'r.example', secretName: 'tls' }] },
    );
    expect(conditionOf(cluster, 'Progressing')).toContain('Name=public-routes: secret "tls" not found');
    expect(cluster.get(RESOURCES.routes, 'default-route')?.['spec']).toEqual({
      to: { kind: 'Service', name: 'image-registry' },
      tls: { termination: 'reencrypt' },
    });
    const data = { 'tls.crt': Buffer.from('C').toString('base64'), 'tls.key': Buffer.from('K').toString('base64') };
    cluster.put(RESOURCES.secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'tls', namespace: NAMESPACE },
      data,
    });
    cluster.settle();
    expect(cluster.get(RESOURCES.routes, 'public-routes')?.['spec']).toMatchObject({
      host: 'r.example',
      tls: { termination: 'reencrypt', certificate: 'C', key: 'K' },
    });
    for (const [name, host] of [
      ['public-routes', 'r.example'],
      ['default-route', 'default-route-openshift-image-registry.apps'],
    ]) {
      const route = cluster.get(RESOURCES.routes, name as string) as KubeObject;
      cluster.put(RESOURCES.routes, { ...route, status: { ingress: [{ host }] } });
    }
    cluster.settle();
    expect(cluster.get<ImageConfig>(RESOURCES.imageConfigs, CLUSTER, '')?.status).toEqual({
      internalRegistryHostname: 'image-registry.openshift-image-registry.svc:5000',
      externalRegistryHostnames: ['default-route-openshift-image-registry.apps', 'r.example'],
    });
    edit(cluster, { routes: [] });
    expect(cluster.get(RESOURCES.routes, 'public-routes')).toBeUndefined();
    expect(cluster.get(RESOURCES.routes, 'default-route')).toBeDefined();
  });

  it('keeps its http secret in a Secret, takes a given one, and makes a new one when that is emptied', () => {
    const cluster = running();
    const value = () => {
      const { data } = cluster.get<Secret>(RESOURCES.secrets, 'image-registry-http-secret') as Secret;
      return Buffer.from(data?.['REGISTRY_HTTP_SECRET'] ?? '', 'base64').toString();
    };
    expect(value()).toBe('h');
    edit(cluster, { httpSecret: 'given' });
    expect(value()).toBe('given');
    edit(cluster, { httpSecret: '' });
    expect(value()).toBe('h');
    expect(JSON.stringify(cluster.get(RESOURCES.deployments, 'image-registry'))).not.toContain('given');
  });

  it('undoes edits of its objects, makes deleted ones anew, and leaves labels of others', () => {
    const cluster = running();
    const service = cluster.get(RESOURCES.services, 'image-registry') as KubeObject;
    const ports = [{ name: '5000-tcp', port: 6000, protocol: 'TCP', targetPort: 5000 }];
    cluster.put(RESOURCES.services, {
      ...service,
      spec: { ...(service['spec'] as object), clusterIP: '10.0.0.1', ports },
    });
    const deployment = cluster.get(RESOURCES.deployments, 'image-registry') as KubeObject;
    const labels = { ...deployment.metadata.labels, mine: 'x' };
    const paused = { ...(deployment['spec'] as object), paused: true };
    cluster.put(RESOURCES.deployments, { ...deployment, metadata: { ...deployment.metadata, labels }, spec: paused });
    cluster.objects.delete(`poddisruptionbudgets.policy/${NAMESPACE}/image-registry`);
    cluster.settle();
    expect(cluster.get(RESOURCES.services, 'image-registry')?.['spec']).toMatchObject({
      clusterIP: '10.0.0.1',
      ports: [{ port: 5000 }],
    });
    const mended = cluster.get(RESOURCES.deployments, 'image-registry') as KubeObject;
    expect(mended['spec']).not.toHaveProperty('paused');
    expect(mended.metadata.labels).toEqual({ 'docker-registry': 'default', mine: 'x' });
    expect(cluster.get(RESOURCES.disruptionBudgets, 'image-registry')).toBeDefined();
  });

  it('rolls its pods when what they read changes', () => {
    const cluster = running();
    const sum = () =>
      JSON.stringify(cluster.get(RESOURCES.deployments, 'image-registry')?.['spec']).match(
        /dependencies-checksum":"(\S{71})"/,
      )?.[1];
    const before = sum();
    cluster.put(RESOURCES.secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'image-registry-tls', namespace: NAMESPACE },
      data: {},
    });
    cluster.settle();
    expect(sum()).not.toBe(before);
  });
});

describe('storage', () => {
  it('begins with a new state of management when it is switched, and deletes nothing of others', () => {
    const cluster = running();
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'mine', namespace: NAMESPACE },
      spec: { accessModes: ['ReadWriteOnce'] },
    };
    cluster.put(RESOURCES.claims, claim);
    edit(cluster, { storage: { pvc: { claim: 'mine' }, managementState: 'Managed' } });
    expect(configOf(cluster).spec.storage).toEqual({ pvc: { claim: 'mine' }, managementState: 'Unmanaged' });
    expect(cluster.get(RESOURCES.deployments, 'image-registry')?.['spec']).toMatchObject({
      strategy: { type: 'Recreate' },
    });
    edit(cluster, { managementState: 'Removed' });
    expect(cluster.get(RESOURCES.claims, 'mine')).toBeDefined();
    expect(configOf(cluster).status?.storage).toEqual({});
  });

  it('of the operator is made, named, and deleted with the registry, after a warning', () => {
    const cluster = running({ pvc: { claim: '' } });
    expect(configOf(cluster).spec.storage).toEqual({
      pvc: { claim: 'image-registry-storage' },
      managementState: 'Managed',
    });
    const config = configOf(cluster);
    cluster.put(RESOURCES.configs, { ...config, spec: { ...config.spec, managementState: 'Removed' } });
    expect(cluster.decide().warnings).toEqual(['claim image-registry-storage and all images in it are deleted']);
    cluster.settle();
    expect(cluster.get(RESOURCES.claims, 'image-registry-storage')).toBeUndefined();
  });

  it('warns when it is switched while there are images', () => {
    const cluster = running({ pvc: { claim: '' } });
    const config = configOf(cluster);
    cluster.put(RESOURCES.configs, {
      ...config,
      spec: { ...config.spec, storage: { emptyDir: {}, managementState: 'Managed' } },
    });
    expect(cluster.decide().warnings.join('\n')).toContain(
      'images in PVC image-registry-storage are not copied to EmptyDir',
    );
  });
});

describe('certificates', () => {
  const own = 'image-registry.openshift-image-registry.svc';

  it('are those of the registry, and additional ones', () => {
    const cluster = running();
    cluster.put(RESOURCES.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: MANAGED_NAMESPACE } });
    cluster.put(RESOURCES.configMaps, map('serviceca', NAMESPACE, { 'service-ca.crt': 'S' }));
    const image = { apiVersion: 'config.openshift.io/v1', kind: 'Image', metadata: { name: CLUSTER } };
    cluster.put(RESOURCES.imageConfigs, { ...image, spec: { additionalTrustedCA: { name: 'ca' } } });
    cluster.settle();
    expect(conditionOf(cluster, 'ImageRegistryCertificatesControllerDegraded')).toContain('configmap "ca" not found');
    cluster.put(
      RESOURCES.configMaps,
      map('ca', CONFIG_NAMESPACE, { 'mirror.example.com..8443': 'M', 'reg.example.com': 'R' }),
    );
    cluster.settle();
    const ofService = { [`${own}..5000`]: 'S', [`${own}.cluster.local..5000`]: 'S' };
    expect(cluster.get<ConfigMap>(RESOURCES.configMaps, 'image-registry-certificates')?.data).toEqual({
      ...ofService,
      'mirror.example.com..8443': 'M',
      'reg.example.com': 'R',
    });
    expect(cluster.get<ConfigMap>(RESOURCES.configMaps, 'image-registry-ca', MANAGED_NAMESPACE)?.data).toEqual(
      ofService,
    );
    edit(cluster, { managementState: 'Removed' });
    const left = cluster.get<ConfigMap>(RESOURCES.configMaps, 'image-registry-certificates')?.data ?? {};
    expect(Object.keys(left)).toEqual(['mirror.example.com..8443', 'reg.example.com']);
  });
});

describe('the pruner', () => {
  const argumentsOf = (cluster: ModelCluster) => JSON.stringify(cluster.get(RESOURCES.cronJobs, PRUNER)?.['spec']);
  const job = (name: string, status: string, labels: object = { 'created-by': PRUNER }) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: NAMESPACE, labels: labels as Record<string, string>, creationTimestamp: name },
    status: { conditions: [{ type: 'Failed', status, reason: 'BackoffLimitExceeded', message: 'limit' }] },
  });

  it('prunes the registry, too, only while that is managed', () => {
    const cluster = started();
    expect(argumentsOf(cluster)).toContain('"--prune-registry=false"');
    edit(cluster, { managementState: 'Managed', storage: { emptyDir: {} } });
    expect(argumentsOf(cluster)).toContain(
      '"--keep-tag-revisions=3","--keep-younger-than=60m","--ignore-invalid-refs=true","--loglevel=1","--prune-registry=true","--registry-url=https://image-registry.openshift-image-registry.svc:5000"',
    );
    edit(cluster, { managementState: 'Unmanaged' });
    expect(argumentsOf(cluster)).toContain('"--prune-registry=false"');
    const pruner = cluster.get(RESOURCES.imagePruners, CLUSTER, '') as KubeObject;
    const spec = {
      keepTagRevisions: 0,
      keepYoungerThanDuration: '1h',
      ignoreInvalidImageReferences: true,
      logLevel: 'Debug',
    };
    cluster.put(RESOURCES.imagePruners, { ...pruner, spec });
    cluster.settle();
    expect(argumentsOf(cluster)).toContain(
      '"--keep-tag-revisions=0","--keep-younger-than=1h0m0s","--ignore-invalid-refs=true","--loglevel=4","--prune-registry=false"',
    );
  });

  it('is degraded after three failures in a row, and deaf to jobs of others', () => {
    const cluster = started();
    const state = () =>
      (cluster.get(RESOURCES.imagePruners, CLUSTER, '') as Config).status?.conditions
        ?.filter(({ type }) => type === 'Failed' || type === 'Degraded')
        .map(({ type, status, reason }) => `${type} ${status} ${reason}`);
    cluster.put(RESOURCES.jobs, job('0', 'True', {}));
    cluster.settle();
    expect(state()).toEqual(['Failed False Complete', 'Degraded False AsExpected']);
    for (const name of ['1', '2']) cluster.put(RESOURCES.jobs, job(name, 'True'));
    cluster.settle();
    expect(state()).toEqual(['Failed True BackoffLimitExceeded', 'Degraded False AsExpected']);
    cluster.put(RESOURCES.jobs, job('3', 'True'));
    cluster.settle();
    expect(state()).toEqual(['Failed True BackoffLimitExceeded', 'Degraded True JobFailed']);
    cluster.put(RESOURCES.jobs, job('4', 'False'));
    cluster.settle();
    expect(state()).toEqual(['Failed False Complete', 'Degraded False AsExpected']);
  });
});

describe('the end', () => {
  it('of the Config takes the registry with it; then it begins anew', () => {
    const cluster = running();
    const config = configOf(cluster);
    const metadata = { ...config.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(metadata.finalizers).toEqual([FINALIZER]);
    cluster.put(RESOURCES.configs, { ...config, metadata });
    cluster.settle();
    expect(cluster.get(RESOURCES.deployments, 'image-registry')).toBeUndefined();
    expect(configOf(cluster).spec.managementState).toBe('Removed');
    expect(configOf(cluster).metadata.deletionTimestamp).toBeUndefined();
  });

  it('is not reached by a plan only', () => {
    const cluster = started();
    const config = configOf(cluster);
    const annotations = { [DRY_RUN]: 'true' };
    const spec = { ...config.spec, managementState: 'Managed' as const, storage: { emptyDir: {} } };
    cluster.put(RESOURCES.configs, { ...config, metadata: { ...config.metadata, annotations }, spec });
    cluster.pass();
    expect(cluster.get(RESOURCES.deployments, 'image-registry')).toBeUndefined();
    expect(configOf(cluster).status?.plan).toContainEqual({
      action: 'create',
      resource: 'deployments.apps',
      namespace: NAMESPACE,
      name: 'image-registry',
    });
    cluster.put(RESOURCES.configs, {
      ...configOf(cluster),
      metadata: { ...configOf(cluster).metadata, annotations: {} },
    });
    cluster.settle();
    expect(configOf(cluster).status).not.toHaveProperty('plan');
    expect(cluster.get(RESOURCES.deployments, 'image-registry')).toBeDefined();
  });
});

describe('a cluster without anything of OpenShift', () => {
  it('is asked for a certificate, and has Ingresses with hosts', () => {
    const cluster = started('vanilla');
    edit(cluster, {
      managementState: 'Managed',
      storage: { pvc: {} },
      defaultRoute: true,
      routes: [{ name: 'r', hostname: 'r.example', secretName: 'tls' }],
    });
    expect(cluster.decide().needsCertificate).toBe(true);
    expect(cluster.get(RESOURCES.ingresses, 'r')?.['spec']).toMatchObject({
      tls: [{ hosts: ['r.example'], secretName: 'tls' }],
    });
    expect(cluster.get(RESOURCES.routes, 'r')).toBeUndefined();
    expect(configOf(cluster).status?.nextSteps?.join('\n')).toContain('an Ingress needs a host');
    const data = { 'tls.crt': '', 'ca.crt': Buffer.from('OWN').toString('base64') };
    cluster.put(RESOURCES.secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'image-registry-tls', namespace: NAMESPACE },
      data,
    });
    cluster.settle();
    expect(cluster.get<ConfigMap>(RESOURCES.configMaps, 'serviceca')?.data).toEqual({
      'service-ca.crt': 'OWN',
      'ca.crt': 'OWN',
    });
  });

  it.each<[string, Record<string, string> | undefined, boolean]>([
    ['the operator', { 'imageregistry.openshift.io': 'true' }, true],
    ['an administrator', undefined, false],
    ['cert-manager', { 'cert-manager.io/certificate-name': 'a' }, false],
    [
      'cert-manager in place of the operator',
      { 'imageregistry.openshift.io': 'true', 'cert-manager.io/certificate-name': 'a' },
      false,
    ],
  ])('renews the certificate of %s: %s, %s', (_, annotations, expected) => {
    const cluster = started('vanilla');
    edit(cluster, { managementState: 'Managed', storage: { emptyDir: {} } });
    const metadata = { name: 'image-registry-tls', namespace: NAMESPACE, ...(annotations && { annotations }) };
    cluster.put(RESOURCES.secrets, { apiVersion: 'v1', kind: 'Secret', metadata, data: { 'tls.crt': '' } });
    expect(cluster.decide().needsCertificate).toBe(expected);
  });
});
