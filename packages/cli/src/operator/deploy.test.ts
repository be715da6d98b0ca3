/** The files of deploy/: they are what the program prints, and the chart renders to the same objects as the plain manifests. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as renderGoTemplate } from '@evertdespiegeleer/go-template';
import { applyMergePatch, type JsonObject, type KubeObject } from '@longshore/kube';
import { deployFiles } from '@longshore/operator';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { manifests } from '../apiserver/manifests.js';
import { ownVersion } from '../own-version.js';
import { imageApiOfChart } from './image-api-of-chart.js';

const DEPLOY = join(import.meta.dirname, '../../../../deploy');
const CHART = join(DEPLOY, 'chart/longshore');
/** Those are written by hand. */
const BY_HAND = ['chart/longshore/Chart.yaml', 'chart/longshore/values.yaml'];

const read = (...path: string[]) => readFileSync(join(DEPLOY, ...path), 'utf8');
const objectsOf = (text: string) =>
  parseAllDocuments(text)
    .map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS() as KubeObject | null;
    })
    .filter((object) => object !== null);

describe('deploy/', () => {
  it('says what the code says: longshore operator manifests --to deploy writes it anew', async () => {
    const made = deployFiles(ownVersion(), await imageApiOfChart());
    const files = readdirSync(DEPLOY, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(DEPLOY.length + 1));
    expect(files.sort()).toEqual([...made.keys(), ...BY_HAND].sort());
    for (const [path, text] of made) expect(read(path), path).toBe(text);
  });
});

const chart = parse(read('chart/longshore/Chart.yaml')) as { version: string; appVersion: string };
const defaults = parse(read('chart/longshore/values.yaml')) as JsonObject;

/** The chart's objects, by Go's own template engine; what Helm does beside is to merge values and to know a release. */
async function render(values: object = {}): Promise<KubeObject[]> {
  const Values = applyMergePatch(defaults, values);
  const texts = await Promise.all(
    readdirSync(join(CHART, 'templates')).map((file) =>
      renderGoTemplate(read('chart/longshore/templates', file), { Values, Chart: { AppVersion: chart.appVersion } }),
    ),
  );
  return texts.flatMap(objectsOf);
}

const keyOf = ({ kind, metadata }: KubeObject) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
const sorted = (objects: KubeObject[]) => [...objects].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
const find = (objects: KubeObject[], key: string) => objects.find((object) => keyOf(object) === key);
const added = async (values: object) => {
  const before = new Set((await render()).map(keyOf));
  return (await render(values)).filter((object) => !before.has(keyOf(object)));
};

interface Workload extends KubeObject {
  spec: { replicas: number; template: { spec: PodSpec } };
}
interface PodSpec {
  securityContext: object;
  nodeSelector?: object;
  tolerations?: object[];
  containers: { image: string; command: string[]; env: { name: string; value?: string }[] }[];
}
const OPERATOR = 'Deployment openshift-image-registry/cluster-image-registry-operator';
const podOf = (objects: KubeObject[]) => (find(objects, OPERATOR) as Workload).spec.template.spec;

