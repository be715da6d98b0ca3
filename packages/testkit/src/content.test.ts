import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createArtifact, createImage, createIndex, digestOf, MEDIA_TYPES, randomBytesOf } from './content.js';

interface Config {
  rootfs: { diff_ids: string[] };
}

describe('generated content', () => {
  it('is the same for the same seed and another for another seed', () => {
    expect(randomBytesOf('a', 100)).toEqual(randomBytesOf('a', 100));
    expect(randomBytesOf('a', 100)).not.toEqual(randomBytesOf('b', 100));
    expect(createImage({ seed: 'a' }).descriptor).toEqual(createImage({ seed: 'a' }).descriptor);
  });

  it.each(['oci', 'docker'] as const)('makes %s images whose configuration names the unpacked layers', (mediaTypes) => {
    const [config, ...layers] = createImage({ seed: 's', layers: 3, size: 700, mediaTypes }).blobs;
    const { rootfs } = JSON.parse(config?.bytes.toString() ?? '') as Config;
    expect(rootfs.diff_ids).toEqual(layers.map((layer) => digestOf(gunzipSync(layer.bytes))));
    expect(layers.map((layer) => layer.descriptor.mediaType)).toEqual(Array(3).fill(MEDIA_TYPES[mediaTypes].layer));
  });

  it('describes manifests by the digest and size of their bytes', () => {
    const image = createImage({ seed: 's' });
    const hex = createHash('sha256').update(image.bytes).digest('hex');
    expect(image.descriptor).toMatchObject({ digest: `sha256:${hex}`, size: image.bytes.length });
  });

  it('points from indexes and artifacts to other manifests', () => {
    const image = createImage({ seed: 's', platform: { os: 'linux', architecture: 'arm64' } });
    const index = JSON.parse(createIndex([image]).bytes.toString()) as unknown;
    expect(index).toMatchObject({
      manifests: [{ digest: image.descriptor.digest, platform: { architecture: 'arm64' } }],
    });
    const artifact = createArtifact({ content: Buffer.from('x'), artifactType: 'a/b', subject: image.descriptor });
    expect(JSON.parse(artifact.bytes.toString())).toMatchObject({
      artifactType: 'a/b',
      subject: { mediaType: image.descriptor.mediaType, digest: image.descriptor.digest, size: image.bytes.length },
    });
  });
});
