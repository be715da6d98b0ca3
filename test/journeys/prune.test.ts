import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createArtifact,
  createImage,
  createIndex,
  errorCodesOf,
  kubeadminPassword,
  pushTree,
  requestTo,
  runLongshore,
  startCluster,
  tokenOf,
  type GeneratedManifest,
  type HttpResponse,
  type RunningCluster,
  type Target,
} from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Pruning images of the embedded cluster, as its administrator, who has a certificate and no token (registry.md 8, 11.5). */

let cluster: RunningCluster;
let registry: Target;
beforeAll(async () => {
  cluster = await startCluster();
  const token = await tokenOf(cluster, 'kubeadmin', kubeadminPassword(cluster));
  registry = { url: `http://${cluster.registryAddress}`, user: { name: 'kubeadmin', password: token } };
  for (const name of ['shop', 'lists']) await cluster.kubectl(['create', 'namespace', name]);
});
afterAll(() => cluster?.stop());

async function prune(...args: string[]): Promise<string[]> {
  const all = ['adm', 'prune', 'images', '--kubeconfig', cluster.kubeconfig, '--keep-younger-than=0', ...args];
  const { stdout } = await runLongshore(all);
  return stdout.trimEnd().split('\n').sort();
}

/** Ends the leases of all that was pushed. */
async function age(): Promise<void> {
  const root = join(cluster.dataDir, 'registry/docker/registry/v2');
  for (const { parentPath, name } of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (name === 'data' || name === 'link') await utimes(join(parentPath, name), 0, 0);
  }
}

/** A Deployment without pods whose template names an image. */
async function deploy(namespace: string, image: string): Promise<void> {
  const labels = { app: 'web' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image }] } };
  const object = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: { replicas: 0, selector: { matchLabels: labels }, template },
  };
  await cluster.kubectl(['create', '-f', '-'], { input: JSON.stringify(object) });
}

const statusOf = async (path: string) => (await requestTo(registry, path)).status;
const manifestOf = (repository: string, { descriptor }: GeneratedManifest) =>
  statusOf(`/v2/${repository}/manifests/${descriptor.digest}`);

async function historyOf(namespace: string, stream: string): Promise<string[][]> {
  const { stdout } = await cluster.kubectl(['get', 'is', stream, '-n', namespace, '-o', 'json']);
  const { status } = JSON.parse(stdout) as { status: { tags?: { items: { image: string }[] }[] } };
  return (status.tags ?? []).map(({ items }) => items.map(({ image }) => image));
}

describe('five revisions', () => {
  it('become three, and one that a workload names by digest; a dry run says so first', async () => {
    const images = ['5', '4', '3', '2', '1'].map((seed) => createImage({ seed })); // the last one is the newest
    for (const image of images) await pushTree(registry, 'shop/app', image, 'v1');
    const [fifth, fourth, ...kept] = images as [GeneratedManifest, GeneratedManifest, ...GeneratedManifest[]];
    await deploy('shop', `any.example.com/shop/app@${fourth.descriptor.digest}`);
    await age();

    const foretold = await prune('--keep-tag-revisions=3');
    expect(foretold).toContain('Deleting 1 items from image stream shop/app');
    expect(foretold).toContain(`Deleting image ${fifth.descriptor.digest}`);
    expect(await manifestOf('shop/app', fifth)).toBe(200);

    expect(await prune('--keep-tag-revisions=3', '--confirm')).toEqual(foretold);
    expect(await historyOf('shop', 'app')).toEqual([
      [...kept]
        .reverse()
        .concat(fourth)
        .map(({ descriptor }) => descriptor.digest),
    ]);
    expect(await manifestOf('shop/app', fifth)).toBe(404);
    for (const blob of fifth.blobs) expect(await statusOf(`/v2/shop/app/blobs/${blob.descriptor.digest}`)).toBe(404);
    for (const image of [fourth, ...kept]) expect(await manifestOf('shop/app', image)).toBe(200);
    expect(await prune('--keep-tag-revisions=3', '--confirm')).toEqual(['Summary: deleted 0 objects']);
  });
});

it('leaves tags that only note a pull spec', async () => {
  const from = { kind: 'DockerImage', name: 'quay.io/org/app:v1' };
  const stream = {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: 'noted', namespace: 'shop' },
    spec: { tags: [{ name: 'v1', reference: true, from }] },
  };
  await cluster.kubectl(['create', '-f', '-'], { input: JSON.stringify(stream) });
  await prune('--keep-tag-revisions=1', '--confirm', '-n', 'shop');
  expect(await historyOf('shop', 'noted')).toEqual([['']]);
});

