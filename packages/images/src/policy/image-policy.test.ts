import type { KubeObject } from '@longshore/kube';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  digestOf,
  imageStream,
  LOCAL_HOST,
  startWorkloadServer,
  type WorkloadServer,
} from '../testing/workload-server.js';
import { imagePolicy } from './image-policy.js';

const TEMPLATE = ['spec', 'template', 'spec'];
const CRON = ['spec', 'jobTemplate', ...TEMPLATE];
const EXTERNAL_HOST = 'registry.apps.example.com';
const RESOLVED = `quay.io/shop/app@${digestOf('a')}`;
const OWNER = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u', controller: true };

let cluster: WorkloadServer;
let names = 0;

beforeAll(async () => {
  const hostnames = () => ({ internal: LOCAL_HOST, external: [EXTERNAL_HOST] });
  cluster = await startWorkloadServer({ admission: imagePolicy({ hostnames }) });
  const denied = { 'images.openshift.io/deny-execution': 'true' };
  const { objects } = cluster.api;
  await objects.create('imagestreams.image.openshift.io', imageStream('shop', 'app', { v1: 'a' }, { lookup: true }));
  await objects.create('imagestreams.image.openshift.io', imageStream('shop', 'hidden', { v1: 'b', bad: 'd' }));
  const local = imageStream('shop', 'local', { v1: 'a' }, { lookup: true, local: true });
  await objects.create('imagestreams.image.openshift.io', local);
  for (const [character, annotations] of [
    ['a', {}],
    ['d', denied],
  ] as const) {
    const metadata = { name: digestOf(character), annotations };
    await objects.create('images.image.openshift.io', { apiVersion: 'image.openshift.io/v1', kind: 'Image', metadata });
  }
});
afterAll(() => cluster.close());
beforeEach(() => {
  names++;
});

function workload(
  kind: string,
  path: readonly string[],
  image: string,
  metadata: KubeObject['metadata'] = {},
): KubeObject {
  const apiVersion = { Pod: 'v1', Job: 'batch/v1', CronJob: 'batch/v1' }[kind] ?? 'apps/v1';
  const podSpec = { containers: [{ name: 'web', image }], initContainers: [{ name: 'wait', image }] };
  const fields = path.reduceRight<object>((inner, field) => ({ [field]: inner }), podSpec);
  return { apiVersion, kind, metadata: { name: `w${names}`, namespace: 'shop', ...metadata }, ...fields };
}

const imagesOf = (object: KubeObject) =>
  [...JSON.stringify(object).matchAll(/"image":"([^"]*)"/g)].map(([, image]) => image);
const create = async (resource: string, object: KubeObject) =>
  imagesOf(await cluster.api.objects.create(resource, object));

describe('short names', () => {
  it.each<[string, string, readonly string[]]>([
    ['pods', 'Pod', ['spec']],
    ['deployments.apps', 'Deployment', TEMPLATE],
    ['replicasets.apps', 'ReplicaSet', TEMPLATE],
    ['jobs.batch', 'Job', TEMPLATE],
    ['cronjobs.batch', 'CronJob', CRON],
  ])('are resolved in %s', async (resource, kind, path) => {
    expect(await create(resource, workload(kind, path, 'app:v1'))).toEqual([RESOLVED, RESOLVED]);
  });

  const asked = { annotations: { 'alpha.image.policy.openshift.io/resolve-names': '*' } };
  const hidden = `quay.io/shop/hidden@${digestOf('b')}`;
  it.each<[string, string, KubeObject['metadata'], string]>([
    ['of a stream without look-up', 'hidden:v1', {}, 'hidden:v1'],
    ['of such a stream, when the object asks', 'hidden:v1', asked, hidden],
    ['of no stream', 'other:v1', asked, 'other:v1'],
    ['of a tag with the policy Local', 'local:v1', {}, `${LOCAL_HOST}/shop/local@${digestOf('a')}`],
    ['of a missing tag', 'app', {}, `${LOCAL_HOST}/shop/app:latest`],
    ['of an owned object', 'app:v1', { ownerReferences: [OWNER] }, 'app:v1'],
    ['with a registry', 'quay.io/shop/app:v1', {}, 'quay.io/shop/app:v1'],
  ])('%s', async (_name, image, metadata, expected) => {
    expect(await create('deployments.apps', workload('Deployment', TEMPLATE, image, metadata))).toEqual([
      expected,
      expected,
    ]);
  });

  it('are resolved when the template of the pods asks', async () => {
    const object = workload('Deployment', TEMPLATE, 'hidden:v1');
    (object['spec'] as { template: Pick<KubeObject, 'metadata'> }).template.metadata = asked;
    expect(await create('deployments.apps', object)).toEqual([hidden, hidden]);
  });

  it('are resolved when the template of the pods in that of a CronJob asks', async () => {
    const object = workload('CronJob', CRON, 'hidden:v1');
    const spec = object['spec'] as { jobTemplate: { spec: { template: Pick<KubeObject, 'metadata'> } } };
    spec.jobTemplate.spec.template.metadata = asked;
    expect(await create('cronjobs.batch', object)).toEqual([hidden, hidden]);
  });

  it.each<[string, string, string]>([
    ['deployments.apps', 'Deployment', RESOLVED],
    ['jobs.batch', 'Job', 'app:v1'],
  ])('of an update of %s', async (resource, kind, expected) => {
    const { objects } = cluster.api;
    const created = await objects.create(resource, workload(kind, TEMPLATE, 'other:v1'));
    const { spec } = workload(kind, TEMPLATE, 'app:v1');
    expect(imagesOf(await objects.update(resource, { ...created, spec }))).toEqual([expected, expected]);
  });

  it('stay in an update that is about something else', async () => {
    const { objects } = cluster.api;
    const created = await objects.create('deployments.apps', workload('Deployment', TEMPLATE, 'late:v1'));
    await objects.create('imagestreams.image.openshift.io', imageStream('shop', 'late', { v1: 'c' }, { lookup: true }));
    created.metadata.labels = { a: 'b' };
    expect(imagesOf(await objects.update('deployments.apps', created))).toEqual(['late:v1', 'late:v1']);
  });
});

