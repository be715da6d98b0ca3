import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { KubeClient, type Image } from '@longshore/kube';
import {
  createArtifact,
  createCertificateAuthority,
  createImage,
  createIndex,
  issueServerCertificate,
  pushManifest,
  pushTree,
  startDockerRegistry,
  startLongshore,
  temporaryFolder,
  writeHtpasswd,
  type DockerRegistry,
  type GeneratedManifest,
  type Longshore,
} from '@longshore/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ImportResult } from './importer.js';
import { eventually } from '../testing/workload-server.js';
import { pullSecret, startImportServer, type ImportServer } from './testing/import-server.js';
import { instantClock, openGate, type Gate } from './testing/upstreams.js';

const USER = { name: 'puller', password: 'right' };
const DEAD = '127.0.0.1:1';
const CONFIG = 'images.config.openshift.io';

const dir = temporaryFolder('imports');
let ca: string;
let plain: DockerRegistry;
let secure: DockerRegistry;
let tokens: Longshore;
let gate: Gate;
let test: ImportServer;

const arm = createImage({ seed: 'arm', platform: { os: 'linux', architecture: 'arm64' } });
const amd = createImage({ seed: 'amd', platform: { os: 'linux', architecture: 'amd64' }, layers: 2 });
const docker = createImage({ seed: 'docker', mediaTypes: 'docker' });
const artifact = createArtifact({ content: Buffer.from('{}'), artifactType: 'application/vnd.example.chart' });
const attestation = createImage({ seed: 'attestation' });
const index = createIndex([
  withDescriptor(attestation, {
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
  }),
  arm,
  amd,
]);

function withDescriptor(manifest: GeneratedManifest, more: object): GeneratedManifest {
  return { ...manifest, descriptor: { ...manifest.descriptor, ...more } };
}

beforeAll(async () => {
  const authority = await createCertificateAuthority(join(dir, 'ca'));
  ca = await readFile(authority.certificate, 'utf8');
  const tls = await issueServerCertificate(authority, { dir: join(dir, 'tls') });
  const htpasswd = join(dir, 'htpasswd');
  await writeHtpasswd(htpasswd, [USER]);
  plain = await startDockerRegistry({ root: join(dir, 'plain') });
  secure = await startDockerRegistry({ root: join(dir, 'secure'), tls, htpasswd });
  tokens = await startLongshore({
    config: {
      version: 0.1,
      storage: { inmemory: {} },
      http: { addr: '127.0.0.1:0' },
      auth: { htpasswd: { realm: 'test', path: htpasswd } },
      longshore: {
        auth: {
          rules: [
            { repository: '**', users: [USER.name], actions: ['pull', 'push'] },
            { repository: 'public/**', anonymous: true, actions: ['pull'] },
          ],
        },
      },
    },
  });
  for (const [tag, manifest] of Object.entries({ amd, docker, artifact, index })) {
    await pushTree(plain, 'team/app', manifest, tag);
  }
  await pushTree({ url: secure.url, ca, user: USER }, 'team/app', amd, 'amd');
  for (const repository of ['team/app', 'public/app']) {
    await pushTree({ url: tokens.url, user: USER }, repository, amd, 'amd');
  }
  await pushTree(plain, 'teamwork/app', docker, 'amd');
  gate = await openGate(plain.url);
}, 60_000);

afterAll(async () => {
  await gate.close();
  await Promise.all([plain.stop(), secure.stop(), tokens.stop()]);
  await rm(dir, { recursive: true });
});

beforeEach(async () => {
  gate.requests = [];
  gate.failure = () => undefined;
  test = await startImportServer({ clock: instantClock(), allowAddresses: ['127.0.0.0/8'] });
});
afterEach(() => test.close());

const insecureConfig = (...insecureRegistries: string[]) =>
  test.put(CONFIG, { spec: { registrySources: { insecureRegistries } } });
const newest = async (tag = 'v1') => (await test.stream())?.status.tags?.find((list) => list.tag === tag)?.items?.[0];
const conditions = async (tag = 'v1') =>
  (await test.stream())?.status.tags?.find((list) => list.tag === tag)?.conditions;
const stored = (digest: string) => test.api.objects.get<Image>('images.image.openshift.io', '', digest);