describe('the chart', () => {
  it('is of the version of the program', () => {
    expect(chart).toMatchObject({ apiVersion: 'v2', name: 'longshore', type: 'application', appVersion: ownVersion() });
    expect(chart.version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('has by default the objects of the plain manifests, and keeps namespaces', async () => {
    const plain = ['1-namespaces', '2-rights', '3-operator'].flatMap((name) =>
      objectsOf(read('kubernetes', `${name}.yaml`)),
    );
    const kept = plain.map((object) =>
      object.kind === 'Namespace'
        ? { ...object, metadata: { ...object.metadata, annotations: { 'helm.sh/resource-policy': 'keep' } } }
        : object,
    );
    expect(sorted(await render())).toEqual(sorted(kept));
  });

  it('fills in texts as they are, whatever is in them', async () => {
    const image = 'a"b\\c: #\n{{ x }}é';
    const [container] = podOf(await render({ image })).containers;
    expect(container?.image).toBe(image);
    expect(container?.env.filter(({ value }) => value === image)).toHaveLength(3);
  });

  it('places the operator', async () => {
    const nodeSelector = { 'node-role.kubernetes.io/infra': '', zone: 'a' };
    const tolerations = [{ key: 'infra', operator: 'Exists' }, { operator: 'Exists' }];
    const objects = await render({ nodeSelector, tolerations, replicas: 2 });
    expect(podOf(objects)).toMatchObject({ nodeSelector, tolerations });
    expect((find(objects, OPERATOR) as Workload).spec.replicas).toBe(2);
  });

  it('leaves to OpenShift what is its own', async () => {
    const objects = await render({ openshift: true });
    expect(objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name)).toEqual([
      'openshift-image-registry',
    ]);
    expect(podOf(objects).securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect((await render({ createNamespaces: false })).filter(({ kind }) => kind === 'Namespace')).toEqual([]);
  });

  it('asks for optional alerts, and lets another Prometheus in', async () => {
    const objects = await render({ monitoring: { optionalAlerts: true, prometheus: { name: 'p', namespace: 'm' } } });
    expect(podOf(objects).containers[0]?.command.at(-1)).toBe('--optional-alerts');
    for (const key of [
      'ClusterRoleBinding /registry-monitoring',
      'RoleBinding openshift-image-registry/prometheus-k8s',
    ]) {
      expect(find(objects, key)).toMatchObject({ subjects: [{ kind: 'ServiceAccount', name: 'p', namespace: 'm' }] });
    }
  });

  it('has cert-manager make certificates', async () => {
    const objects = await added({ certManager: { enabled: true, issuerName: 'ca', issuerKind: 'Issuer' } });
    expect(objects.map(keyOf)).toEqual([
      'Certificate openshift-image-registry/image-registry',
      'Certificate openshift-image-registry/image-registry-operator',
    ]);
    expect(objects[0]?.['spec']).toEqual({
      secretName: 'image-registry-tls',
      dnsNames: [
        'image-registry.openshift-image-registry.svc',
        'image-registry.openshift-image-registry.svc.cluster.local',
      ],
      issuerRef: { group: 'cert-manager.io', kind: 'Issuer', name: 'ca' },
    });
  });

  it('leads a Gateway to the registry', async () => {
    const gateway = { enabled: true, name: 'public', namespace: 'gateways', host: 'images.example.com' };
    const [policy, route] = sorted(await added({ gateway }));
    expect(route).toMatchObject({
      kind: 'HTTPRoute',
      spec: { parentRefs: [{ name: 'public', namespace: 'gateways' }], hostnames: ['images.example.com'] },
    });
    expect(policy).toMatchObject({
      kind: 'BackendTLSPolicy',
      spec: { validation: { hostname: 'image-registry.openshift-image-registry.svc' } },
    });
  });

  it('brings the image API as longshore apiserver manifests prints it', async () => {
    const imageApi = {
      enabled: true,
      replicas: 3,
      etcdEndpoint: 'https://etcd.example.com:2379',
      etcdSecret: 'etcd',
      servingSecret: 'serving',
    };
    const caBundle = Buffer.from('PEM').toString('base64');
    const printed = manifests({
      namespace: 'openshift-image-registry',
      image: 'registry.example.com/longshore:1',
      replicas: 3,
      etcdEndpoints: ['https://etcd.example.com:2379'],
      etcdSecret: 'etcd',
      servingSecret: 'serving',
      caBundle: 'PEM',
    }).filter(({ kind }) => kind !== 'Namespace');
    expect(sorted(await added({ imageApi: { ...imageApi, caBundle } }))).toEqual(sorted(printed));
    const withCertManager = await added({ imageApi, certManager: { enabled: true, issuerName: 'ca' } });
    const service = withCertManager.find(({ kind }) => kind === 'APIService');
    expect(service?.metadata.annotations).toEqual({
      'cert-manager.io/inject-ca-from': 'openshift-image-registry/longshore-apiserver',
    });
    expect(service?.['spec']).not.toHaveProperty('caBundle');
    expect(find(withCertManager, 'Certificate openshift-image-registry/longshore-apiserver')).toMatchObject({
      spec: { secretName: 'serving', dnsNames: ['longshore-apiserver.openshift-image-registry.svc'] },
    });
  });
});
