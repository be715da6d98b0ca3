import { expect, it } from 'vitest';
import { createArtifact, createImage, createIndex, digestOf, jsonOf, MEDIA_TYPES } from '@longshore/testkit';
import { EMPTY_CONFIG_TYPE, pushManifest, pushTree, referrersTagOf, requestTo } from '@longshore/testkit';
import type { ContentDescriptor, GeneratedManifest, HttpResponse } from '@longshore/testkit';
import { describeRegistry, type RegistryUnderTest } from './registry-under-test.js';
import { del, expectError, get } from './requests.js';

const SIGNATURE = 'application/vnd.example.signature';
const SBOM = 'application/vnd.example.sbom+json';

interface Listed {
  schemaVersion: number;
  mediaType: string;
  manifests: ContentDescriptor[];
}

const artifact = (content: string, artifactType: string, subject: GeneratedManifest, note?: string) =>
  createArtifact({
    content: Buffer.from(content),
    artifactType,
    subject: subject.descriptor,
    ...(note !== undefined && { annotations: { note } }),
  });

const digestsOf = (manifests: GeneratedManifest[]) => manifests.map(({ descriptor }) => descriptor.digest).sort();

describeRegistry('referrers', {}, (registry) => {
  const list = (repository: string, { descriptor }: GeneratedManifest, query = '') =>
    get(registry, `/v2/${repository}/referrers/${descriptor.digest}${query}`);
  const listed = async (repository: string, subject: GeneratedManifest, query = '') =>
    expectIndex(await list(repository, subject, query)).map(({ digest }) => digest);

  it.each(['ref/none', 'a/b'])('of what is not there are an empty index (%s)', async (repository) => {
    const response = await get(registry, `/v2/${repository}/referrers/sha256:${'0'.repeat(64)}`);
    expect(expectIndex(response)).toEqual([]);
    const sha512 = await get(registry, `/v2/${repository}/referrers/sha512:${'0'.repeat(128)}`);
    expect(expectIndex(sha512)).toEqual([]);
  });

  it.each(['sha256:abc', 'latest', `md5:${'0'.repeat(32)}`])('cannot be asked for by %s', async (digest) => {
    expectError(await get(registry, `/v2/ref/none/referrers/${digest}`), 400, 'DIGEST_INVALID');
  });

  it('may come before their subject', async () => {
    const subject = createImage({ seed: 'late subject' });
    const early = artifact('early', SIGNATURE, subject);
    const pushed = await pushTree(registry, 'ref/early', early);
    expect(pushed.headers['oci-subject']).toBe(subject.descriptor.digest);
    expect(await listed('ref/early', subject)).toEqual(digestsOf([early]));
    await pushTree(registry, 'ref/early', subject, 'v1');
    await registry.everyProcess(async () => expect(await listed('ref/early', subject)).toEqual(digestsOf([early])));
  });

  it('show the artifact type and the annotations of the manifest', async () => {
    const subject = createImage({ seed: 'shown subject' });
    const { mediaType, digest, size } = subject.descriptor;
    const pointer = { mediaType, digest, size };
    const image = { ...createImage({ seed: 'image about image' }) };
    const shown: [GeneratedManifest, object][] = [
      [artifact('typed', SBOM, subject, 'typed'), { artifactType: SBOM, annotations: { note: 'typed' } }],
      [reseal(image, { subject: pointer }), { artifactType: MEDIA_TYPES.oci.config }],
      [createIndex([], { subject: pointer, artifactType: SIGNATURE }), { artifactType: SIGNATURE }],
      [createIndex([], { subject: pointer, annotations: { note: 'untyped' } }), { annotations: { note: 'untyped' } }],
    ];
    for (const [manifest] of shown) await pushTree(registry, 'ref/shown', manifest);
    const expected = shown.map(([{ descriptor, bytes }, fields]) => ({
      ...{ mediaType: descriptor.mediaType, digest: descriptor.digest, size: bytes.length },
      ...fields,
    }));
    expected.sort((a, b) => (a.digest < b.digest ? -1 : 1));
    expect(expectIndex(await list('ref/shown', subject))).toEqual(expected);
  });

  it('are filtered by artifact type', async () => {
    const subject = createImage({ seed: 'filtered subject' });
    const signatures = ['one', 'two'].map((text) => artifact(text, SIGNATURE, subject));
    const sbom = artifact('sbom', SBOM, subject);
    for (const manifest of [...signatures, sbom]) await pushTree(registry, 'ref/filtered', manifest);
    const filtered = await list('ref/filtered', subject, `?artifactType=${encodeURIComponent(SIGNATURE)}`);
    expect(expectIndex(filtered).map(({ digest }) => digest)).toEqual(digestsOf(signatures));
    expect(filtered.headers['oci-filters-applied']).toBe('artifactType');
    const byConfig = `?artifactType=${encodeURIComponent(EMPTY_CONFIG_TYPE)}`;
    expect(await listed('ref/filtered', subject, byConfig)).toEqual([]);
    const all = await list('ref/filtered', subject);
    expect(expectIndex(all)).toHaveLength(3);
    expect(all.headers).not.toHaveProperty('oci-filters-applied');
  });

  it('belong to a repository', async () => {
    const subject = createImage({ seed: 'two repositories' });
    await pushTree(registry, 'ref/here', artifact('here', SIGNATURE, subject));
    expect(await listed('ref/there', subject)).toEqual([]);
  });

  it('are listed once, however often and by however many tags they are pushed', async () => {
    const subject = createImage({ seed: 'often' });
    const signature = artifact('often', SIGNATURE, subject);
    for (const reference of [undefined, 'a', 'b']) await pushTree(registry, 'ref/often', signature, reference);
    expect(await listed('ref/often', subject)).toEqual(digestsOf([signature]));
  });

  it('go when they are deleted, and stay when their subject is', async () => {
    const subject = createImage({ seed: 'deleted subject' });
    const [one, two] = [artifact('1', SIGNATURE, subject), artifact('2', SIGNATURE, subject)] as const;
    for (const manifest of [subject, one, two]) await pushTree(registry, 'ref/deleted', manifest);
    const remove = (manifest: GeneratedManifest) =>
      del(registry, `/v2/ref/deleted/manifests/${manifest.descriptor.digest}`);
    expect((await remove(one)).status).toBe(202);
    await registry.everyProcess(async () => expect(await listed('ref/deleted', subject)).toEqual(digestsOf([two])));
    expect((await remove(subject)).status).toBe(202);
    await registry.everyProcess(async () => expect(await listed('ref/deleted', subject)).toEqual(digestsOf([two])));
    await pushTree(registry, 'ref/deleted', one);
    expect(await listed('ref/deleted', subject)).toEqual(digestsOf([one, two]));
  });

  it('are all in the subject form sha512', async () => {
    const subject = createImage({ seed: 'sha512 subject' });
    const digest = digestOf(subject.bytes, 'sha512');
    const about = { ...subject, descriptor: { ...subject.descriptor, digest } };
    const signature = artifact('sha512', SIGNATURE, about);
    const pushed = await pushTree(registry, 'ref/sha512', signature);
    expect(pushed.headers['oci-subject']).toBe(digest);
    expect(await listed('ref/sha512', about)).toEqual(digestsOf([signature]));
    expect(await listed('ref/sha512', subject)).toEqual([]);
  });

  it('that clients listed under the fallback tag are there too, once', async () => {
    const subject = createImage({ seed: 'fallback' });
    const old = createArtifact({ content: Buffer.from('old'), artifactType: SBOM });
    const both = artifact('both', SIGNATURE, subject, 'both');
    const fresh = artifact('fresh', SIGNATURE, subject);
    for (const manifest of [old, both, fresh]) await pushTree(registry, 'ref/fallback', manifest);
    const index = createIndex([old, both]);
    await pushManifest(registry, 'ref/fallback', index, referrersTagOf(subject.descriptor.digest));
    const descriptors = expectIndex(await list('ref/fallback', subject));
    expect(descriptors.map(({ digest }) => digest)).toEqual(digestsOf([old, both, fresh]));
    expect(descriptors.find(({ digest }) => digest === old.descriptor.digest)?.artifactType).toBe(SBOM);
    const byType = `?artifactType=${encodeURIComponent(SBOM)}`;
    expect(await listed('ref/fallback', subject, byType)).toEqual(digestsOf([old]));
  });

  it('come in pages when asked, filtered or not', async () => {
    const subject = createImage({ seed: 'paged' });
    const manifests = Array.from({ length: 7 }, (_, i) => artifact(`${i}`, i % 2 === 0 ? SBOM : SIGNATURE, subject));
    for (const manifest of manifests) await pushTree(registry, 'ref/paged', manifest);
    const all = await pages(registry, await list('ref/paged', subject, '?n=3'));
    expect(all.map((page) => page.length)).toEqual([3, 3, 1]);
    expect(all.flat()).toEqual(digestsOf(manifests));
    const query = `?n=2&artifactType=${encodeURIComponent(SBOM)}`;
    const sboms = await pages(registry, await list('ref/paged', subject, query));
    expect(sboms).toEqual(
      [digestsOf(manifests.filter((_, i) => i % 2 === 0))].flatMap((d) => [d.slice(0, 2), d.slice(2)]),
    );
  });

  it('come in pages when they are much, so that each page is small enough for every client', async () => {
    const subject = createImage({ seed: 'much' });
    const large = 'A'.repeat(1_500_000);
    const manifests = Array.from({ length: 4 }, (_, i) => artifact(`${i}`, SBOM, subject, large));
    for (const manifest of manifests) await pushTree(registry, 'ref/much', manifest);
    const first = await list('ref/much', subject);
    expect(first.body.length).toBeLessThanOrEqual(4 * 2 ** 20 + 1000);
    const all = await pages(registry, first);
    expect(all.length).toBeGreaterThan(1);
    expect(all.flat()).toEqual(digestsOf(manifests));
  });

  it('know no method but GET', async () => {
    const path = `/v2/ref/none/referrers/sha256:${'0'.repeat(64)}`;
    const response = await requestTo(registry, path, { method: 'PUT' });
    expectError(response, 405, 'UNSUPPORTED');
    expect(response.headers.allow).toBe('GET');
  });
});

/** Checks the form of the answer and returns its descriptors. */
function expectIndex(response: HttpResponse): ContentDescriptor[] {
  const { index } = MEDIA_TYPES.oci;
  expect([response.status, response.headers['content-type']]).toEqual([200, index]);
  const { schemaVersion, mediaType, manifests } = jsonOf(response) as Listed;
  expect([schemaVersion, mediaType]).toEqual([2, index]);
  return manifests;
}

/** Follows the links from the first page to the last. */
async function pages(registry: RegistryUnderTest, first: HttpResponse): Promise<string[][]> {
  const all: string[][] = [];
  for (let page = first; ;) {
    all.push(expectIndex(page).map(({ digest }) => digest));
    const next = /^<(\/[^>]*)>; rel="next"$/.exec(String(page.headers.link))?.[1];
    if (next === undefined) return all;
    page = await get(registry, next);
  }
}

/** The manifest with further fields, and what goes with that: another digest and size. */
function reseal(manifest: GeneratedManifest, fields: object): GeneratedManifest {
  const bytes = Buffer.from(JSON.stringify({ ...(JSON.parse(manifest.bytes.toString()) as object), ...fields }));
  const { mediaType } = manifest.descriptor;
  return { ...manifest, bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}
