import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addUsers,
  blobOf,
  createArtifact,
  createContainerTools,
  createImage,
  createIndex,
  createManifest,
  kubeadminPassword,
  MEDIA_TYPES,
  pushTree,
  requestTo,
  requireProgram,
  runLongshore,
  startCluster,
  startProcess,
  temporaryFolder,
  tokenOf,
  type ContainerTools,
  type RunningCluster,
  type RunningProcess,
  type Target,
} from '@longshore/testkit';
import { buildBusybox } from './journey.js';

/** Images of the embedded cluster as API objects: who may do what, who is told, what clients see (registry.md 2 and 3). */

const IMAGE = 'localhost/hello:1';

let cluster: RunningCluster;
let tools: ContainerTools;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  cluster = await startCluster();
  tools = await createContainerTools(temporaryFolder('tools'));
  await buildBusybox(tools, IMAGE, 'ahoy');
  const names = ['viewer', 'editor', 'pusher', 'outsider'];
  await addUsers(
    cluster,
    names.map((name) => ({ name, password: `${name}'s secret` })),
  );
  for (const name of names) tokens[name] = await tokenOf(cluster, name, `${name}'s secret`);
  tokens['kubeadmin'] = await tokenOf(cluster, 'kubeadmin', kubeadminPassword(cluster));
  await kubectl('create', 'namespace', 'shop');
  await grant('viewer', 'registry-viewer');
  await grant('editor', 'registry-editor');
  await grant('pusher', 'system:image-pusher');
  // `builder` and `default` come with the namespace, a moment later.
  await kubectl('wait', '--for=create', 'serviceaccount/builder', 'serviceaccount/default', '-n', 'shop');
  for (const name of ['builder', 'default'])
    tokens[name] = (await kubectl('create', 'token', name, '-n', 'shop')).trim();
});
afterAll(() => cluster?.stop());

const kubectl = async (...args: string[]) => (await cluster.kubectl(args)).stdout;
const get = async <T>(...args: string[]) => JSON.parse(await kubectl('get', ...args, '-o', 'json')) as T;
/** `oc policy add-role-to-user ROLE USER -n NAMESPACE` */
const grantIn = (namespace: string, user: string, role: string) =>
  kubectl('create', 'rolebinding', user, `--clusterrole=${role}`, `--user=${user}`, '-n', namespace);
const grant = (user: string, role: string) => grantIn('shop', user, role);
const podman = (command: string, ...args: string[]) =>
  tools.run('podman', [command, '--tls-verify=false', ...args], { mayFail: true });
const imageAt = (repository: string) => `${cluster.registryAddress}/${repository}`;
const registry = (user: string): Target => ({
  url: `http://${cluster.registryAddress}`,
  user: { name: user, password: tokens[user] ?? '' },
});

async function logIn(user: string): Promise<void> {
  const { stdout } = await podman('login', '-u', user, '-p', tokens[user] ?? '', cluster.registryAddress);
  expect(stdout).toContain('Login Succeeded!');
}