describe('images that must not run', () => {
  const refusal = (resource: string, object: KubeObject) =>
    cluster.api.objects.create(resource, object).then(
      () => undefined,
      (error: Error) => error.message,
    );

  it.each<[string, string, KubeObject['metadata']]>([
    ['by digest', `quay.io/any/where@${digestOf('d')}`, {}],
    ['by digest, in a pod of a controller', `quay.io/any/where@${digestOf('d')}`, { ownerReferences: [OWNER] }],
    ['by a tag of our registry', `${LOCAL_HOST}/shop/hidden:bad`, {}],
    ['by a tag of its route', `${EXTERNAL_HOST}/shop/hidden:bad`, {}],
    ['by a short name', 'hidden:bad', { annotations: { 'alpha.image.policy.openshift.io/resolve-names': '*' } }],
  ])('are refused in pods %s', async (_name, image, metadata) => {
    const message = `the image ${digestOf('d')} has the annotation images.openshift.io/deny-execution, so it runs in no pod`;
    expect(await refusal('pods', workload('Pod', ['spec'], image, metadata))).toBe(
      `pods "w${names}" is forbidden: ${message}`,
    );
  });

  it.each([
    ['execution-denied', false],
    ['other-rule, execution-denied', false],
    ['execution', true],
  ])('run in namespaces that ignore the rule: %s', async (rules, isRefused) => {
    const name = `ns-${names}`;
    const annotations = { 'alpha.image.policy.openshift.io/ignore-rules': rules };
    await cluster.api.objects.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, annotations },
    });
    const pod = workload('Pod', ['spec'], `quay.io/any/where@${digestOf('d')}`, { namespace: name });
    expect((await refusal('pods', pod)) !== undefined).toBe(isRefused);
  });

  it.each<[string, string]>([
    ['others', `quay.io/any/where@${digestOf('a')}`],
    ['unknown ones', `quay.io/any/where@${digestOf('e')}`],
    ['tags elsewhere', 'quay.io/shop/hidden:bad'],
    ['what is no reference', 'No Reference'],
  ])('are not %s', async (_name, image) => {
    expect(await refusal('pods', workload('Pod', ['spec'], image))).toBeUndefined();
  });

  it('run on in pods that were there before', async () => {
    const { objects } = cluster.api;
    const image = `quay.io/any/where@${digestOf('f')}`;
    const pod = await objects.create('pods', workload('Pod', ['spec'], image));
    const annotations = { 'images.openshift.io/deny-execution': 'true' };
    const denied = {
      apiVersion: 'image.openshift.io/v1',
      kind: 'Image',
      metadata: { name: digestOf('f'), annotations },
    };
    await objects.create('images.image.openshift.io', denied);
    pod.metadata.labels = { a: 'b' };
    await expect(objects.update('pods', pod)).resolves.toMatchObject({ metadata: { labels: { a: 'b' } } });
  });
});