describe('lists and signatures', () => {
  it('stay whole while a workload uses one child, and go together when none does', async () => {
    const children = ['amd64', 'arm64'].map((architecture) =>
      createImage({ seed: architecture, platform: { os: 'linux', architecture } }),
    );
    const list = createIndex(children);
    const signature = createArtifact({
      content: Buffer.from('a signature'),
      artifactType: 'application/x.signature',
      subject: list.descriptor,
    });
    await pushTree(registry, 'lists/app', list, 'v1');
    const cosigned = createImage({ seed: 'a signature of cosign' });
    await pushTree(registry, 'lists/app', signature);
    await pushTree(registry, 'lists/app', cosigned, `${list.descriptor.digest.replace(':', '-')}.sig`);
    await pushTree(registry, 'lists/app', createImage({ seed: 'newer' }), 'v1');
    const all = [list, ...children, signature, cosigned];
    await deploy('lists', `any.example.com/lists/app@${children[0]?.descriptor.digest}`);
    await age();
    await prune('--keep-tag-revisions=1', '--confirm');
    for (const manifest of all) expect(await manifestOf('lists/app', manifest)).toBe(200);

    await cluster.kubectl(['delete', 'deployment', 'web', '-n', 'lists']);
    await age();
    await prune('--keep-tag-revisions=1', '--confirm');
    for (const manifest of all) expect(await manifestOf('lists/app', manifest)).toBe(404);
  });
});

/** Takes the blobs of an image from another repository, which is allowed to fail, and puts its manifest. */
async function mountAndPut(image: GeneratedManifest, repository: string, from: string): Promise<HttpResponse> {
  for (const { descriptor } of image.blobs) {
    const query = new URLSearchParams({ mount: descriptor.digest, from });
    await requestTo(registry, `/v2/${repository}/blobs/uploads/?${query.toString()}`, { method: 'POST' });
  }
  const headers = { 'content-type': image.descriptor.mediaType };
  return requestTo(registry, `/v2/${repository}/manifests/v1`, { method: 'PUT', headers, body: image.bytes });
}

it('leaves no image without its blobs when it is pushed by mounts at the same time', { timeout: 60_000 }, async () => {
  const rounds = ['1', '2', '3'];
  const outcomes: number[] = [];
  for (const round of rounds) {
    const old = createImage({ seed: `mounted ${round}`, layers: 3 });
    const from = `shop/mounted-from-${round}`;
    for (const image of [old, createImage({ seed: `newer ${round}` })]) await pushTree(registry, from, image, 'v1');
    await age();
    const pruning = prune('--keep-tag-revisions=1', '--confirm');
    const into = `shop/mounted-into-${round}`;
    // The prune takes a second to begin: pushes from before, during and behind it.
    const answers = new Map<string, HttpResponse>();
    let isOver = false;
    const over = pruning.finally(() => (isOver = true));
    for (let at = 0; !isOver; at += 1) answers.set(`${into}-${at}`, await mountAndPut(old, `${into}-${at}`, from));
    await over;
    for (const [repository, answer] of answers) {
      outcomes.push(answer.status);
      if (answer.status !== 201) {
        expect([answer.status, errorCodesOf(answer)]).toEqual([400, expect.arrayContaining(['MANIFEST_BLOB_UNKNOWN'])]);
        continue;
      }
      for (const { descriptor } of old.blobs) {
        expect(await statusOf(`/v2/${repository}/blobs/${descriptor.digest}`)).toBe(200);
      }
    }
  }
  expect(outcomes).toContain(201);
});

it('keeps blobs that were pushed just now, and says so', async () => {
  const images = ['old', 'new'].map((seed) => createImage({ seed: `young ${seed}` }));
  for (const image of images) await pushTree(registry, 'shop/young', image, 'v1');
  const args = ['adm', 'prune', 'images', '--kubeconfig', cluster.kubeconfig, '--keep-younger-than=0', '--confirm'];
  const { stderr } = await runLongshore([...args, '--keep-tag-revisions=1']);
  expect(stderr).toContain(
    `warning: blob ${images[0]?.descriptor.digest} may be in use by a push, and stays until a later run`,
  );
  const { stdout } = await cluster.kubectl(['get', 'images', '-o', 'name']);
  expect(stdout).toContain(images[0]?.descriptor.digest);
});
