import type { Image } from '@longshore/kube';
import { digestOf, MediaType } from '@longshore/oci';
import { describe, expect, it } from 'vitest';
import { fillImage } from '../images/describe-image.js';
import { CONFIG_TEXT, digest, indexText, manifestText, pushedImage } from '../testing/manifests.js';
import { blobsOf, distinctBytes, imageLayers, referencesOf } from './image-layers.js';

const filled = (manifest: string): Image => {
  const image = pushedImage(manifest, { dockerImageConfig: CONFIG_TEXT });
  fillImage(image);
  return image;
};
const config = digestOf(Buffer.from(CONFIG_TEXT));

describe('imageLayers', () => {
  it('tells configuration and layers with their sizes', () => {
    const layers = imageLayers(
      filled(
        manifestText({
          layers: [
            ['2', 10],
            ['1', 5],
            ['2', 10],
          ],
        }),
      ),
    );
    expect(layers).toMatchObject({
      mediaType: MediaType.ociManifest,
      config: { digest: config, size: 328, mediaType: MediaType.ociConfig },
      layers: [
        { digest: digest('2'), size: 10 },
        { digest: digest('1'), size: 5 },
        { digest: digest('2'), size: 10 },
      ],
    });
    expect(distinctBytes(blobsOf(layers))).toBe(343);
    expect(referencesOf(layers)).toEqual({ config, layers: [digest('2'), digest('1'), digest('2')] });
  });

  it('tells the children of a list', () => {
    const child = { mediaType: MediaType.ociManifest, digest: digest('a'), size: 7 };
    const layers = imageLayers(filled(indexText([child])));
    expect(layers).toEqual({ mediaType: MediaType.ociIndex, layers: [], manifests: [child] });
    expect(referencesOf(layers)).toEqual({ layers: [], manifests: [digest('a')] });
  });

  it.each<[what: string, metadata: Image['dockerImageMetadata'], expected: object | undefined]>([
    ['no metadata', undefined, undefined],
    ['an Id of Docker schema 1', { kind: 'DockerImage', apiVersion: 'image.openshift.io/1.0', Id: 'abc' }, undefined],
    [
      'a size that cannot be',
      { kind: 'DockerImage', apiVersion: 'image.openshift.io/1.0', Id: config, Size: 1 },
      { digest: config, size: null, mediaType: MediaType.ociConfig },
    ],
  ])('is told of an image with %s', (_what, dockerImageMetadata, expected) => {
    const { dockerImageMetadata: _own, ...image } = filled(manifestText());
    const layers = imageLayers({ ...image, ...(dockerImageMetadata && { dockerImageMetadata }) });
    expect(layers.config).toEqual(expected);
  });
});
