import { MediaType } from '@longshore/oci';
import { describe, expect, it } from 'vitest';
import { blobNamed, imageNamed, indexNamed } from '../testing/manifests.js';
import { pushedImage, wantsConfig } from './pushed-image.js';

describe('wantsConfig', () => {
  const config = (mediaType: string, size = 10) => ({ ...blobNamed('config', mediaType), size });
  it.each([
    ['of OCI', imageNamed('a', { config: config(MediaType.ociConfig) }).manifest, true],
    ['of Docker', imageNamed('a', { config: config(MediaType.dockerConfig) }).manifest, true],
    ['of an artifact', imageNamed('a', { config: config(MediaType.emptyJson) }).manifest, false],
    ['that is large', imageNamed('a', { config: config(MediaType.ociConfig, 2 ** 20) }).manifest, false],
    ['of an index', indexNamed('a', []).manifest, false],
  ])('%s: %#', (_, manifest, wanted) => {
    expect(wantsConfig(manifest)).toBe(wanted);
  });
});

describe('pushedImage', () => {
  it('leaves a manifest out that would not fit into a request, and still tells its layers', () => {
    const layers = [blobNamed('layer')];
    const { manifest, digest } = imageNamed('x'.repeat(2 * 2 ** 20), { layers });
    const image = pushedImage(manifest, digest, undefined, 'registry:5000/shop/app');
    expect(image).not.toHaveProperty('dockerImageManifest');
    expect(image.dockerImageLayers).toMatchObject([{ name: layers[0]?.digest }]);
    expect(JSON.stringify(image).length).toBeLessThan(2 ** 20);
  });

  it('tells what an index lists', () => {
    const child = imageNamed('child').descriptor;
    const platform = { architecture: 'arm64', os: 'linux', variant: 'v8' };
    const { manifest, digest } = indexNamed('list', [{ ...child, platform }, child]);
    const image = pushedImage(manifest, digest, undefined, 'registry:5000/shop/app');
    expect(image).not.toHaveProperty('dockerImageLayers');
    expect(image.dockerImageManifests).toEqual([
      { digest: child.digest, mediaType: child.mediaType, manifestSize: child.size, ...platform },
      {
        digest: child.digest,
        mediaType: child.mediaType,
        manifestSize: child.size,
        architecture: 'unknown',
        os: 'unknown',
      },
    ]);
  });
});
