/** What the registry of a cluster has beside the specification: rights, mounts, signatures, the catalog, pruning (registry.md 1.10, 2, 11). */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createImage,
  createIndex,
  digestOf,
  errorCodesOf,
  jsonOf,
  kubeadminPassword,
  pushBlob,
  pushManifest,
  pushTree,
  requestTo,
  startCluster,
  temporaryFolder,
  tokenOf,
  type RequestOptions,
  type RunningCluster,
} from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let cluster: RunningCluster;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  cluster = await startCluster();
  tokens['admin'] = await tokenOf(cluster, 'kubeadmin', kubeadminPassword(cluster));
  for (const project of ['shop', 'bank']) {
    await kubectl('create', 'namespace', project);
    await kubectl('wait', '--for=create', 'serviceaccount/builder', '-n', project);
    tokens[project] = (await kubectl('create', 'token', 'builder', '-n', project)).trim();
  }
});
afterAll(() => cluster?.stop());

const kubectl = async (...args: string[]) => (await cluster.kubectl(args)).stdout;
/** `shop` and `bank`: the builders of these projects. */
const target = (user: string) => ({
  url: `http://${cluster.registryAddress}`,
  user: { name: 'x', password: tokens[user] ?? '' },
});
const ask = (user: string, path: string, options?: RequestOptions) => requestTo(target(user), path, options);
const status = async (user: string, path: string, method = 'GET') => (await ask(user, path, { method })).status;

interface Stream {
  status: { tags?: { tag: string; items: { image: string }[] }[] };
}
const tagsOf = async (name: string) => {
  const { status } = JSON.parse(await kubectl('get', 'is', name, '-n', 'shop', '-o', 'json')) as Stream;
  return Object.fromEntries((status.tags ?? []).map(({ tag, items }) => [tag, items.map(({ image }) => image)]));
};

describe('pushing', () => {
  it('the same bytes twice makes one item of history, other bytes two, newest first', async () => {
    const [one, two] = [createImage({ seed: 'one' }), createImage({ seed: 'two' })];
    for (const image of [one, one, two]) await pushTree(target('shop'), 'shop/history', image, 'v1');
    expect(await tagsOf('history')).toEqual({ v1: [two.descriptor.digest, one.descriptor.digest] });
    const { body } = await ask('shop', `/v2/shop/history/manifests/${one.descriptor.digest}`);
    expect(digestOf(body)).toBe(one.descriptor.digest);
  });

  it('is seen at once by every process', async () => {
    for (let version = 0; version < 10; version++) {
      const image = createImage({ seed: `version ${version}` });
      await pushTree(target('shop'), 'shop/fresh', image, 'latest');
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => ask('shop', '/v2/shop/fresh/manifests/latest', { method: 'HEAD' })),
      );
      for (const { headers } of answers) expect(headers['docker-content-digest']).toBe(image.descriptor.digest);
    }
  });

  it('needs two components of a name', async () => {
    for (const name of ['app', 'shop/app/part']) {
      expect(errorCodesOf(await ask('shop', `/v2/${name}/tags/list`))).toEqual(['NAME_INVALID']);
    }
  });
});

describe('mounting a blob of another project', () => {
  it.each([
    ['is an ordinary upload for who may not read it', false, 202],
    ['links it for who may', true, 201],
  ])('%s', async (_, granted, expected) => {
    const digest = await pushBlob(target('bank'), 'bank/base', Buffer.from('a layer of the bank'));
    if (granted) {
      const role = ['--clusterrole=system:image-puller', '--serviceaccount=shop:builder', '-n', 'bank'];
      await kubectl('create', 'rolebinding', 'shoppers', ...role);
    }
    const path = `/v2/shop/mounted/blobs/uploads/?mount=${digest}&from=bank/base`;
    // A refusal is believed for two seconds.
    await expect.poll(() => status('shop', path, 'POST'), { timeout: 10_000, interval: 500 }).toBe(expected);
  });
});