describe('what is imported', () => {
  it.each([
    ['an OCI image', 'amd', amd],
    ['a Docker image', 'docker', docker],
    ['an artifact', 'artifact', artifact],
  ])('may be %s', async (_what, tag, manifest) => {
    const { status } = await test.pull(`${plain.address}/team/app:${tag}`, { insecure: true });
    const { digest } = manifest.descriptor;
    expect(status?.images).toMatchObject([
      { status: { status: 'Success' }, tag: 'v1', image: { metadata: { name: digest } } },
    ]);
    expect(status?.images?.[0]?.image?.dockerImageManifest).toBeUndefined();
    expect(status?.import).toEqual(await test.stream());
    expect(status?.import?.status.dockerImageRepository).toMatch(/\/proj\/app$/);
    expect(await newest()).toMatchObject({
      image: digest,
      dockerImageReference: `${plain.address}/team/app@${digest}`,
    });
    const image = await stored(digest);
    expect(image?.dockerImageManifest).toBe(manifest.bytes.toString());
    expect(image?.dockerImageLayers).toHaveLength(manifest.blobs.length - 1);
    expect((await test.stream())?.spec.tags).toMatchObject([
      { name: 'v1', generation: 1, from: { kind: 'DockerImage', name: `${plain.address}/team/app:${tag}` } },
    ]);
  });

  it('may be one image of a list, of which the user is told', async () => {
    await test.pull(`${plain.address}/team/app:index`, { insecure: true });
    expect(await newest()).toMatchObject({ image: amd.descriptor.digest });
    expect(test.warnings).toEqual([
      `"${plain.address}/team/app:index" is a list of 2 images, of which the one for linux/amd64 was imported; ` +
        'the import mode PreserveOriginal imports them all',
    ]);
  });

  it('is the image for the platform that an annotation prefers', async () => {
    const from = { kind: 'DockerImage' as const, name: `${plain.address}/team/app:index` };
    const metadata = { annotations: { 'importer.image.openshift.io/prefer-arch': 'arm64' } };
    await test.run({ images: [{ from, to: { name: 'v1' }, importPolicy: { insecure: true } }] }, { metadata });
    expect(await newest()).toMatchObject({ image: arm.descriptor.digest });
  });

  it('may be a list with all that belongs to it, attestations too', async () => {
    const { status } = await test.pull(`${plain.address}/team/app:index`, {
      insecure: true,
      importMode: 'PreserveOriginal',
    });
    const children = [attestation, arm, amd].map(({ descriptor }) => descriptor.digest);
    expect(status?.images?.[0]?.manifests?.map(({ metadata }) => metadata.name)).toEqual(children);
    expect(await newest()).toMatchObject({ image: index.descriptor.digest });
    expect((await stored(index.descriptor.digest))?.dockerImageManifests).toMatchObject([
      { os: 'unknown', architecture: 'unknown' },
      { architecture: 'arm64' },
      { architecture: 'amd64' },
    ]);
    for (const child of children) expect(await stored(child)).toBeDefined();
    expect(test.warnings).toEqual([]);
  });

  it('is all of a list or nothing', async () => {
    gate.failure = (_count, what) => (what.includes(arm.descriptor.digest) ? 404 : undefined);
    const { status } = await test.pull(`${gate.address}/team/app:index`, {
      insecure: true,
      importMode: 'PreserveOriginal',
    });
    expect(status?.images).toMatchObject([{ status: { reason: 'NotFound' } }]);
    expect(await stored(index.descriptor.digest)).toBeUndefined();
    expect(await stored(amd.descriptor.digest)).toBeUndefined();
  });

  it.each([
    ['that asks not to import', { import: false }, {}],
    ['of the API', {}, { dryRun: true }],
  ])('is nothing on a dry run %s', async (_what, spec, how) => {
    const from = { kind: 'DockerImage' as const, name: `${plain.address}/team/app:amd` };
    const images = [{ from, importPolicy: { insecure: true }, includeManifest: true }];
    const { status } = await test.run({ ...spec, images }, how);
    expect(status?.images).toMatchObject([{ tag: 'amd', image: { dockerImageManifest: amd.bytes.toString() } }]);
    expect(status?.import?.status.tags?.map(({ tag }) => tag)).toEqual('dryRun' in how ? ['amd'] : undefined);
    expect(await test.stream()).toBeUndefined();
    expect(await stored(amd.descriptor.digest)).toBeUndefined();
  });

  it('changes nothing of a stream on a dry run', async () => {
    await test.pull(`${plain.address}/team/app:amd`, { insecure: true });
    const before = await test.stream();
    const from = { kind: 'DockerImage' as const, name: `${plain.address}/team/app:docker` };
    const images = [{ from, to: { name: 'v1' }, importPolicy: { insecure: true } }];
    const { status } = await test.run({ images }, { dryRun: true });
    expect(status?.import?.status.tags?.[0]?.items?.[0]?.image).toBe(docker.descriptor.digest);
    await test.run({ import: false, images });
    expect(await test.stream()).toEqual(before);
  });
});

