import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import {
  blobOf,
  createArtifact,
  createIndex,
  createManifest,
  digestOf,
  EMPTY_CONFIG_TYPE,
  findProgram,
  getManifest,
  jsonOf,
  locationOf,
  MEDIA_TYPES,
  pushImage,
  pushManifest,
  pushTree,
  referrersTagOf,
  requestTo,
  runProgram,
  type GeneratedManifest,
  type Longshore,
} from '@longshore/testkit';
import { ask, Journey } from './journey.js';

const SBOM = 'application/vnd.example.sbom.v1';
const SIGNATURE = 'application/vnd.example.signature.v1';

interface Referrer {
  mediaType: string;
  digest: string;
  size: number;
  artifactType?: string;
  annotations?: Record<string, string>;
}

const journey = new Journey();
let registry: Longshore;

beforeAll(async () => {
  registry = await journey.longshore();
});
afterAll(() => journey.end());

async function referrersOf(repository: string, subject: GeneratedManifest, query = '') {
  const response = await ask(registry, `/v2/${repository}/referrers/${subject.descriptor.digest}${query}`);
  expect(response.status).toBe(200);
  expect(response.headers['content-type']).toBe(MEDIA_TYPES.oci.index);
  const { manifests } = jsonOf(response) as { manifests: Referrer[] };
  return { manifests, digests: manifests.map(({ digest }) => digest).sort(), headers: response.headers };
}

function attached(subject: GeneratedManifest, artifactType: string, text: string, annotations = {}) {
  return createArtifact({ content: Buffer.from(text), artifactType, subject: subject.descriptor, annotations });
}

const digestsOf = (...manifests: GeneratedManifest[]) => manifests.map(({ descriptor }) => descriptor.digest).sort();

describe('what oras sends', () => {
  it('attaches artifacts and discovers them, with and without a filter', async () => {
    const image = await pushImage(registry, 'oras/attach', 'v1', { seed: 'oras' });
    const annotations = { 'org.opencontainers.image.created': '2026-01-02T03:04:05Z' };
    const sbom = attached(image, SBOM, 'parts', annotations);
    const signature = attached(image, SIGNATURE, 'signed');
    for (const artifact of [sbom, signature]) {
      const response = await pushTree(registry, 'oras/attach', artifact);
      expect(response.headers['oci-subject']).toBe(image.descriptor.digest);
    }

    const all = await referrersOf('oras/attach', image);
    expect(all.digests).toEqual(digestsOf(sbom, signature));
    expect(all.headers['oci-filters-applied']).toBeUndefined();

    const filtered = await referrersOf('oras/attach', image, `?artifactType=${encodeURIComponent(SBOM)}`);
    const { mediaType, digest, size } = sbom.descriptor;
    expect(filtered.manifests).toEqual([{ mediaType, digest, size, artifactType: SBOM, annotations }]);
    expect(filtered.headers['oci-filters-applied']).toBe('artifactType');

    expect((await referrersOf('oras/attach', image, '?artifactType=none/such')).manifests).toEqual([]);
  });

  it('takes the type of the configuration where an artifact names none', async () => {
    const image = await pushImage(registry, 'oras/typeless', 'v1', { seed: 'typeless' });
    const { platform: _, ...subject } = image.descriptor;
    const config = blobOf(Buffer.from('{}'), 'application/vnd.example.config.v1+json');
    const artifact = createManifest('oci', config, [blobOf(Buffer.from('x'))], { subject });
    await pushTree(registry, 'oras/typeless', artifact);
    const { manifests } = await referrersOf('oras/typeless', image);
    expect(manifests.map((referrer) => referrer.artifactType)).toEqual(['application/vnd.example.config.v1+json']);
  });

  it('attaches to what is attached', async () => {
    const image = await pushImage(registry, 'oras/tree', 'v1', { seed: 'tree' });
    const sbom = attached(image, SBOM, 'parts');
    const signature = attached(sbom, SIGNATURE, 'signed parts');
    await pushTree(registry, 'oras/tree', sbom);
    await pushTree(registry, 'oras/tree', signature);
    expect((await referrersOf('oras/tree', image)).digests).toEqual(digestsOf(sbom));
    expect((await referrersOf('oras/tree', sbom)).digests).toEqual(digestsOf(signature));
  });

  it('forgets a referrer that is deleted, and keeps the others', async () => {
    const image = await pushImage(registry, 'oras/delete', 'v1', { seed: 'delete' });
    const [one, two] = [attached(image, SBOM, '1'), attached(image, SBOM, '2')];
    await pushTree(registry, 'oras/delete', one);
    await pushTree(registry, 'oras/delete', two);
    const deleted = await ask(registry, `/v2/oras/delete/manifests/${one.descriptor.digest}`, 'DELETE');
    expect(deleted.status).toBe(202);
    expect((await referrersOf('oras/delete', image)).digests).toEqual(digestsOf(two));
  });

  it('lists referrers that are pushed at the same time', async () => {
    const image = await pushImage(registry, 'oras/parallel', 'v1', { seed: 'parallel' });
    const artifacts = Array.from({ length: 20 }, (_, i) => attached(image, SBOM, `parallel ${i}`));
    await Promise.all(artifacts.map((artifact) => pushTree(registry, 'oras/parallel', artifact)));
    expect((await referrersOf('oras/parallel', image)).digests).toEqual(digestsOf(...artifacts));
  });

  it('merges what a client without the referrers API keeps under a tag', async () => {
    const image = await pushImage(registry, 'oras/fallback', 'v1', { seed: 'fallback' });
    const tag = referrersTagOf(image.descriptor.digest);
    const modern = attached(image, SBOM, 'by a modern client');
    const old = [attached(image, SIGNATURE, 'first of an old client'), attached(image, SIGNATURE, 'second')];
    await pushTree(registry, 'oras/fallback', modern);

    // The old client reads the list, adds its artifact, and writes the list back.
    const kept: GeneratedManifest[] = [];
    for (const artifact of old) {
      await pushTree(registry, 'oras/fallback', artifact);
      kept.push({ ...artifact, descriptor: { ...artifact.descriptor, artifactType: SIGNATURE } });
      await pushManifest(registry, 'oras/fallback', createIndex(kept), tag);
      const { manifests } = jsonOf(await getManifest(registry, 'oras/fallback', tag)) as { manifests: Referrer[] };
      expect(manifests.map(({ digest }) => digest)).toEqual(kept.map(({ descriptor }) => descriptor.digest));
    }

    expect((await referrersOf('oras/fallback', image)).digests).toEqual(digestsOf(modern, ...old));
    const filtered = await referrersOf('oras/fallback', image, `?artifactType=${SIGNATURE}`);
    expect(filtered.digests).toEqual(digestsOf(...old));
  });

  it('keeps what refers to a tagged image when untagged manifests are collected', async () => {
    const image = await pushImage(registry, 'oras/gc', 'v1', { seed: 'gc' });
    const sbom = attached(image, SBOM, 'survives');
    await pushTree(registry, 'oras/gc', sbom);
    const stray = attached(await pushImage(registry, 'oras/gc', undefined, { seed: 'stray' }), SBOM, 'goes');
    await pushTree(registry, 'oras/gc', stray);
    await registry.collectGarbage('--delete-untagged');
    expect((await referrersOf('oras/gc', image)).digests).toEqual(digestsOf(sbom));
    expect((await getManifest(registry, 'oras/gc', sbom.descriptor.digest)).status).toBe(200);
    expect((await getManifest(registry, 'oras/gc', stray.descriptor.digest)).status).toBe(404);
  });
});