describe('signatures', () => {
  it('are kept by the API for who may sign', async () => {
    const image = createImage({ seed: 'signed' });
    const { digest } = image.descriptor;
    await pushTree(target('shop'), 'shop/signed', image, 'v1');
    const path = `/extensions/v2/shop/signed/signatures/${digest}`;
    const signature = { schemaVersion: 2, name: `${digest}@release`, type: 'atomic', content: 'c2lnbmVk' };
    const put = (user: string) => ask(user, path, { method: 'PUT', body: JSON.stringify(signature) });
    expect((await put('shop')).status).toBe(403);
    expect((await put('admin')).status).toBe(201);
    expect(errorCodesOf(await put('admin'))).toEqual(['SIGNATURE_EXISTS']);
    expect(jsonOf(await ask('shop', path))).toEqual({ signatures: [signature] });
    const stored = JSON.parse(await kubectl('get', 'image', digest, '-o', 'json')) as { signatures: object[] };
    expect(stored.signatures).toMatchObject([{ metadata: { name: signature.name }, type: 'AtomicImageV1' }]);
  });
});

describe('the catalog', () => {
  it('lists the streams of all projects to who may', async () => {
    const image = createImage({ seed: 'listed' });
    await pushTree(target('shop'), 'shop/listed', image, 'v1');
    await pushTree(target('bank'), 'bank/listed', image, 'v1');
    const { repositories } = jsonOf(await ask('admin', '/v2/_catalog?n=1000')) as { repositories: string[] };
    expect(repositories).toEqual([...repositories].sort());
    expect(repositories).toEqual(expect.arrayContaining(['bank/listed', 'shop/listed']));
    const paged: string[] = [];
    for (let path: string | undefined = '/v2/_catalog?n=2'; path !== undefined;) {
      const answer = await ask('admin', path);
      paged.push(...(jsonOf(answer) as { repositories: string[] }).repositories);
      path = /<(.*)>/.exec(String(answer.headers['link'] ?? ''))?.[1];
    }
    expect(paged).toEqual(repositories);
    expect(await status('shop', '/v2/_catalog')).toBe(403);
  });
});

describe('deleting', () => {
  it('a manifest takes its tags from the stream, unless a list needs it', async () => {
    const child = createImage({ seed: 'child', platform: { os: 'linux', architecture: 'amd64' } });
    const list = createIndex([child]);
    await pushTree(target('shop'), 'shop/deleted', list, 'multi');
    await pushManifest(target('shop'), 'shop/deleted', child, 'single');
    const path = (reference: string) => `/v2/shop/deleted/manifests/${reference}`;
    expect(await status('shop', path(child.descriptor.digest), 'DELETE')).toBe(403);
    expect(await status('admin', path(child.descriptor.digest), 'DELETE')).toBe(405);
    expect(await status('admin', path(list.descriptor.digest), 'DELETE')).toBe(202);
    expect(await status('admin', path(child.descriptor.digest), 'DELETE')).toBe(202);
    expect(await tagsOf('deleted')).toEqual({});
    for (const reference of ['multi', 'single', child.descriptor.digest]) {
      expect(await status('shop', path(reference))).toBe(404);
    }
  });

  it('the content of a blob takes the right to delete images', async () => {
    const path = `/admin/blobs/${digestOf(Buffer.from('nowhere'))}`;
    expect(await status('shop', path, 'DELETE')).toBe(403);
    expect(await status('admin', path, 'DELETE')).toBe(204);
  });
});

it('a stream of 4,000 tags lists them in pages, and tells each', async () => {
  const image = createImage({ seed: 'many' });
  await pushTree(target('shop'), 'shop/many', image, 'v0');
  const from = { kind: 'ImageStreamTag', name: 'many:v0' };
  const tags = Array.from({ length: 4000 }, (_, index) => ({ name: `t${String(index).padStart(4, '0')}`, from }));
  const file = join(temporaryFolder('patch'), 'tags.json');
  await writeFile(file, JSON.stringify({ spec: { tags } }));
  await kubectl('patch', 'is', 'many', '-n', 'shop', '--type=merge', `--patch-file=${file}`);
  const names: string[] = [];
  for (let path: string | undefined = '/v2/shop/many/tags/list?n=1000'; path !== undefined;) {
    const answer = await ask('shop', path);
    names.push(...(jsonOf(answer) as { tags: string[] }).tags);
    path = /<(.*)>/.exec(String(answer.headers['link'] ?? ''))?.[1];
  }
  expect(names).toEqual([...tags.map(({ name }) => name), 'v0']);
  expect(await status('shop', '/v2/shop/many/manifests/t3999')).toBe(200);
});