describe('a repository', () => {
  it('gives its first 50 tags in order, and names the others', async () => {
    const tags = Array.from({ length: 60 }, (_, minor) => `1.${minor}.0`);
    await pushTree(plain, 'many/tags', amd, 'latest');
    for (const tag of tags) await pushManifest(plain, 'many/tags', amd, tag);
    const from = { kind: 'DockerImage' as const, name: `${plain.address}/many/tags` };
    const { status } = await test.run({ repository: { from, importPolicy: { insecure: true } } });
    expect(status?.repository?.status).toMatchObject({ status: 'Success' });
    expect(status?.repository?.images?.map(({ tag }) => tag)).toEqual([
      'latest',
      ...Array.from({ length: 49 }, (_, n) => `1.${59 - n}.0`),
    ]);
    expect(status?.repository?.additionalTags).toEqual(Array.from({ length: 11 }, (_, n) => `1.${10 - n}.0`));
    expect((await test.stream())?.status.tags).toHaveLength(50);
  });

  it('tells how many of its images failed', async () => {
    gate.failure = (_count, what) => (what.endsWith('/manifests/amd') ? 404 : undefined);
    const repository = {
      from: { kind: 'DockerImage' as const, name: `${gate.address}/team/app` },
      importPolicy: { insecure: true },
    };
    const { status } = await test.run({ repository });
    const message = 'one of the images from this repository failed to import';
    expect(status?.repository?.status).toMatchObject({ status: 'Failure', reason: 'ImportFailed', message });
    expect(await conditions('amd')).toMatchObject([{ type: 'ImportSuccess', status: 'False', reason: 'NotFound' }]);
    expect(await newest('docker')).toMatchObject({ image: docker.descriptor.digest });
  });

  it('that cannot be reached says why', async () => {
    const { status } = await test.run({ repository: { from: { kind: 'DockerImage', name: `${DEAD}/team/app` } } });
    expect(status?.repository?.status).toMatchObject({ status: 'Failure', reason: 'InternalError' });
    expect(status?.repository?.status?.message).toContain(DEAD);
  });
});

describe('credentials', () => {
  beforeEach(() =>
    test.put(CONFIG, { spec: { additionalTrustedCA: { name: 'ca' } } }).then(() =>
      test.put('configmaps', {
        metadata: { name: 'ca', namespace: 'openshift-config' },
        data: { [secure.address.replace(':', '..')]: ca },
      }),
    ),
  );
  const host = (which: 'tokens' | 'secure') => (which === 'tokens' ? tokens.address : secure.address);
  const login = (which: 'tokens' | 'secure', password: string, path = '') => ({
    [`${host(which)}${path}`]: [USER.name, password] as [string, string],
  });
  const pull = (which: 'tokens' | 'secure') =>
    test.pull(`${host(which)}/team/app:amd`, which === 'tokens' ? { insecure: true } : {});

  it.each(['secure', 'tokens'] as const)('of the namespace are all tried (%s)', async (which) => {
    await test.put('secrets', pullSecret('first', login(which, 'wrong', '/team/app')));
    await test.put('secrets', pullSecret('second', login(which, USER.password)));
    const { status } = await pull(which);
    expect(status?.images).toMatchObject([{ status: { status: 'Success' } }]);
  });

  it.each(['secure', 'tokens'] as const)('of the node come behind those of the namespace (%s)', async (which) => {
    await test.put('secrets', pullSecret('first', login(which, 'wrong')));
    const metadata = { namespace: 'openshift-config' };
    await test.put('secrets', pullSecret('pull-secret', login(which, USER.password), metadata));
    expect((await pull(which)).status?.images).toMatchObject([{ status: { status: 'Success' } }]);
  });

  it('that are wrong do not keep anybody from what is for all', async () => {
    await test.put('secrets', pullSecret('mine', login('tokens', 'wrong')));
    const { status } = await test.pull(`${tokens.address}/public/app:amd`, { insecure: true });
    expect(status?.images).toMatchObject([{ status: { status: 'Success' } }]);
  });

  it('of a secret that is kept out are not used', async () => {
    const annotations = { 'openshift.io/image.excludeSecret': 'true' };
    await test.put('secrets', pullSecret('mine', login('secure', USER.password), { annotations }));
    expect((await pull('secure')).status?.images).toMatchObject([{ status: { reason: 'Unauthorized' } }]);
  });

  it.each([
    [
      'none',
      undefined,
      'you may not have access to the container image "IMAGE" and did not have credentials to the repository',
    ],
    ['wrong ones', 'wrong', 'incorrect username or password for image "IMAGE"'],
  ])('that are %s are told apart', async (_what, password, message) => {
    if (password !== undefined) await test.put('secrets', pullSecret('mine', login('secure', password)));
    const expected = message.replace('IMAGE', `${secure.address}/team/app:amd`);
    expect((await pull('secure')).status?.images).toMatchObject([
      { status: { status: 'Failure', reason: 'Unauthorized', message: expected, code: 401 } },
    ]);
    expect(await conditions()).toMatchObject([
      { status: 'False', reason: 'Unauthorized', message: expected, generation: 1 },
    ]);
  });
});