describe('what cosign sends', () => {
  /** As go-containerregistry uploads: ask, try to mount, stream, close. */
  async function stream(repository: string, bytes: Buffer, from: string): Promise<void> {
    const digest = digestOf(bytes);
    expect((await ask(registry, `/v2/${repository}/blobs/${digest}`, 'HEAD')).status).toBe(404);
    const opened = await ask(registry, `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${from}`, 'POST');
    expect(opened.status).toBe(202);
    const patched = await requestTo(registry, locationOf(opened), {
      method: 'PATCH',
      headers: { 'content-type': 'application/octet-stream' },
      body: bytes,
    });
    expect(patched.status).toBe(202);
    expect((await ask(registry, locationOf(patched, { digest }), 'PUT')).status).toBe(201);
  }

  it('keeps a signature under the tag of the digest, and finds it again', async () => {
    const image = await pushImage(registry, 'cosign/tag', 'v1', { seed: 'cosign' });
    const { digest } = image.descriptor;
    const tag = `${referrersTagOf(digest)}.sig`;
    expect((await ask(registry, `/v2/cosign/tag/manifests/${tag}`)).status).toBe(404);

    const payload = Buffer.from(JSON.stringify({ critical: { image: { 'docker-manifest-digest': digest } } }));
    const layer = blobOf(payload, 'application/vnd.dev.cosign.simplesigning.v1+json');
    layer.descriptor.annotations = { 'dev.cosignproject.cosign/signature': 'MEUCIQ==' };
    const config = { architecture: '', os: '', rootfs: { type: 'layers', diff_ids: [layer.descriptor.digest] } };
    const signature = createManifest('oci', blobOf(Buffer.from(JSON.stringify(config)), MEDIA_TYPES.oci.config), [
      layer,
    ]);
    for (const { bytes } of signature.blobs) {
      await stream('cosign/tag', bytes, 'cosign/absent');
    }
    await pushManifest(registry, 'cosign/tag', signature, tag);

    const found = await getManifest(registry, 'cosign/tag', tag);
    expect(found.body.toString()).toBe(signature.bytes.toString());
    expect((await ask(registry, `/v2/cosign/tag/blobs/${layer.descriptor.digest}`)).body.toString()).toBe(
      payload.toString(),
    );
    expect((await referrersOf('cosign/tag', image)).manifests).toEqual([]);
    expect(jsonOf(await ask(registry, '/v2/cosign/tag/tags/list'))).toMatchObject({ tags: [tag, 'v1'] });

    await registry.collectGarbage('--delete-untagged');
    expect((await getManifest(registry, 'cosign/tag', tag)).status).toBe(200);
  });
});

