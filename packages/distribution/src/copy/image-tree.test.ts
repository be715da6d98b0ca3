import { parseManifest } from '@longshore/oci';
import type { Digest } from '@longshore/oci';
import { createImage, createIndex } from '@longshore/testkit';
import type { GeneratedManifest } from '@longshore/testkit';
import { describe, expect, it } from 'vitest';
import { RemoteError } from '../remote-error.js';
import { chooseFromList, platformName, readImageTree } from './image-tree.js';
import type { ImageSource } from './place.js';

const image = (architecture: string) => createImage({ seed: architecture, platform: { os: 'linux', architecture } });
const [amd, arm, power] = [image('amd64'), image('arm64'), image('ppc64le')];
const list = createIndex([amd, arm, power]);
const parsed = parseManifest(list.bytes);

describe('what is copied of a list', () => {
  const matching = (pattern: RegExp) => (name: string) => pattern.test(name);
  it.each([
    ['all by default', {}, 'list', 3, true],
    ['all when all match', { matches: matching(/.*/) }, 'list', 3, true],
    ['one image in its place', { matches: matching(/arm64/) }, 'image', 1, false],
    ['several in a new list', { matches: matching(/arm64|amd64/) }, 'list', 2, false],
    ['some of a list that is kept', { matches: matching(/arm64/), keepList: true }, 'list', 1, true],
    ['nothing when none matches', { matches: matching(/^windows/) }, 'none', 0, false],
  ])('is %s', (_, selection, kind, count, isSame) => {
    const choice = chooseFromList(parsed, { keepList: false, ...selection });
    expect(choice.kind).toBe(kind);
    const images = choice.kind === 'list' ? choice.images : choice.kind === 'image' ? [choice.image] : [];
    expect(images).toHaveLength(count);
    expect(choice.kind === 'list' && Buffer.from(choice.list).equals(list.bytes)).toBe(isSame);
    if (choice.kind === 'list' && !isSame) {
      expect(parseManifest(choice.list).manifests.map(({ digest }) => digest)).toEqual([
        amd.descriptor.digest,
        arm.descriptor.digest,
      ]);
    }
  });

  it('goes by os, architecture and variant', () => {
    expect(platformName({ platform: { os: 'linux', architecture: 'arm', variant: 'v7' } })).toBe('linux/arm/v7');
    expect(platformName({})).toBe('unknown/unknown');
  });
});

/** A source that answers with what it was given for a reference, whatever its digest. */
function sourceOf(answers: Record<string, GeneratedManifest>): ImageSource {
  return {
    name: 'source/app',
    manifest: async (reference: string) => {
      const { bytes, descriptor } = answers[reference] ?? Object.values(answers)[0] ?? amd;
      return { bytes, mediaType: descriptor.mediaType, digest: descriptor.digest as Digest };
    },
  } as unknown as ImageSource;
}

const { signal } = new AbortController();
const read = (answers: Record<string, GeneratedManifest>) =>
  readImageTree(sourceOf(answers), 'v1', { keepList: false }, signal);

describe('an image', () => {
  it('is read with its children', async () => {
    const tree = await read({
      v1: list,
      ...Object.fromEntries([amd, arm, power].map((one) => [one.descriptor.digest, one])),
    });
    expect(tree?.children.map(({ blobs }) => blobs.length)).toEqual([2, 2, 2]);
  });

  it('that is a list of lists without end is refused', async () => {
    const inner = createIndex([list]);
    await expect(
      read({ v1: createIndex([inner]), [inner.descriptor.digest]: inner, [list.descriptor.digest]: inner }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/TOO_LARGE|INVALID/) as string });
    let deep = createIndex([amd]);
    const all: Record<string, GeneratedManifest> = { [amd.descriptor.digest]: amd };
    for (let depth = 0; depth < 6; depth += 1) {
      all[deep.descriptor.digest] = deep;
      deep = createIndex([deep]);
    }
    await expect(read({ v1: deep, ...all })).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it('whose child has another size than its list says is refused', async () => {
    const lie = { ...amd, descriptor: { ...amd.descriptor, size: 3 } };
    await expect(read({ v1: createIndex([lie]), [amd.descriptor.digest]: amd })).rejects.toMatchObject({
      code: 'INVALID',
    });
  });

  it('of which a list names more than there is is not taken for one that is not there', async () => {
    const source = sourceOf({ v1: list });
    const manifest = source.manifest.bind(source);
    source.manifest = async (reference, options) => {
      if (reference === 'v1') return manifest(reference, options);
      throw new RemoteError('NOT_FOUND', 'manifest unknown');
    };
    await expect(readImageTree(source, 'v1', { keepList: false }, signal)).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message: `source/app@${amd.descriptor.digest}: is named by a list, and is not there`,
    });
  });

  it('that is no manifest is refused', async () => {
    const broken = { ...amd, bytes: Buffer.from('{"schemaVersion":2}') };
    await expect(read({ v1: broken })).rejects.toMatchObject({ code: 'INVALID' });
  });
});