describe('registries', () => {
  it('without TLS must be marked as insecure', async () => {
    const from = `${plain.address}/team/app:amd`;
    expect((await test.pull(from)).status?.images).toMatchObject([
      {
        status: {
          reason: 'BadRequest',
          message: `registry ${plain.address} is HTTP only and requires the insecure flag to import`,
        },
      },
    ]);
    await insecureConfig(plain.address);
    expect((await test.pull(from)).status?.images).toMatchObject([{ status: { status: 'Success' } }]);
    expect(await conditions()).toBeUndefined();
  });

  it('with a certificate that nobody vouches for must be marked, too', async () => {
    await test.put('secrets', pullSecret('mine', { [secure.address]: [USER.name, USER.password] }));
    const from = `${secure.address}/team/app:amd`;
    expect((await test.pull(from)).status?.images).toMatchObject([{ status: { status: 'Failure' } }]);
    expect((await test.pull(from, { insecure: true })).status?.images).toMatchObject([
      { status: { status: 'Success' } },
    ]);
  });

  it('that fail now and then are asked again', async () => {
    gate.failure = (count) => (count % 3 === 0 ? 503 : undefined);
    const { status } = await test.pull(`${gate.address}/team/app:index`, {
      insecure: true,
      importMode: 'PreserveOriginal',
    });
    expect(status?.images).toMatchObject([{ status: { status: 'Success' } }]);
  });

  it('that are blocked are never asked', async () => {
    await test.put(CONFIG, { spec: { registrySources: { blockedRegistries: [gate.address] } } });
    const { status } = await test.pull(`${gate.address}/team/app:amd`, { insecure: true });
    expect(status?.images?.[0]?.status).toMatchObject({ reason: 'Forbidden', code: 403 });
    expect(status?.images?.[0]?.status.message).toContain(`registry ${gate.address} blocked`);
    expect(gate.requests).toEqual([]);
  });

  it('that do not have the image say so in the words of OpenShift', async () => {
    const { status } = await test.pull(`${plain.address}/team/app:none`, { insecure: true });
    expect(status?.images?.[0]?.status).toMatchObject({
      reason: 'NotFound',
      message: `dockerimage.image.openshift.io "${plain.address}/team/app:none" not found`,
    });
  });
});

