import { MediaType } from '@longshore/oci';
import { describe, expect, it } from 'vitest';
import { archiveOf, MemoryRepository } from '../extract/testing/memory-image.js';
import { compareReleases } from './compare-releases.js';
import { componentVersions } from './component-versions.js';
import { parseImageReferences } from './image-references.js';
import { componentManifests, readRelease } from './read-release.js';
import { parseReleaseMetadata } from './release-metadata.js';
import { releaseFiles } from './release-files.js';
import { CONTENT, publishRelease } from './testing/test-release.js';

const signal = new AbortController().signal;

async function published(change: Partial<typeof CONTENT> = {}) {
  const repository = new MemoryRepository();
  const digest = await publishRelease(repository, 'v', change);
  return { repository, digest, release: await readRelease(repository, 'v', { signal }) };
}

describe('readRelease', () => {
  it('reads what is told of a release', async () => {
    const { release, digest } = await published();
    expect(release).toMatchObject({
      image: { digest },
      created: '2026-11-22T02:25:15Z',
      references: { version: '4.99.0' },
      metadata: { version: '4.99.0', previous: ['4.98.0', '4.98.1'], metadata: { url: 'https://example.test/errata' } },
      versions: [{ name: 'kubectl', version: '1.30.0', displayName: '', tags: ['cli'] }],
      warnings: [],
    });
    expect(release.references.components.map(({ name }) => name)).toEqual([
      'cli',
      'cluster-version-operator',
      'machine-config-operator',
    ]);
    expect([...componentManifests(release).keys()]).toEqual([...CONTENT.manifests.keys()]);
  });

  it('fetches no layer below the one with the release', async () => {
    const repository = new MemoryRepository();
    const base = await archiveOf([{ name: 'base', content: 'x' }]);
    await publishRelease(repository, 'v', {}, [base]);
    await readRelease(repository, 'v', { signal });
    expect(repository.read).toHaveLength(2);
  });

  it('takes the image of a list that is asked for', async () => {
    const repository = new MemoryRepository();
    const digests = [
      await publishRelease(repository, 'a'),
      await publishRelease(repository, 'b', { version: '4.99.1' }),
    ];
    const manifests = digests.map((digest, index) => ({
      mediaType: MediaType.dockerManifest,
      digest,
      size: repository.blobs.get(digest)?.length,
      platform: { os: 'linux', architecture: ['amd64', 'arm64'][index] },
    }));
    const mediaType = MediaType.dockerManifestList;
    const list = repository.add(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests })), mediaType);
    const matches = (platform: string) => platform === 'linux/arm64';
    const release = await readRelease(repository, list.digest, { signal, matches });
    expect(release.references.version).toBe('4.99.1');
    expect(release.image).toMatchObject({ digest: digests[1], listDigest: list.digest });
    await expect(readRelease(repository, list.digest, { signal })).rejects.toThrow(/linux\/amd64, linux\/arm64/);
  });

  it('refuses an image without a release', async () => {
    const repository = new MemoryRepository();
    repository.image([await archiveOf([{ name: 'x', content: 'x' }])], {}, 'v');
    await expect(readRelease(repository, 'v', { signal })).rejects.toMatchObject({
      code: 'NOT_A_RELEASE',
      message: 'unable to load image-references from release payload',
    });
  });

  it('refuses another configuration than the manifest names', async () => {
    const repository = new MemoryRepository();
    await publishRelease(repository, 'v');
    for (const [digest, bytes] of repository.blobs) {
      if (bytes.toString().startsWith('{"created"')) repository.blobs.set(digest, Buffer.alloc(bytes.length, ' '));
    }
    await expect(readRelease(repository, 'v', { signal })).rejects.toThrow(/other content/);
  });
});