describe('a project', () => {
  const v1 = 'shop/hello:v1';
  const DENIED = /denied|Forbidden/;

  it('takes the first push of its editor, with a stream of its own', async () => {
    await logIn('editor');
    expect((await podman('push', IMAGE, imageAt(v1))).status).toBe(0);
    const stream = await get<{ status: { dockerImageRepository: string; tags: { tag: string }[] } }>(
      'is',
      'hello',
      '-n',
      'shop',
    );
    expect(stream.status).toMatchObject({ dockerImageRepository: imageAt('shop/hello'), tags: [{ tag: 'v1' }] });
    const { image } = await get<{ image: { metadata: { name: string } } }>('istag', 'hello:v1', '-n', 'shop');
    const stored = await get<Record<string, unknown>>('images', image.metadata.name);
    expect(stored).toMatchObject({
      metadata: {
        annotations: { 'openshift.io/image.managed': 'true', 'image.openshift.io/manifestBlobStored': 'true' },
      },
      dockerImageReference: `${imageAt('shop/hello')}@${image.metadata.name}`,
      dockerImageMetadata: { kind: 'DockerImage', Architecture: 'amd64' },
      dockerImageLayers: [{ mediaType: expect.stringContaining('tar') as string }],
    });
    expect(stored).not.toHaveProperty('dockerImageManifest');
  });

  it.each([
    ['viewer', true, false],
    ['editor', true, true],
    ['pusher', true, true],
    ['builder', true, true],
    ['default', true, false],
    ['outsider', false, false],
  ])('lets %s pull: %s, push: %s', async (user, mayPull, mayPush) => {
    await logIn(user);
    const pulled = await podman('pull', imageAt(v1));
    const pushed = await podman('push', IMAGE, imageAt(v1));
    if (mayPull) expect(pulled).toMatchObject({ status: 0 });
    else expect(pulled.stderr).toMatch(DENIED);
    if (mayPush) expect(pushed).toMatchObject({ status: 0 });
    else expect(pushed.stderr).toMatch(DENIED);
  });

  it('makes no stream for who may only push', async () => {
    await logIn('pusher');
    expect((await podman('push', IMAGE, imageAt('shop/new:v1'))).stderr).toMatch(DENIED);
    await logIn('builder');
    expect((await podman('push', IMAGE, imageAt('shop/new:v1'))).status).toBe(0);
    await logIn('builder');
    expect((await podman('push', IMAGE, imageAt('nowhere/new:v1'))).stderr).toMatch(DENIED);
  });

  it('is open to all when all are let in', async () => {
    await tools.run('podman', ['logout', cluster.registryAddress]);
    expect((await podman('pull', imageAt(v1))).stderr).toMatch(/unauthorized|authentication required/);
    const role = ['--clusterrole=system:image-puller', '--group=system:unauthenticated', '-n', 'shop'];
    await kubectl('create', 'rolebinding', 'public', ...role);
    // A refusal is believed for two seconds.
    await expect
      .poll(async () => (await podman('pull', imageAt(v1))).status, { timeout: 10_000, interval: 500 })
      .toBe(0);
    await kubectl('delete', 'rolebinding', 'public', '-n', 'shop');
  });

  it('gives images of another project to who may pull there', async () => {
    await kubectl('create', 'namespace', 'test');
    await kubectl('wait', '--for=create', 'serviceaccount/default', '-n', 'test');
    tokens['tester'] = (await kubectl('create', 'token', 'default', '-n', 'test')).trim();
    await logIn('tester');
    expect((await podman('pull', imageAt(v1))).stderr).toMatch(DENIED);
    const role = ['--clusterrole=system:image-puller', '--serviceaccount=test:default', '-n', 'shop'];
    await kubectl('create', 'rolebinding', 'testers', ...role);
    await expect
      .poll(async () => (await podman('pull', imageAt(v1))).status, { timeout: 10_000, interval: 500 })
      .toBe(0);
  });

  it.each(['kube:admin', 'kubeadmin', 'anything'])('knows the administrator as %s', async (name) => {
    const { stdout } = await podman('login', '-u', name, '-p', tokens['kubeadmin'] ?? '', cluster.registryAddress);
    expect(stdout).toContain('Login Succeeded!');
    expect((await podman('pull', imageAt(v1))).status).toBe(0);
  });

  it('is pulled from with the secret that each service account has', async () => {
    const account = async () => get<{ imagePullSecrets?: { name: string }[] }>('sa', 'default', '-n', 'shop');
    await expect.poll(async () => (await account()).imagePullSecrets?.length, { timeout: 10_000 }).toBe(1);
    const [secret] = (await account()).imagePullSecrets ?? [];
    const { data } = await get<{ data: Record<string, string> }>('secret', secret?.name ?? '', '-n', 'shop');
    const config = JSON.parse(Buffer.from(data['.dockercfg'] ?? '', 'base64').toString()) as Record<
      string,
      { auth: string }
    >;
    const [name = '', token = ''] = Buffer.from(config[cluster.registryAddress]?.auth ?? '', 'base64')
      .toString()
      .split(/:(.*)/);
    expect(name).toBe('<token>');
    tokens['secret'] = token;
    await logIn('secret');
    expect((await podman('pull', imageAt(v1))).status).toBe(0);
  });
});

