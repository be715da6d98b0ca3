import type { Digest } from '@longshore/oci';
import { describe, expect, it } from 'vitest';
import { MemoryRepository } from '../extract/testing/memory-image.js';
import { parsePlaceName } from '../place-name.js';
import { readRelease, type Release } from './read-release.js';
import { architectureSuffix, parseReleaseDestination, releaseTag } from './release-destination.js';
import { releaseMappings, releaseMirrors, type ReleaseMirroring } from './release-mappings.js';
import { publishRelease } from './testing/test-release.js';

const ORDERED = ['cli', 'cluster-version-operator', 'machine-config-operator'];

async function testRelease(): Promise<Release> {
  const repository = new MemoryRepository();
  await publishRelease(repository, 'v1');
  return readRelease(repository, 'v1', { signal: new AbortController().signal });
}

const FROM = 'registry.test/ocp/ocp-release:4.99.0-x86_64';
const plan = (change: Partial<Omit<ReleaseMirroring, 'from' | 'to'>> & { from?: string; to?: string } = {}) => {
  const { from = FROM, to = 'DST/a/b', ...rest } = change;
  return {
    alsoTo: [],
    skipReleaseImage: false,
    heldByFolder: new Set<string>(),
    ...rest,
    from: parsePlaceName(from),
    to: parseReleaseDestination(to.replace('DST', 'mirror.test:5000')),
  };
};
const lines = (release: Release, change?: Parameters<typeof plan>[0]) =>
  releaseMappings(release, plan(change)).map(({ source, destination }) => `${source.text} ${destination.text}`);

describe('what is copied of a release', () => {
  it('is the release, then its images by name (mirror.md 1.3)', async () => {
    const release = await testRelease();
    const digestOf = (name: string) => release.references.components.find((one) => one.name === name)?.digest;
    expect(lines(release)).toEqual([
      `${FROM} mirror.test:5000/a/b:4.99.0-x86_64`,
      ...ORDERED.map(
        (name) => `registry.test/ocp/art-dev@${digestOf(name)} mirror.test:5000/a/b:4.99.0-x86_64-${name}`,
      ),
    ]);
    // By the digest that was read: the tag may move meanwhile.
    expect(releaseMappings(release, plan())[0]?.source.digest).toBe(release.image.digest);
  });

  it('is tagged by a template', async () => {
    const places = lines(await testRelease(), { to: 'DST/x:${version}-c-${component}' }).map(
      (line) => line.split(' ')[1],
    );
    expect(places).toEqual(['release', ...ORDERED].map((name) => `mirror.test:5000/x:4.99.0-c-${name}-x86_64`));
  });

  it('is in further places under the tag of the release, or another one', async () => {
    const alsoTo = ['mirror.test:5000/a/rel', 'mirror.test:5000/a/other:x'].map(parsePlaceName);
    const release = await testRelease();
    expect(lines(release, { alsoTo }).slice(0, 3)).toEqual([
      `${FROM} mirror.test:5000/a/b:4.99.0-x86_64`,
      `${FROM} mirror.test:5000/a/rel:4.99.0-x86_64`,
      `${FROM} mirror.test:5000/a/other:x`,
    ]);
    expect(lines(release, { alsoTo, skipReleaseImage: true })).toHaveLength(3);
    expect(releaseMirrors(release, plan({ alsoTo }))).toEqual(
      ['registry.test/ocp/art-dev', 'registry.test/ocp/ocp-release'].map((source) => ({
        source,
        mirrors: ['mirror.test:5000/a/b', 'mirror.test:5000/a/rel', 'mirror.test:5000/a/other'],
      })),
    );
  });

  it('comes from the folder, as far as it has it', async () => {
    const release = await testRelease();
    const [cli, operator] = release.references.components;
    const heldByFolder = new Set([cli?.digest ?? '']);
    expect(lines(release, { from: 'file://openshift/release:v1', heldByFolder }).slice(0, 3)).toEqual([
      'file://openshift/release:v1 mirror.test:5000/a/b:4.99.0-x86_64',
      `file://openshift/release@${cli?.digest} mirror.test:5000/a/b:4.99.0-x86_64-cli`,
      `${operator?.pullSpec} mirror.test:5000/a/b:4.99.0-x86_64-cluster-version-operator`,
    ]);
  });

  it('has the suffix of several platforms for a list', async () => {
    const release = await testRelease();
    const list = { ...release, image: { ...release.image, listDigest: `sha256:${'f'.repeat(64)}` as Digest } };
    const [first] = releaseMappings(list, plan());
    expect([first?.source.digest, first?.destination.tag]).toEqual([list.image.listDigest, '4.99.0-multi']);
  });

  it('is refused when the version makes no tag', async () => {
    const release = await testRelease();
    const odd = { ...release, references: { ...release.references, version: '4.99+x' } };
    expect(() => releaseMappings(odd, plan())).toThrow('"4.99+x-x86_64" cannot be a tag');
  });
});

it.each([
  ['amd64', 'x86_64'],
  ['arm64', 'aarch64'],
  ['s390x', 's390x'],
  ['ppc64le', 'ppc64le'],
  [undefined, 'multi'],
])('%s is written %s', (architecture, suffix) => {
  expect(architectureSuffix(architecture)).toBe(suffix);
  expect(releaseTag({ version: '1.2.3', suffix }, 'cli')).toBe(`1.2.3-${suffix}-cli`);
});

it.each([
  ['mirror.test/a:v1', '--to must be to an image repository and may not contain a tag or digest'],
  [`mirror.test/a@sha256:${'a'.repeat(64)}`, '--to must be to an image repository'],
  ['mirror.test/a:v*', '--to must be to an image repository'],
  ['mirror.test/${component}', 'only the tag may have'],
  ['mirror.test/${component}:${version}', 'only the tag may have'],
  ['mirror.test/a:${name}', '${name} is neither'],
  ['mirror.test/A', 'is not a valid image reference'],
])('%s is no destination', (text, message) => {
  expect(() => parseReleaseDestination(text)).toThrow(message);
});
