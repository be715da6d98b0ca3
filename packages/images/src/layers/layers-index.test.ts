import type { ObjectAccess } from '@longshore/apiserver';
import type { Image, ImageStream, TagEvent } from '@longshore/kube';
import { digestOf, MediaType } from '@longshore/oci';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { fillImage } from '../images/describe-image.js';
import { CONFIG_TEXT, digest, indexText, manifestText, pushedImage } from '../testing/manifests.js';
import { historyOf, LayersIndex } from './layers-index.js';

const config = digestOf(Buffer.from(CONFIG_TEXT));
const nameOf = (image: Image) => image.metadata.name ?? '';

/** Images by name, which counts how often they are read. */
class Images implements Pick<ObjectAccess, 'get'> {
  readonly all = new Map<string, Image>();
  reads = 0;

  add(manifest: string): string {
    const image = pushedImage(manifest, { dockerImageConfig: CONFIG_TEXT });
    fillImage(image);
    this.all.set(nameOf(image), image);
    return nameOf(image);
  }

  get = (_resource: string, _namespace: string, name: string): Promise<never> => {
    this.reads++;
    return Promise.resolve(this.all.get(name) as never);
  };
}

const streamOf = (tags: Record<string, readonly (string | undefined)[]>): ImageStream => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { namespace: 'proj', name: 'app', resourceVersion: '7' },
  spec: { lookupPolicy: { local: false } },
  status: {
    dockerImageRepository: '',
    tags: Object.entries(tags).map(([tag, images]) => ({
      tag,
      items: images.map((image): TagEvent => ({
        created: '',
        dockerImageReference: 'r',
        image: image ?? '',
        generation: 1,
      })),
    })),
  },
});

let images: Images;
let index: LayersIndex;
beforeEach(() => {
  images = new Images();
  index = new LayersIndex();
});

describe('layersOf', () => {
  it('names manifest, configuration and layers of all history (registry.md 11.3)', async () => {
    const [now, before] = [
      images.add(manifestText()),
      images.add(
        manifestText({
          layers: [
            ['1', 1000],
            ['2', 5],
          ],
        }),
      ),
    ];
    const stream = streamOf({ v1: [now, before], v2: [before] });
    expect(await index.layersOf(stream, images)).toEqual({
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStreamLayers',
      metadata: stream.metadata,
      blobs: {
        [now]: { size: null, mediaType: MediaType.ociManifest },
        [before]: { size: null, mediaType: MediaType.ociManifest },
        [config]: { size: 328, mediaType: MediaType.ociConfig },
        [digest('1')]: { size: 1000, mediaType: MediaType.ociLayerGzip },
        [digest('2')]: { size: 5, mediaType: MediaType.ociLayerGzip },
      },
      images: {
        [now]: { config, layers: [digest('1')] },
        [before]: { config, layers: [digest('1'), digest('2')] },
      },
    });
  });

  it('goes down lists of lists, and says what is missing', async () => {
    const child = images.add(manifestText());
    const descriptor = (digest: string, mediaType: string = MediaType.ociManifest) => ({ mediaType, digest, size: 9 });
    const inner = images.add(indexText([descriptor(child), descriptor(digest('a'))]));
    const outer = images.add(indexText([descriptor(inner, MediaType.ociIndex), descriptor(child)]));
    const { blobs, images: found } = await index.layersOf(streamOf({ v1: [outer, digest('f')] }), images);
    expect(found).toEqual({
      [outer]: { layers: [], manifests: [inner, child] },
      [inner]: { layers: [], manifests: [child, digest('a')] },
      [child]: { config, layers: [digest('1')] },
      [digest('a')]: { imageMissing: true },
      [digest('f')]: { imageMissing: true },
    });
    expect(blobs).toEqual({
      [outer]: { size: null, mediaType: MediaType.ociIndex },
      [inner]: { size: 9, mediaType: MediaType.ociIndex },
      [child]: { size: 9, mediaType: MediaType.ociManifest },
      [digest('a')]: { size: 9, mediaType: MediaType.ociManifest },
      [config]: { size: 328, mediaType: MediaType.ociConfig },
      [digest('1')]: { size: 1000, mediaType: MediaType.ociLayerGzip },
    });
  });

  it('tells nothing of a stream without images', async () => {
    const { blobs, images: found } = await index.layersOf(streamOf({ v1: [], v2: [undefined] }), images);
    expect([blobs, found, images.reads]).toEqual([{}, {}, 0]);
  });

  it('reads each image of 5,000 tags once', async () => {
    const tags = Array.from(
      { length: 5000 },
      (_, at) => [`t${at}`, [images.add(manifestText({ layers: [['1', at]] }))]] as const,
    );
    const stream = streamOf(Object.fromEntries(tags));
    const { images: found } = await index.layersOf(stream, images);
    expect(Object.keys(found)).toHaveLength(5000);
    await index.layersOf(stream, images);
    expect(images.reads).toBe(5000);
  });

  it('ends with its signal', async () => {
    const stream = streamOf({ v1: [images.add(manifestText())] });
    await expect(index.layersOf(stream, images, AbortSignal.abort())).rejects.toThrow();
  });
});