describe('those who watch', () => {
  const watches: RunningProcess[] = [];
  afterAll(async () => {
    for (const watch of watches) await watch.stop();
  });

  async function watch(kinds: string): Promise<RunningProcess> {
    const command = await requireProgram('kubectl', 'kubernetes-client');
    const args = ['get', kinds, '-n', 'shop', '-w', '--kubeconfig', cluster.kubeconfig];
    const process = await startProcess({ command, args, ready: { output: /hello/ } });
    watches.push(process);
    return process;
  }

  it('see a push', async () => {
    const [streams, tags] = [await watch('is'), await watch('istag')];
    const images = await watch('images');
    await logIn('builder');
    await buildBusybox(tools, 'localhost/hello:2', 'ahoy again');
    expect((await podman('push', 'localhost/hello:2', imageAt('shop/hello:v2'))).status).toBe(0);
    const { image } = await get<{ image: { metadata: { name: string } } }>('istag', 'hello:v2', '-n', 'shop');
    await streams.waitForOutput((output) => /v1,v2|v2,v1/.test(output) || undefined);
    await tags.waitForOutput((output) => output.includes('hello:v2') || undefined);
    await images.waitForOutput((output) => output.includes(image.metadata.name) || undefined);
  });

  it('list several kinds at once, and watch one, as kubectl lets them', async () => {
    const { items } = await get<{ items: { kind: string }[] }>('is,istag,images', '-n', 'shop');
    expect(new Set(items.map(({ kind }) => kind))).toEqual(new Set(['ImageStream', 'ImageStreamTag', 'Image']));
    const several = await cluster.kubectl(['get', 'is,istag,images', '-n', 'shop', '-w'], { mayFail: true });
    expect(several).toMatchObject({ status: 1, stderr: 'error: you may only specify a single resource type\n' });
  });

  it.each([
    ['deployment', 'web', 'spec.template.spec', 'deployment', ['--image=none']],
    ['cronjob', 'nightly', 'spec.jobTemplate.spec.template.spec', 'cronjob', ['--image=none', '--schedule=0 0 * * *']],
  ])('have a %s that follows a tag', async (kind, name, path, resource, flags) => {
    const trigger = [
      { from: { kind: 'ImageStreamTag', name: 'hello:live' }, fieldPath: `${path}.containers[0].image` },
    ];
    await kubectl('create', resource, name, ...flags, '-n', 'shop');
    await kubectl('annotate', kind, name, `image.openshift.io/triggers=${JSON.stringify(trigger)}`, '-n', 'shop');
    await logIn('builder');
    for (const image of [IMAGE, 'localhost/hello:2']) {
      expect((await podman('push', image, imageAt('shop/hello:live'))).status).toBe(0);
      const { status } = await get<{ status: { tags: { tag: string; items: { dockerImageReference: string }[] }[] } }>(
        'is',
        'hello',
        '-n',
        'shop',
      );
      const reference = status.tags.find(({ tag }) => tag === 'live')?.items[0]?.dockerImageReference;
      expect(reference).toContain('@sha256:');
      const field = `jsonpath={.${path}.containers[0].image}`;
      await expect
        .poll(() => kubectl('get', kind, name, '-n', 'shop', '-o', field), { timeout: 20_000 })
        .toBe(reference);
    }
  });
});

