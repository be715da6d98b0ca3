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
  MEDIA_TYPES,
  pushBlob,
  pushManifest,
  pushTree,
  requestTo,
  requireProgram,
  runProgram,
  startCluster,
  temporaryFolder,
  tokenOf,
  writeOciLayout,
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

  it('moves the tags of the stream that follow, and no copy in another one', async () => {
    const [one, two] = [createImage({ seed: 'first' }), createImage({ seed: 'second' })];
    await pushTree(target('shop'), 'shop/followed', one, 'v1');
    const tagAs = (name: string, from: string) => ({ name, from: { kind: 'ImageStreamTag', name: from } });
    const streams = { followed: tagAs('prod', 'v1'), copied: tagAs('prod', 'followed:v1') };
    const apiVersion = 'image.openshift.io/v1';
    const copied = { apiVersion, kind: 'ImageStream', metadata: { name: 'copied' }, spec: { tags: [streams.copied] } };
    await cluster.kubectl(['create', '-n', 'shop', '-f', '-'], { input: JSON.stringify(copied) });
    const patch = JSON.stringify({ spec: { tags: [streams.followed] } });
    await kubectl('patch', 'is', 'followed', '-n', 'shop', '--type=merge', '-p', patch);
    await pushTree(target('shop'), 'shop/followed', two, 'v1');
    const [newer, older] = [two.descriptor.digest, one.descriptor.digest];
    expect(await tagsOf('followed')).toEqual({ v1: [newer, older], prod: [newer, older] });
    expect(await tagsOf('copied')).toEqual({ prod: [older] });
    const { headers } = await ask('shop', '/v2/shop/followed/manifests/prod', { method: 'HEAD' });
    expect(headers['docker-content-digest']).toBe(newer);
  });

  it('tells the API which blobs the image has', async () => {
    const image = createImage({ seed: 'layered', layers: 2 });
    await pushTree(target('shop'), 'shop/layered', image, 'v1');
    const path = '/apis/image.openshift.io/v1/namespaces/shop/imagestreams/layered/layers';
    const { blobs, images } = JSON.parse(await kubectl('get', '--raw', path)) as {
      blobs: Record<string, { size?: number; mediaType: string }>;
      images: Record<string, { layers: string[]; config: string }>;
    };
    const [config = '', ...layers] = image.blobs.map(({ descriptor }) => descriptor.digest);
    expect(images).toEqual({ [image.descriptor.digest]: { layers, config } });
    expect(Object.keys(blobs).sort()).toEqual([image.descriptor.digest, config, ...layers].sort());
    for (const { descriptor, bytes } of image.blobs.slice(1)) {
      expect(blobs[descriptor.digest]).toEqual({ size: bytes.length, mediaType: descriptor.mediaType });
    }
  });

  it('may be of Docker schema 2 or OCI, as skopeo makes them of each other', async () => {
    const image = createImage({ seed: 'formats', layers: 2 });
    const [layout, pulled] = ['layout', 'pulled'].map((name) => join(temporaryFolder(name), name));
    await writeOciLayout(layout!, { image });
    const skopeo = await requireProgram('skopeo', 'skopeo');
    const copy = (...args: string[]) => runProgram(skopeo, ['copy', '--insecure-policy', '-q', ...args]);
    const credentials = `x:${tokens['shop']}`;
    for (const [format, mediaType] of [
      ['v2s2', MEDIA_TYPES.docker.manifest],
      ['oci', MEDIA_TYPES.oci.manifest],
    ] as const) {
      const at = `docker://${cluster.registryAddress}/shop/formats:${format}`;
      const to = ['--dest-tls-verify=false', '--dest-creds', credentials, '--format', format];
      await copy(...to, `oci:${layout}:image`, at);
      const stored = JSON.parse(await kubectl('get', 'istag', `formats:${format}`, '-n', 'shop', '-o', 'json')) as {
        image: { dockerImageManifestMediaType: string; dockerImageLayers: { name: string }[] };
      };
      expect(stored.image.dockerImageManifestMediaType).toBe(mediaType);
      expect(stored.image.dockerImageLayers).toHaveLength(2);
      await copy('--src-tls-verify=false', '--src-creds', credentials, at, `dir:${pulled}-${format}`);
    }
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

it('a stream of 5,000 tags lists them in pages, tells each, and loses the one that is deleted', async () => {
  const image = createImage({ seed: 'many' });
  await pushTree(target('shop'), 'shop/many', image, 'v0');
  // Each push would be one more of 5,000 requests.
  const stream = JSON.parse(await kubectl('get', 'is', 'many', '-n', 'shop', '-o', 'json')) as Stream;
  const [pushed] = stream.status.tags ?? [];
  const tags = Array.from({ length: 5000 }, (_, index) => `t${String(index).padStart(4, '0')}`);
  stream.status.tags = [...tags, 'v0'].map((tag) => ({ ...pushed!, tag }));
  const file = join(temporaryFolder('status'), 'stream.json');
  await writeFile(file, JSON.stringify(stream));
  const path = '/apis/image.openshift.io/v1/namespaces/shop/imagestreams/many/status';
  await kubectl('replace', '--raw', path, '-f', file);
  const names: string[] = [];
  for (let path: string | undefined = '/v2/shop/many/tags/list?n=1000'; path !== undefined;) {
    const answer = await ask('shop', path);
    names.push(...(jsonOf(answer) as { tags: string[] }).tags);
    path = /<(.*)>/.exec(String(answer.headers['link'] ?? ''))?.[1];
  }
  expect(names).toEqual([...tags, 'v0']);
  expect(await status('shop', '/v2/shop/many/manifests/t4999')).toBe(200);
  expect(await status('admin', '/v2/shop/many/manifests/t2500', 'DELETE')).toBe(202);
  expect(await status('shop', '/v2/shop/many/manifests/t2500')).toBe(404);
  const { tags: left } = jsonOf(await ask('shop', '/v2/shop/many/tags/list?n=2&last=t2498')) as { tags: string[] };
  expect(left).toEqual(['t2499', 't2501']);
  expect(Object.keys(await tagsOf('many'))).toHaveLength(5000);
});