describe('note', () => {
  it('spares reading what was just written, and forgets what was deleted', async () => {
    const name = images.add(manifestText());
    const image = images.all.get(name);
    index.note(image, undefined);
    expect(await index.read(name, images)).toMatchObject({ config: { digest: config } });
    expect(images.reads).toBe(0);
    images.all.delete(name);
    index.note(undefined, image);
    expect(await index.read(name, images)).toBeUndefined();
    expect(images.reads).toBe(1);
  });
});

describe('holds', () => {
  it.each<[what: string, digest: (names: Record<'list' | 'child' | 'old', string>) => string, expected: boolean]>([
    ['an image', ({ list }) => list, true],
    ['an image of the history', ({ old }) => old, true],
    ['a child of a list', ({ child }) => child, true],
    ['a child that is not stored', () => digest('a'), true],
    ['a layer', () => digest('2'), true],
    ['a layer of a child', () => digest('1'), true],
    ['a configuration', () => config, true],
    ['anything else', () => digest('9'), false],
  ])('%s', async (_what, digestFor, expected) => {
    const child = images.add(manifestText());
    const old = images.add(manifestText({ layers: [['2', 5]] }));
    const list = images.add(
      indexText([child, digest('a')].map((digest) => ({ mediaType: MediaType.ociManifest, digest, size: 9 }))),
    );
    const stream = streamOf({ v1: [list, old] });
    expect(await index.holds(stream, digestFor({ list, child, old }), images)).toBe(expected);
  });

  it('is what layersOf lists, of any images', async () => {
    const digits = fc.constantFrom('1', '2', '3', '4');
    const imageOf = fc
      .array(digits, { maxLength: 3 })
      .map((layers) => manifestText({ layers: layers.map((digit) => [digit, 1]) }));
    /** Numbers of earlier images, or of none. */
    const listOf = fc.array(fc.nat(5), { maxLength: 3 });
    const worlds = fc.array(fc.oneof(imageOf, listOf), { maxLength: 6 });
    const tags = fc.array(fc.array(fc.nat(7), { maxLength: 3 }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(worlds, tags, async (contents, histories) => {
        const [index, images] = [new LayersIndex(), new Images()];
        const names: string[] = [];
        const nameOf = (at: number) => names[at] ?? digest('f');
        for (const content of contents) {
          const children = (numbers: number[]) =>
            numbers.map((at) => ({ mediaType: MediaType.ociManifest, digest: nameOf(at), size: 9 }));
          names.push(images.add(typeof content === 'string' ? content : indexText(children(content))));
        }
        const stream = streamOf(Object.fromEntries(histories.map((numbers, tag) => [`t${tag}`, numbers.map(nameOf)])));
        const { blobs, images: found } = await index.layersOf(stream, images);
        for (const one of [...names, ...['1', '2', '3', '4', 'f', '9'].map(digest), config]) {
          const isListed = one in blobs || one in found;
          expect(await new LayersIndex().holds(stream, one, images)).toBe(isListed);
        }
      }),
    );
  });

  it('reads no further than to where it finds', async () => {
    const newest = images.add(manifestText({ layers: [['7', 1]] }));
    const others = Array.from({ length: 1000 }, (_, at) => images.add(manifestText({ layers: [['1', at]] })));
    expect(await index.holds(streamOf({ v1: [newest, ...others] }), digest('7'), images)).toBe(true);
    expect(images.reads).toBeLessThan(100);
  });
});

it('has the newest image of each tag first', () => {
  const stream = streamOf({ a: ['a1', 'a2'], b: [], c: ['c1', 'a1', 'c3'] });
  expect([...historyOf(stream)]).toEqual(['a1', 'c1', 'a2', 'c3']);
});