describe('mirrors', () => {
  const sets = async (source: string, mirrors: string[], mirrorSourcePolicy?: string) => {
    const entries = [{ source, mirrors, ...(mirrorSourcePolicy && { mirrorSourcePolicy }) }];
    await test.put('imagetagmirrorsets.config.openshift.io', { spec: { imageTagMirrors: entries } });
    await insecureConfig(plain.address, gate.address);
  };
  const result = async (from: string) => (await test.pull(from)).status?.images?.[0];

  it('are asked before the source, which stays in the references', async () => {
    await sets(`${gate.address}/team`, [`${plain.address}/team`]);
    expect(await result(`${gate.address}/team/app:amd`)).toMatchObject({
      image: { dockerImageReference: `${gate.address}/team/app@${amd.descriptor.digest}` },
    });
    expect(gate.requests).toEqual([]);
  });

  it('that are dead give way to the source', async () => {
    await sets(`${gate.address}/team`, [`${DEAD}/team`]);
    expect(await result(`${gate.address}/team/app:amd`)).toMatchObject({ status: { status: 'Success' } });
  });

  it('that are dead do not where the source must not be contacted', async () => {
    await sets(`${gate.address}/team`, [`${DEAD}/team`], 'NeverContactSource');
    expect(await result(`${gate.address}/team/app:amd`)).toMatchObject({ status: { status: 'Failure' } });
    expect(gate.requests).toEqual([]);
  });

  it('of a path do not stand for what only begins alike', async () => {
    await sets(`${gate.address}/team`, [`${DEAD}/team`], 'NeverContactSource');
    expect(await result(`${gate.address}/teamwork/app:amd`)).toMatchObject({ status: { status: 'Success' } });
  });

  it.each([
    ['imagedigestmirrorsets.config.openshift.io', 'imageDigestMirrors'],
    ['imagecontentsourcepolicies.operator.openshift.io', 'repositoryDigestMirrors'],
  ])('for digests come from %s', async (resource, field) => {
    await insecureConfig(plain.address, gate.address);
    await test.put(resource, {
      spec: { [field]: [{ source: `${gate.address}/team`, mirrors: [`${plain.address}/team`] }] },
    });
    expect(await result(`${gate.address}/team/app@${amd.descriptor.digest}`)).toMatchObject({
      status: { status: 'Success' },
    });
    expect(gate.requests).toEqual([]);
    expect(await result(`${gate.address}/team/app:amd`)).toMatchObject({ status: { status: 'Success' } });
    expect(gate.requests).not.toEqual([]);
  });
});

describe('the addresses of the inside', () => {
  const closed = async (open: string[], config?: object) => {
    await test.close();
    test = await startImportServer({ clock: instantClock(), allowAddresses: open });
    if (config !== undefined) await test.put(CONFIG, { spec: config });
  };
  const pull = () => test.pull(`${plain.address}/team/app:amd`, { insecure: true });

  it('are closed for users, and no request is made', async () => {
    await closed([]);
    expect((await test.pull(`${gate.address}/team/app:amd`, { insecure: true })).status?.images).toMatchObject([
      { status: { status: 'Failure', reason: 'Forbidden' } },
    ]);
    expect(gate.requests).toEqual([]);
  });

  it.each<[string, () => object]>([
    ['insecure', () => ({ registrySources: { insecureRegistries: [plain.address] } })],
    ['one to import from', () => ({ allowedRegistriesForImport: [{ domainName: plain.address, insecure: true }] })],
    ['allowed', () => ({ registrySources: { allowedRegistries: [plain.address] } })],
  ])('are open for a registry that the configuration names as %s', async (_what, config) => {
    await closed([], config());
    expect((await pull()).status?.images).toMatchObject([{ status: { status: 'Success' } }]);
  });

  it('are open for who may create images, unless they import for somebody else', async () => {
    await closed([]);
    const images = [
      {
        from: { kind: 'DockerImage' as const, name: `${plain.address}/team/app:amd` },
        importPolicy: { insecure: true },
      },
    ];
    const free = await test.run({ images }, { client: test.root });
    expect(free.status?.images).toMatchObject([{ status: { status: 'Success' } }]);
    const metadata = { annotations: { 'image.longshore.dev/import-for': 'proj/app' } };
    const bound = await test.run({ images }, { client: test.root, metadata });
    expect(bound.status?.images).toMatchObject([{ status: { reason: 'Forbidden' } }]);
  });
});