describe('tags', () => {
  const head = async (reference: string) =>
    (await requestTo(registry('editor'), `/v2/shop/hello/manifests/${reference}`, { method: 'HEAD' })).status;

  it('that are set by the API are pulled by their new name, and gone when they are deleted', async () => {
    const from = { kind: 'ImageStreamTag', name: 'hello:v1' };
    const patch = [{ op: 'add', path: '/spec/tags', value: [{ name: 'prod', from }] }];
    await kubectl('patch', 'is', 'hello', '-n', 'shop', '--type=json', '-p', JSON.stringify(patch));
    await expect.poll(() => head('prod'), { timeout: 10_000 }).toBe(200);
    await kubectl('delete', 'istag', 'hello:prod', '-n', 'shop');
    await expect.poll(() => head('prod'), { timeout: 10_000 }).toBe(404);
    expect(await head('v1')).toBe(200);
  });

  it('that are taken from another project need the right to pull there', async () => {
    await kubectl('create', 'namespace', 'bank');
    await grantIn('bank', 'editor', 'registry-editor');
    const tag = (name: string) =>
      JSON.stringify({
        apiVersion: 'image.openshift.io/v1',
        kind: 'ImageStreamTag',
        metadata: { name, namespace: 'bank' },
        tag: { name: 'v1', from: { kind: 'ImageStreamTag', namespace: 'shop', name: 'hello:v1' } },
      });
    const create = (user: string) =>
      cluster.kubectl(['create', '-f', '-', `--as=${user}`], { input: tag(`${user}s:v1`), mayFail: true });
    await grantIn('bank', 'outsider', 'registry-editor');
    const refused = await create('outsider');
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('outsiders') as string]);
    expect((await create('editor')).status).toBe(0);
  });

  it('that the registry deletes are gone from the stream', async () => {
    await logIn('builder');
    expect((await podman('push', IMAGE, imageAt('shop/hello:old'))).status).toBe(0);
    const path = '/v2/shop/hello/manifests/old';
    expect((await requestTo(registry('kubeadmin'), path, { method: 'DELETE' })).status).toBe(202);
    expect(await head('old')).toBe(404);
    const { status } = await cluster.kubectl(['get', 'istag', 'hello:old', '-n', 'shop'], { mayFail: true });
    expect(status).toBe(1);
  });

  it('are the same by longshore tag', async () => {
    const tag = async (...args: string[]) =>
      (await runLongshore(['tag', '--kubeconfig', cluster.kubeconfig, '-n', 'shop', ...args])).stdout;
    expect(await tag('hello:v1', 'hello:stable')).toMatch(/^Tag hello:stable set to hello@sha256:[0-9a-f]{64}\.\n$/);
    expect(await tag('hello:v1', 'hello:followed', '--alias')).toBe('Tag hello:followed set up to track hello:v1.\n');
    await expect.poll(() => head('stable'), { timeout: 10_000 }).toBe(200);
    await expect.poll(() => head('followed'), { timeout: 10_000 }).toBe(200);
    expect(await tag('hello:stable', '--delete')).toBe('Deleted tag shop/hello:stable.\n');
    await expect.poll(() => head('stable'), { timeout: 10_000 }).toBe(404);
  });
});

describe('what is pushed', () => {
  it('may be a list whose attestation has no platform', async () => {
    const children = ['amd64', 'arm64'].map((architecture) =>
      createImage({ seed: architecture, platform: { os: 'linux', architecture } }),
    );
    const attestation = createImage({ seed: 'attestation' });
    delete attestation.descriptor.platform;
    const index = createIndex([...children, attestation]);
    await pushTree(registry('builder'), 'shop/multi', index, 'v1');
    const { dockerImageManifests } = (
      await get<{ image: { dockerImageManifests: object[] } }>('istag', 'multi:v1', '-n', 'shop')
    ).image;
    expect(dockerImageManifests).toHaveLength(3);
    expect(dockerImageManifests.at(-1)).toMatchObject({ architecture: 'unknown', os: 'unknown' });
  });

  it('may be an artifact that refers to an image, by digest only', async () => {
    const image = createImage({ seed: 'subject' });
    await pushTree(registry('builder'), 'shop/signed', image, 'v1');
    const signature = createArtifact({
      content: Buffer.from('a signature'),
      artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      subject: image.descriptor,
    });
    await pushTree(registry('builder'), 'shop/signed', signature);
    const at = (path: string) => requestTo(registry('viewer'), `/v2/shop/signed/${path}`);
    expect((await at(`manifests/${signature.descriptor.digest}`)).status).toBe(200);
    const { manifests } = JSON.parse((await at(`referrers/${image.descriptor.digest}`)).body.toString()) as {
      manifests: object[];
    };
    expect(manifests).toMatchObject([{ digest: signature.descriptor.digest }]);
  });

  it('may be a signature of cosign under the tag of a digest', async () => {
    const image = createImage({ seed: 'cosign' });
    await pushTree(registry('builder'), 'shop/cosign', image, 'v1');
    const payload = Buffer.from(
      JSON.stringify({ critical: { image: { 'docker-manifest-digest': image.descriptor.digest } } }),
    );
    const layer = blobOf(payload, 'application/vnd.dev.cosign.simplesigning.v1+json');
    layer.descriptor.annotations = { 'dev.cosignproject.cosign/signature': 'MEUCIQ==' };
    const config = { architecture: '', os: '', rootfs: { type: 'layers', diff_ids: [layer.descriptor.digest] } };
    const signature = createManifest('oci', blobOf(Buffer.from(JSON.stringify(config)), MEDIA_TYPES.oci.config), [
      layer,
    ]);
    const tag = `${image.descriptor.digest.replace(':', '-')}.sig`;
    await pushTree(registry('builder'), 'shop/cosign', signature, tag);
    const { image: stored } = await get<{ image: { dockerImageLayers: object[] } }>(
      'istag',
      `cosign:${tag}`,
      '-n',
      'shop',
    );
    expect(stored.dockerImageLayers).toMatchObject([{ name: layer.descriptor.digest, size: payload.length }]);
    const pulled = await requestTo(registry('viewer'), `/v2/shop/cosign/blobs/${layer.descriptor.digest}`);
    expect(pulled.body.equals(payload)).toBe(true);
  });

  it('is refused beyond the limits of the project, while it comes', async () => {
    await kubectl('create', 'namespace', 'small');
    await kubectl('wait', '--for=create', 'serviceaccount/builder', '-n', 'small');
    tokens['small'] = (await kubectl('create', 'token', 'builder', '-n', 'small')).trim();
    const limits = { limits: [{ type: 'openshift.io/Image', max: { storage: '500' } }] };
    const range = {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'images', namespace: 'small' },
      spec: limits,
    };
    await cluster.kubectl(['create', '-f', '-'], { input: JSON.stringify(range) });
    const image = createImage({ seed: 'large', size: 2000 });
    await expect(pushTree(registry('small'), 'small/large', image, 'v1')).rejects.toThrow(/403 .*DENIED/);
  });
});