describe('image references', () => {
  const bytes = (change: (stream: { spec: { tags: unknown[] } }) => unknown) => {
    const stream = JSON.parse(Buffer.from(releaseFiles(CONTENT).get('image-references') ?? '').toString()) as {
      spec: { tags: unknown[] };
    };
    return Buffer.from(JSON.stringify(change(stream) ?? stream));
  };
  const tag = (from: object, name = 'x') => ({ name, from });

  it.each<[string, Parameters<typeof bytes>[0], RegExp]>([
    ['another kind', () => ({ kind: 'Pod' }), /expected the kind ImageStream, found "Pod"/],
    ['no version', () => ({ kind: 'ImageStream' }), /metadata.name is missing/],
    ['a tag', ({ spec }) => void spec.tags.push(tag({ kind: 'DockerImage', name: 'r.test/a:v1' })), /by its digest/],
    ['no image', ({ spec }) => void spec.tags.push(tag({ kind: 'ImageStreamTag', name: 'a:b' })), /is no DockerImage/],
    ['a name twice', ({ spec }) => void spec.tags.push(spec.tags[0]), /names cli twice/],
    ['a path as a name', ({ spec }) => void spec.tags.push(tag({}, '../x')), /no name of a tag/],
  ])('with %s are refused', (_, change, message) => {
    expect(() => parseImageReferences(bytes(change))).toThrow(message);
  });

  it('with no JSON are refused', () => {
    expect(() => parseImageReferences(Buffer.from('{'))).toThrow(/^image-references: /);
    expect(() => parseReleaseMetadata(Buffer.from('{"kind":"other"}'))).toThrow(/expected the kind cincinnati/);
  });

  it('are written in the form that is known', () => {
    const text = Buffer.from(releaseFiles(CONTENT).get('image-references') ?? '').toString();
    expect(text.slice(0, 192)).toBe(
      '{\n  "kind": "ImageStream",\n  "apiVersion": "image.openshift.io/v1",\n  "metadata": {\n    "name": "4.99.0",\n' +
        '    "creationTimestamp": "2026-11-22T02:25:15Z"\n  },\n  "spec": {\n    "lookupPolicy": {',
    );
    // As large as the one of mirror.md 9.1.
    expect(releaseFiles(CONTENT).get('release-metadata')).toHaveLength(171);
  });
});

describe('versions of components', () => {
  const component = (name: string, versions: string, displayNames = '') => ({
    name,
    pullSpec: '',
    digest: '',
    annotations: { 'io.openshift.build.versions': versions, 'io.openshift.build.version-display-names': displayNames },
  });

  it.each([
    [
      [component('a', 'kubernetes=1.30.0,machine-os=4.1', 'machine-os=CoreOS')],
      ['kubernetes 1.30.0 ', 'machine-os 4.1 CoreOS'],
      0,
    ],
    [[component('a', 'kubectl=1.1'), component('b', 'kubectl=1.1')], ['kubectl 1.1 '], 0],
    [[component('a', 'kubectl=1.1'), component('b', 'kubectl=1.2')], ['kubectl 1.1 '], 1],
    [[component('a', 'Kube Ctl=1.1,x=,=2')], [], 3],
  ])('%#', (components, expected, warned) => {
    const { versions, warnings } = componentVersions(components);
    expect(versions.map(({ name, version, displayName }) => `${name} ${version} ${displayName}`)).toEqual(expected);
    expect(warnings).toHaveLength(warned);
  });
});

describe('compareReleases', () => {
  it('tells what came, went, changed and was only built again', async () => {
    const { release: from } = await published();
    const [mco, cli, cvo] = CONTENT.components as [never, never, never] as (typeof CONTENT.components)[number][];
    const rebuilt = { ...mco!, pullSpec: `r.test/a@sha256:${'a'.repeat(64)}` };
    const annotations = {
      ...cli!.annotations,
      'io.openshift.build.commit.id': 'f'.repeat(40),
      'io.openshift.build.versions': 'kubectl=1.31.0',
    };
    const changed = { ...cli!, pullSpec: `r.test/a@sha256:${'b'.repeat(64)}`, annotations };
    const added = { ...cvo!, name: 'new' };
    const manifests = new Map([...CONTENT.manifests].slice(1));
    manifests.set('0000_90_cvo_verification.yaml', Buffer.from('changed'));
    const { release: to } = await published({ components: [rebuilt, changed, added], manifests });
    const difference = compareReleases(from, to);
    const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);
    expect({
      added: names(difference.added),
      removed: names(difference.removed),
      changed: names(difference.changed),
      rebuilt: names(difference.rebuilt),
      unchanged: difference.unchanged,
      versions: difference.versions.map(({ name, from: a, to: b }) => [name, a?.version, b?.version]),
      manifests: difference.manifests,
    }).toEqual({
      added: ['new'],
      removed: ['cluster-version-operator'],
      changed: ['cli'],
      rebuilt: ['machine-config-operator'],
      unchanged: 0,
      versions: [['kubectl', '1.30.0', '1.31.0']],
      manifests: {
        added: [],
        removed: ['0000_00_cluster-version-operator_00_namespace.yaml'],
        changed: ['0000_90_cvo_verification.yaml'],
      },
    });
  });
});