/** A program that Debian 12 does not have: without it the test is skipped, with a line that says how to get it. */
async function optionalProgram(context: TestContext, name: string): Promise<string> {
  const path = await findProgram(name);
  context.skip(path === undefined, `${name} is not on PATH; it is in Debian 13: apt-get install ${name}`);
  return path ?? '';
}

describe('the programs themselves', () => {
  it('oras pushes, attaches, discovers and pulls', async (context) => {
    const oras = await optionalProgram(context, 'oras');
    const dir = journey.folder();
    const file = join(journey.dir, 'parts.json');
    await writeFile(file, '{"parts":[]}');
    const run = (...args: string[]) => runProgram(oras, args, { cwd: journey.dir, env: { HOME: journey.dir } });
    const reference = `${registry.address}/programs/oras:v1`;
    await run('push', '--plain-http', '--artifact-type', 'application/vnd.example', reference, 'parts.json:text/json');
    await run('attach', '--plain-http', '--artifact-type', SBOM, reference, 'parts.json:text/json');
    await run('attach', '--plain-http', '--artifact-type', SIGNATURE, reference, 'parts.json:text/json');
    const { stdout } = await run('discover', '--plain-http', '--format', 'json', '--artifact-type', SBOM, reference);
    expect(stdout).toContain(SBOM);
    expect(stdout).not.toContain(SIGNATURE);
    await run('pull', '--plain-http', '--output', dir, reference);

    const image = await getManifest(registry, 'programs/oras', 'v1');
    expect(jsonOf(image)).toMatchObject({ config: { mediaType: EMPTY_CONFIG_TYPE } });
    const digest = String(image.headers['docker-content-digest']);
    const referrers = jsonOf(await ask(registry, `/v2/programs/oras/referrers/${digest}`)) as { manifests: Referrer[] };
    expect(referrers.manifests.map(({ artifactType }) => artifactType).sort()).toEqual([SBOM, SIGNATURE]);
    // The program saw that the registry lists referrers, and left no list of its own.
    const { tags } = jsonOf(await ask(registry, '/v2/programs/oras/tags/list')) as { tags: string[] };
    expect(tags).toEqual(['v1']);
  });

  it.for([
    { where: 'under a tag', sign: [], verify: [], kept: { lists: 1, referrers: 0 } },
    {
      where: 'as a referrer',
      sign: ['--registry-referrers-mode', 'oci-1-1'],
      verify: ['--experimental-oci11'],
      kept: { lists: 0, referrers: 1 },
    },
  ])('cosign signs, keeps the signature $where, and verifies', async ({ where, sign, verify, kept }, context) => {
    const cosign = await optionalProgram(context, 'cosign');
    const dir = journey.folder();
    await mkdir(dir);
    const env = { HOME: dir, COSIGN_PASSWORD: 'secret', COSIGN_EXPERIMENTAL: '1' };
    const run = (...args: string[]) => runProgram(cosign, args, { cwd: dir, env });
    const repository = `programs/${where.replaceAll(' ', '-')}`;
    const image = await pushImage(registry, repository, 'v1', { seed: where });
    const other = await pushImage(registry, repository, 'v2', { seed: `not signed ${where}` });
    const referenceOf = ({ descriptor }: GeneratedManifest) => `${registry.address}/${repository}@${descriptor.digest}`;
    const http = '--allow-http-registry';

    await run('generate-key-pair');
    await run('sign', '--yes', '--tlog-upload=false', ...sign, http, '--key', 'cosign.key', referenceOf(image));
    const verification = ['verify', '--insecure-ignore-tlog=true', ...verify, http, '--key', 'cosign.pub'];
    expect((await run(...verification, referenceOf(image))).stdout).toContain(image.descriptor.digest);
    await expect(run(...verification, referenceOf(other))).rejects.toThrow(/no (matching )?signatures/);

    const { tags } = jsonOf(await ask(registry, `/v2/${repository}/tags/list`)) as { tags: string[] };
    const { manifests } = await referrersOf(repository, image);
    expect({ lists: tags.length - 2, referrers: manifests.length }).toEqual(kept);
  });
});