describe('the API', () => {
  const image = (name: string, kind = 'DockerImage') => ({ from: { kind: kind as 'DockerImage', name } });

  it.each<[string, object, string]>([
    ['nothing to import', {}, 'spec: Required value: name a repository or at least one image to import'],
    [
      'another kind',
      { images: [image('a', 'ImageStreamTag')] },
      'spec.images[0].from.kind: Unsupported value: "ImageStreamTag": supported values: "DockerImage"',
    ],
    [
      'a repository with a tag',
      { repository: image('quay.io/a/b:c') },
      'spec.repository.from.name: Invalid value: "quay.io/a/b:c": a repository has no tag',
    ],
    [
      'a name that is no tag',
      { images: [{ ...image('a'), to: { name: '-' } }] },
      'spec.images[0].to.name: Invalid value: "-"',
    ],
  ])('refuses %s', async (_what, spec, message) => {
    await expect(test.run(spec)).rejects.toMatchObject({
      reason: 'Invalid',
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('tells of a name that cannot be read, and imports the others', async () => {
    const images = [
      image('UPPER/case'),
      { ...image(`${plain.address}/team/app:amd`), importPolicy: { insecure: true } },
      image('*'),
    ];
    const { status } = await test.run({ images });
    expect(status?.images).toMatchObject([
      { status: { reason: 'Invalid' } },
      { status: { status: 'Success' }, tag: 'amd' },
      { status: { status: 'Success' } },
    ]);
    expect((await test.stream())?.status.tags?.map(({ tag }) => tag)).toEqual(['amd', 'latest']);
  });

  it('refuses registries that are not on the list, but for who may create images', async () => {
    await test.put(CONFIG, { spec: { allowedRegistriesForImport: [{ domainName: 'quay.io' }] } });
    const spec = { images: [{ ...image(`${plain.address}/team/app:amd`), importPolicy: { insecure: true } }] };
    await expect(test.run(spec)).rejects.toMatchObject({
      reason: 'Invalid',
      details: { causes: [{ field: 'spec.images[0].from.name', reason: 'FieldValueForbidden' }] },
    });
    expect((await test.run(spec, { client: test.root })).status?.images).toMatchObject([
      { status: { status: 'Success' } },
    ]);
  });

  it('writes into the stream that was meant, and no other', async () => {
    await test.pull(`${plain.address}/team/app:amd`, { insecure: true });
    const { uid = '', resourceVersion = '' } = (await test.stream())?.metadata ?? {};
    const spec = {
      images: [{ ...image(`${gate.address}/team/app:docker`), to: { name: 'v1' }, importPolicy: { insecure: true } }],
    };
    const conflict = { reason: 'Conflict' };
    await expect(test.run(spec, { metadata: { uid: 'other' } })).rejects.toMatchObject(conflict);
    await expect(test.run(spec, { metadata: { resourceVersion: '1' } })).rejects.toMatchObject(conflict);
    await expect(test.run(spec, { metadata: { name: 'none', uid } })).rejects.toMatchObject(conflict);
    expect(gate.requests).toEqual([]);
    const { status } = await test.run(spec, { metadata: { uid, resourceVersion } });
    expect(status?.import?.metadata.uid).toBe(uid);
    expect(await newest()).toMatchObject({ image: docker.descriptor.digest });
  });

  it('runs so many imports of a user at a time, and no more', async () => {
    await test.close();
    let finish = () => {};
    const result = new Promise<ImportResult>((resolve) => {
      finish = () => resolve({ images: [], warnings: [] });
    });
    let begun = 0;
    const importer = {
      import: () => {
        begun += 1;
        return result;
      },
      digests: () => Promise.resolve([]),
    };
    test = await startImportServer({ importer });
    const name = (number: number) => ({ metadata: { name: `app${number}` } });
    const spec = { images: [image('quay.io/a/b:c')] };
    const quick = new KubeClient(test.api.transport({ username: 'alice', groups: [] }), { retry: { attempts: 1 } });
    const running = Array.from({ length: 20 }, (_, n) => test.run(spec, { ...name(n), client: quick }));
    await eventually(
      () => Promise.resolve(begun),
      (count) => count === 20,
    );
    const refused = await test.run(spec, { ...name(20), client: quick }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ reason: 'TooManyRequests' });
    const free = test.run(spec, { ...name(21), client: test.root });
    finish();
    await Promise.all([...running, free]);
    await test.run(spec, { ...name(20), client: quick });
    await quick.close();
  });

  it('lets in no image that is larger than a limit range allows', async () => {
    const limits = [{ type: 'openshift.io/Image', max: { storage: '100' } }];
    await test.put('limitranges', { metadata: { name: 'small' }, spec: { limits } });
    const { status } = await test.pull(`${plain.address}/team/app:amd`, { insecure: true });
    expect(status?.images).toMatchObject([{ status: { reason: 'Forbidden' } }]);
    expect(await stored(amd.descriptor.digest)).toBeUndefined();
    expect(await conditions()).toMatchObject([{ reason: 'Forbidden' }]);
  });
});
