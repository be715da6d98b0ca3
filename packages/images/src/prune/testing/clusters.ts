import fc from 'fast-check';
import { digestNamed, image, stream, type ImageParts, type ItemParts } from './objects.js';
import type { World } from './planning.js';

export const IMAGES = Array.from({ length: 10 }, (_, index) => `i${index}`);
const LAYERS = ['x', 'y', 'z', 'w'];
export const REPOSITORIES = ['ns/app', 'ns/other', 'far/app', 'gone/app'];
export const YOUNG = 30;

export interface Made {
  name: string;
  parts: ImageParts & { minutes: number; repository: string; managed: boolean; layers: string[] };
}

/** A small cluster, by the names of its images. Ages in minutes. */
export interface Cluster {
  images: Made[];
  streams: { path: string; minutes: number; tags: Record<string, Required<ItemParts>[]> }[];
  usedImages: string[];
  usedTags: { stream: string; tag: string }[];
  keepRevisions: number;
  all: boolean;
}

const ages = fc.constantFrom(24 * 60, 24 * 60, 24 * 60, YOUNG);

/** Lists hold earlier images, as digests cannot go round in a circle. */
const madeImage = (index: number): fc.Arbitrary<Made> => {
  const earlier = IMAGES.slice(0, index);
  const some =
    earlier.length === 0 ? fc.constant<string[]>([]) : fc.subarray(earlier, { maxLength: Math.min(3, index) });
  return fc
    .record({
      layers: fc.subarray(LAYERS),
      children: fc.option(some, { nil: undefined }),
      subject:
        earlier.length === 0 ? fc.constant(undefined) : fc.option(fc.constantFrom(...earlier), { nil: undefined }),
      minutes: ages,
      repository: fc.constantFrom(...REPOSITORIES),
      managed: fc.boolean(),
    })
    .map(({ children, subject, ...parts }) => ({
      name: IMAGES[index] as string,
      parts: {
        ...parts,
        ...(children !== undefined && children.length > 0 && { children, layers: [] }),
        ...(subject !== undefined && { subject }),
      },
    }));
};

const items = fc.array(
  fc.record({
    image: fc.constantFrom(...IMAGES, 'missing'),
    minutes: ages,
    repository: fc.constantFrom(...REPOSITORIES),
  }),
  { minLength: 1, maxLength: 4 },
);
export const signatureTag = (name: string) => `${digestNamed(name).replace(':', '-')}.sig`;
const tagNames = fc.constantFrom('v1', 'v2', signatureTag('i0'), signatureTag('i1'), signatureTag('unknown'));

/** Clusters in which everything refers to everything, old and young. */
export const clusters: fc.Arbitrary<Cluster> = fc.record({
  images: fc
    .tuple(...IMAGES.map((_, index) => fc.option(madeImage(index), { freq: 5, nil: undefined })))
    .map((all) => all.filter((made) => made !== undefined)),
  streams: fc.uniqueArray(
    fc.record({
      path: fc.constantFrom('ns/app', 'ns/other', 'far/app'),
      minutes: ages,
      tags: fc.dictionary(tagNames, items, { maxKeys: 3 }),
    }),
    { selector: ({ path }) => path },
  ),
  usedImages: fc.subarray(IMAGES, { maxLength: 2 }),
  usedTags: fc.array(fc.record({ stream: fc.constantFrom(...REPOSITORIES), tag: tagNames }), { maxLength: 2 }),
  keepRevisions: fc.nat({ max: 2 }),
  all: fc.boolean(),
});

/** The objects of a cluster. */
export function worldOf({ images, streams, usedImages, usedTags }: Cluster): World {
  return {
    images: images.map(({ name, parts }, index) => image(name, { version: String(index + 1), ...parts })),
    streams: streams.map(({ path, minutes, tags }) => stream(path, tags, { minutes })),
    uses: [{ digests: usedImages.map(digestNamed), tags: usedTags }],
  };
}