describe('longshore', () => {
  const longshore = (args: string[], input?: string) =>
    runLongshore(args, { mayFail: true, ...(input !== undefined && { input }) });

  it('logs in, and tells who one is and where the registry is', { timeout: 90_000 }, async () => {
    const stream = {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { name: 'any', namespace: 'shop' },
    };
    await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(stream) });
    const file = join(temporaryFolder('login'), 'config');
    const where = ['--kubeconfig', file];
    const ca = ['--certificate-authority', join(cluster.dataDir, 'pki', 'ca.crt')];
    const wrong = await longshore(
      ['login', cluster.apiUrl, '-u', 'viewer', '--password-stdin', ...ca, ...where],
      'wrong',
    );
    expect(wrong).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Login failed (401 Unauthorized)') as string,
    });
    const done = await longshore(
      ['login', cluster.apiUrl, '-u', 'viewer', '--password-stdin', ...ca, ...where],
      "viewer's secret",
    );
    expect(done.stderr).toBe('');
    expect(done.stdout).toBe(
      'Login successful.\n\nYou have one project on this server: "shop"\n\nUsing project "shop".\n',
    );
    expect((await longshore(['whoami', ...where])).stdout).toBe('viewer\n');
    const token = (await longshore(['whoami', '-t', ...where])).stdout.trim();
    expect(token).toMatch(/^sha256~/);
    expect((await longshore(['registry', 'info', ...where])).stdout).toBe(`${cluster.registryAddress}\n`);
    expect((await longshore(['login', '--token', token, ...where])).stdout).toContain(
      `as "viewer" using the token provided.`,
    );
    expect((await longshore(['login', '--token', 'sha256~none', ...where])).stderr).toContain(
      'The token provided is invalid or expired.',
    );
  });
});

describe('a registry that has another address than before', () => {
  it('serves what was copied from one stream to another', { timeout: 90_000 }, async () => {
    const before = cluster.registryAddress;
    const tag = {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStreamTag',
      metadata: { name: 'copy:a', namespace: 'shop' },
      tag: { name: 'a', from: { kind: 'ImageStreamTag', name: 'hello:v1' } },
    };
    await cluster.kubectl(['create', '-f', '-'], { input: JSON.stringify(tag) });
    await cluster.stop();
    cluster = await startCluster({ dataDir: cluster.dataDir });
    expect(cluster.registryAddress).not.toBe(before);
    tokens['default'] = (await kubectl('create', 'token', 'default', '-n', 'shop')).trim();
    const field = 'jsonpath={.status.tags[0].items[0].dockerImageReference}';
    const reference = await kubectl('get', 'is', 'copy', '-n', 'shop', '-o', field);
    expect(reference).toContain(`${imageAt('shop/copy')}@sha256:`);
    const at = (path: string) => requestTo(registry('default'), `/v2/shop/copy/${path}`);
    const manifest = await at('manifests/a');
    expect(manifest.status).toBe(200);
    const { layers } = JSON.parse(manifest.body.toString()) as { layers: { digest: string }[] };
    expect((await at(`blobs/${layers[0]?.digest}`)).status).toBe(200);
  });
});
