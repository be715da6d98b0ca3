import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createArtifact,
  createImage,
  createIndex,
  digestOf,
  digestOfPulledBlob,
  getManifest,
  jsonOf,
  locationOf,
  pushBlob,
  pushImage,
  pushManifest,
  pushTree,
  referrersTagOf,
  requestTo,
  startUpload,
  writeOciLayout,
  type ContainerTools,
  type DockerRegistry,
  type GeneratedManifest,
  type Longshore,
  type RunningRegistry,
} from '@longshore/testkit';
import { ask, Journey } from './journey.js';
import { snapshotOf, type Snapshot } from './snapshot.js';

const platform = (architecture: string) => ({ os: 'linux', architecture });

const IMAGE = createImage({ seed: 'layout image', layers: 3, size: 5000 });
const INDEX = createIndex([
  createImage({ seed: 'layout amd64', platform: platform('amd64') }),
  createImage({ seed: 'layout arm64', platform: platform('arm64') }),
]);
/** Old clients leave the media type out. */
const BARE = (() => {
  const bytes = Buffer.from(IMAGE.bytes.toString().replace(/"mediaType":"[^"]*",/, ''));
  return { ...IMAGE, bytes, descriptor: { ...IMAGE.descriptor, digest: digestOf(bytes), size: bytes.length } };
})();
const UNTAGGED = createImage({ seed: 'layout untagged' });
const SIGNATURE = createArtifact({
  content: Buffer.from('a signature'),
  artifactType: 'application/vnd.example.signature',
  subject: IMAGE.descriptor,
});
const SBOM = createArtifact({
  content: Buffer.from('a list of parts'),
  artifactType: 'application/vnd.example.sbom',
  subject: IMAGE.descriptor,
});

/** Manifests that no tag of `fill` leads to. */
const WITHOUT_TAG = { 'library/untagged': [UNTAGGED.descriptor.digest], artifacts: [SBOM.descriptor.digest] };

/** What clients of all kinds push. */
async function fill(registry: RunningRegistry, tools: ContainerTools, dir: string): Promise<void> {
  const skopeo = async (name: string, reference: string, ...flags: string[]) => {
    const target = `docker://${registry.address}/${reference}`;
    await tools.run('skopeo', ['copy', '--dest-tls-verify=false', ...flags, `oci:${dir}:${name}`, target]);
  };
  await writeOciLayout(dir, { image: IMAGE, index: INDEX });
  await skopeo('image', 'library/image:oci');
  await skopeo('image', 'library/image:schema2', '--format', 'v2s2');
  await skopeo('index', 'a/deep/er/name_1.x:index', '--all');
  await skopeo('index', 'a/deep/er/name_1.x:list', '--all', '--format', 'v2s2');
  await skopeo('image', 'library/image:moved');
  await skopeo('image', 'library/image:moved', '--format', 'v2s2');
  await pushTree(registry, 'library/bare', BARE, 'v1');
  await pushTree(registry, 'library/untagged', UNTAGGED);
  await pushTree(registry, 'artifacts', IMAGE, 'subject');
  await pushTree(registry, 'artifacts', SBOM);
  await pushTree(registry, 'artifacts', SIGNATURE);
  const list = createIndex([{ ...SIGNATURE, descriptor: { ...SIGNATURE.descriptor, artifactType: 'x/y' } }]);
  await pushManifest(registry, 'artifacts', list, referrersTagOf(IMAGE.descriptor.digest));
}

async function referrersOf(registry: RunningRegistry, repository: string, subject: GeneratedManifest) {
  const response = await ask(registry, `/v2/${repository}/referrers/${subject.descriptor.digest}`);
  expect(response.status).toBe(200);
  const { manifests } = jsonOf(response) as { manifests: { digest: string }[] };
  return manifests.map(({ digest }) => digest).sort();
}

describe('Longshore on a folder that docker-registry wrote', () => {
  const journey = new Journey();
  const root = journey.folder();
  let written: Snapshot;
  let longshore: Longshore;

  beforeAll(async () => {
    const docker = await journey.dockerRegistry({ root });
    await fill(docker, await journey.tools(), journey.folder());
    const session = await startUpload(docker, 'library/image');
    await requestTo(docker, session, { method: 'PATCH', body: 'an upload that nobody finished' });
    written = await snapshotOf(docker, WITHOUT_TAG);
    await docker.stop();
    longshore = await journey.longshore({ root });
  });
  afterAll(() => journey.end());

  it('was given something to serve', () => {
    expect(Object.keys(written)).toEqual([
      'a/deep/er/name_1.x',
      'artifacts',
      'library/bare',
      'library/image',
      'library/untagged',
    ]);
    expect(written['library/image']?.tags).toEqual(['moved', 'oci', 'schema2']);
  });

  it('serves every repository, tag, manifest and blob', async () => {
    expect(await snapshotOf(longshore, WITHOUT_TAG)).toEqual(written);
  });

  it('lists referrers that clients kept under a tag', async () => {
    expect(await referrersOf(longshore, 'artifacts', IMAGE)).toContain(SIGNATURE.descriptor.digest);
  });

  it('lists referrers that only name their subject', async () => {
    const referrers = [SBOM.descriptor.digest, SIGNATURE.descriptor.digest].sort();
    expect(await referrersOf(longshore, 'artifacts', IMAGE)).toEqual(referrers);
  });

  it('sees everything as used when it collects garbage', async () => {
    await longshore.collectGarbage();
    expect(await snapshotOf(longshore, WITHOUT_TAG)).toEqual(written);
  });

  it('goes on writing, and hands over to docker-registry again', async () => {
    const added = await pushImage(longshore, 'library/image', 'added', { seed: 'added' });
    const before = await snapshotOf(longshore, WITHOUT_TAG);
    expect(await longshore.stop()).toBe(0);
    const docker = await journey.dockerRegistry({ root });
    expect((await getManifest(docker, 'library/image', 'added')).body.toString()).toBe(added.bytes.toString());
    expect(await snapshotOf(docker, WITHOUT_TAG)).toEqual(before);
    await docker.stop();
  });

  it('keeps what refers to a tagged image when it collects what is untagged', async () => {
    const again = await journey.longshore({ root });
    await again.collectGarbage('--delete-untagged');
    for (const artifact of [SBOM, SIGNATURE]) {
      const { status } = await getManifest(again, 'artifacts', artifact.descriptor.digest);
      expect(status).toBe(200);
      for (const { descriptor } of artifact.blobs) {
        expect(await digestOfPulledBlob(again, 'artifacts', descriptor.digest)).toBe(descriptor.digest);
      }
    }
    const untagged = await getManifest(again, 'library/untagged', UNTAGGED.descriptor.digest);
    expect(untagged.status).toBe(404);
  });
});

describe('docker-registry on a folder that Longshore wrote', () => {
  const journey = new Journey();
  const root = journey.folder();
  const deletedTag = createImage({ seed: 'its tag is deleted' });
  const chunked = Buffer.from('pushed in three pieces');
  const withoutTag = { ...WITHOUT_TAG, deletes: [deletedTag.descriptor.digest] };
  let written: Snapshot;
  let docker: DockerRegistry;

  beforeAll(async () => {
    const longshore = await journey.longshore({ root });
    await fill(longshore, await journey.tools(), journey.folder());

    await pushTree(longshore, 'deletes', deletedTag, 'gone');
    await pushManifest(longshore, 'deletes', deletedTag, 'gone-too');
    for (const tag of ['gone', 'gone-too']) {
      expect((await ask(longshore, `/v2/deletes/manifests/${tag}`, 'DELETE')).status).toBe(202);
    }

    for (const { descriptor } of IMAGE.blobs) {
      const mount = `/v2/mounted/blobs/uploads/?mount=${descriptor.digest}&from=library/image`;
      const { status } = await ask(longshore, mount, 'POST');
      // What skopeo repacked has other digests there; the configuration and layers of the OCI image are the same.
      expect(status).toBe(201);
    }
    await pushManifest(longshore, 'mounted', IMAGE, 'v1');

    let session = await startUpload(longshore, 'chunks');
    for (const piece of [chunked.subarray(0, 6), chunked.subarray(6, 15), chunked.subarray(15)]) {
      const headers = { 'content-type': 'application/octet-stream' };
      const response = await requestTo(longshore, session, { method: 'PATCH', headers, body: piece });
      expect(response.status).toBe(202);
      session = locationOf(response);
    }
    const joint = session.includes('?') ? '&' : '?';
    const closing = await ask(longshore, `${session}${joint}digest=${digestOf(chunked)}`, 'PUT');
    expect(closing.status).toBe(201);

    written = await snapshotOf(longshore, withoutTag);
    expect(await longshore.stop()).toBe(0);
    docker = await journey.dockerRegistry({ root });
  });
  afterAll(() => journey.end());

  it('serves every repository, tag, manifest and blob', async () => {
    expect(written['library/image']?.tags).toEqual(['moved', 'oci', 'schema2']);
    expect(written['mounted']?.tags).toEqual(['v1']);
    expect(await snapshotOf(docker, withoutTag)).toEqual(written);
  });

  it('serves a blob that was uploaded in pieces', async () => {
    expect(await digestOfPulledBlob(docker, 'chunks', digestOf(chunked))).toBe(digestOf(chunked));
  });

  it('does not see the deleted tag', async () => {
    expect((await getManifest(docker, 'deletes', 'gone')).status).toBe(404);
    expect((await getManifest(docker, 'deletes', deletedTag.descriptor.digest)).status).toBe(200);
  });

  it('sees as garbage only the blob that no manifest names', async () => {
    const { stdout } = await docker.collectGarbage('--dry-run');
    expect(stdout).toContain('1 blobs and 0 manifests eligible for deletion');
    expect(stdout).toContain(`blob eligible for deletion: ${digestOf(chunked)}`);
  });

  it('collects garbage and writes, and Longshore serves the rest', async () => {
    await pushBlob(docker, 'library/image', Buffer.from('a blob of docker-registry'));
    await pushImage(docker, 'library/image', 'added', { seed: 'added by docker-registry' });
    const deleted = await ask(docker, `/v2/deletes/manifests/${deletedTag.descriptor.digest}`, 'DELETE');
    expect(deleted.status).toBe(202);
    await docker.stop();
    await docker.collectGarbage();
    await docker.restart();
    const before = await snapshotOf(docker, WITHOUT_TAG);
    await docker.stop();

    const longshore = await journey.longshore({ root });
    expect(await snapshotOf(longshore, WITHOUT_TAG)).toEqual(before);
    expect((await getManifest(longshore, 'deletes', deletedTag.descriptor.digest)).status).toBe(404);
    for (const { descriptor } of deletedTag.blobs) {
      expect((await ask(longshore, `/v2/deletes/blobs/${descriptor.digest}`, 'HEAD')).status).toBe(404);
    }
  });
});

describe('a blob pushed as sha512', () => {
  const journey = new Journey();
  const root = journey.folder();
  afterAll(() => journey.end());

  const contents = { docker: Buffer.from('by docker-registry'), longshore: Buffer.from('by Longshore') };

  async function push(registry: RunningRegistry, bytes: Buffer): Promise<void> {
    const session = await startUpload(registry, 'library/named');
    const digest = digestOf(bytes, 'sha512');
    expect((await requestTo(registry, `${session}&digest=${digest}`, { method: 'PUT', body: bytes })).status).toBe(201);
  }

  /** Whether each content comes by its sha512 and its sha256. */
  async function served(registry: RunningRegistry): Promise<boolean[]> {
    const answers: boolean[] = [];
    for (const bytes of Object.values(contents)) {
      for (const digest of [digestOf(bytes, 'sha512'), digestOf(bytes)]) {
        const { status, body } = await requestTo(registry, `/v2/library/named/blobs/${digest}`);
        answers.push(status === 200 && body.equals(bytes));
      }
    }
    return answers;
  }

  it('to one is served by the other, by both digests', async () => {
    const docker = await journey.dockerRegistry({ root });
    await push(docker, contents.docker);
    await docker.stop();
    const longshore = await journey.longshore({ root });
    await push(longshore, contents.longshore);
    expect(await served(longshore)).toEqual([true, true, true, true]);
    await longshore.stop();
    expect(await served(await journey.dockerRegistry({ root }))).toEqual([true, true, true, true]);
  });
});
