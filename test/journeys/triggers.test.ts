/** What image streams do to workloads in a whole cluster: triggers, short names, images that must not run, pull secrets. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createImage, requestTo, startCluster, type RunningCluster } from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeBlocksOf } from '../documents/markdown.js';

const IMAGE_API = 'image.openshift.io/v1';
const SOON = { timeout: 20_000, interval: 100 };

let cluster: RunningCluster;
let images = 0;

const kubectl = async (args: string[], input = '') => (await cluster.kubectl(args, { input })).stdout;
const create = (...items: object[]) =>
  kubectl(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
const read = (namespace: string, object: string, path: string) =>
  kubectl(['get', '-n', namespace, object, '-o', `jsonpath={${path}}`]);

beforeAll(async () => {
  cluster = await startCluster();
  for (const namespace of ['shop', 'opt']) {
    await kubectl(['create', 'namespace', namespace]);
    await create({ apiVersion: IMAGE_API, kind: 'ImageStream', metadata: { name: 'app', namespace } });
  }
});
afterAll(() => cluster?.stop());

/** Tells the API of a new image as the registry does after a push, and answers its pull spec. */
async function push(namespace: string, tag = 'v1'): Promise<string> {
  const { descriptor, bytes } = createImage({ seed: String(images++) });
  const dockerImageReference = `${cluster.registryAddress}/${namespace}/app@${descriptor.digest}`;
  const image = {
    metadata: { name: descriptor.digest },
    dockerImageReference,
    dockerImageManifest: bytes.toString(),
    dockerImageManifestMediaType: descriptor.mediaType,
  };
  await create({ apiVersion: IMAGE_API, kind: 'ImageStreamMapping', metadata: { name: 'app', namespace }, tag, image });
  return dockerImageReference;
}

const POD = { restartPolicy: 'OnFailure', containers: [{ name: 'web', image: ' ' }] };
const TEMPLATE = { metadata: { labels: { app: 'web' } }, spec: POD };

function triggers(fieldPath: string, more: object = {}) {
  const from = { kind: 'ImageStreamTag', name: 'app:v1', ...more };
  return {
    'image.openshift.io/triggers': JSON.stringify([{ from, fieldPath: `${fieldPath}.containers[0].image`, ...more }]),
  };
}

function deployment(name: string, annotations: object) {
  const template = { ...TEMPLATE, spec: { containers: POD.containers } };
  const spec = { selector: { matchLabels: { app: 'web' } }, template };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop', annotations }, spec };
}

const imageOf = (name: string) => read('shop', `deployment/${name}`, '.spec.template.spec.containers[0].image');

describe('triggers', () => {
  it('set the images of a Deployment and a CronJob to what is pushed, but not of paused ones', async () => {
    const cronPath = 'spec.jobTemplate.spec.template.spec';
    await create(
      deployment('web', triggers('spec.template.spec')),
      deployment('paused', triggers('spec.template.spec', { paused: 'true' })),
      {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name: 'report', namespace: 'shop', annotations: triggers(cronPath) },
        spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: TEMPLATE } } },
      },
    );
    for (let round = 0; round < 2; round++) {
      const pullSpec = await push('shop');
      await expect.poll(() => imageOf('web'), SOON).toBe(pullSpec);
      await expect.poll(() => read('shop', 'cronjob/report', `.${cronPath}.containers[0].image`), SOON).toBe(pullSpec);
    }
    expect(await imageOf('paused')).toBe(' ');
  });

  it('work as the documentation shows', async () => {
    const text = await readFile(join(import.meta.dirname, '../../docs/image-notifications.md'), 'utf8');
    const manifest = codeBlocksOf(text).find((block) => block.includes('kind: Deployment')) ?? '';
    await kubectl(['apply', '-f', '-'], manifest.replace('name: web', 'name: shown'));
    const pullSpec = await push('shop');
    await expect.poll(() => imageOf('shown'), SOON).toBe(pullSpec);
  });

  it('take an image of another namespace when the pods may pull it there', async () => {
    await push('opt');
    await create(deployment('foreign', triggers('spec.template.spec', { namespace: 'opt' })));
    const events = () => kubectl(['get', 'events', '-n', 'shop', '-o', 'jsonpath={.items[*].message}']);
    await expect.poll(events, SOON).toContain('may not get imagestreams/layers of "app" in the namespace "opt"');
    expect(await imageOf('foreign')).toBe(' ');
    const grant = ['--clusterrole=system:image-puller', '--serviceaccount=shop:default'];
    await kubectl(['create', 'rolebinding', 'pull', '-n', 'opt', ...grant]);
    const pullSpec = await push('opt');
    await expect.poll(() => imageOf('foreign'), SOON).toBe(pullSpec);
  });
});

describe('short names', () => {
  it('become the pull spec of a tag in streams that offer it', async () => {
    const pullSpec = await push('shop', 'short');
    const pod = (name: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'shop' },
      spec: { containers: [{ name: 'web', image: 'app:short' }] },
    });
    await create(pod('before'));
    const lookup = JSON.stringify({ spec: { lookupPolicy: { local: true } } });
    await kubectl(['patch', '-n', 'shop', 'imagestream/app', '--type=merge', '-p', lookup]);
    await create(pod('after'));
    expect(await read('shop', 'pod/before', '.spec.containers[0].image')).toBe('app:short');
    expect(await read('shop', 'pod/after', '.spec.containers[0].image')).toBe(pullSpec);
    const digest = pullSpec.slice(pullSpec.indexOf('@') + 1);
    await kubectl(['annotate', `images.image.openshift.io/${digest}`, 'images.openshift.io/deny-execution=true']);
    await expect(create(pod('denied'))).rejects.toThrow(/has the annotation images.openshift.io\/deny-execution/);
  });
});

describe('pull secrets', () => {
  it('let the pods of a service account log in to the registry', async () => {
    const secretOf = () => read('shop', 'serviceaccount/default', '.imagePullSecrets[0].name');
    await expect.poll(secretOf, SOON).toMatch(/^default-dockercfg-/);
    const encoded = await read('shop', `secret/${await secretOf()}`, '.data.\\.dockercfg');
    const config = JSON.parse(Buffer.from(encoded, 'base64').toString()) as Record<string, { auth: string }>;
    const auth = config[cluster.registryAddress]?.auth ?? '';
    const registry = { url: `http://${cluster.registryAddress}` };
    const answer = await requestTo(registry, '/v2/', { headers: { authorization: `Basic ${auth}` } });
    expect(answer.status).toBe(200);
  });
});
