import { gzipSync } from 'node:zlib';
import { blobOf, createManifest, MEDIA_TYPES, pushTree, tarOf, type GeneratedManifest } from '@longshore/testkit';

/** Where {@link publishComponents} puts images. */
export const COMPONENTS = 'ocp/art-dev';

/** An image of one layer for each set of files. */
export function componentImage(labels: Record<string, string>, ...layers: Record<string, string>[]): GeneratedManifest {
  const config = {
    os: 'linux',
    architecture: 'amd64',
    config: { Labels: labels },
    rootfs: { type: 'layers', diff_ids: [] },
  };
  const blobs = layers.map((files) => {
    const entries = Object.entries(files).map(([path, text]) => ({ path, content: Buffer.from(text) }));
    return blobOf(gzipSync(tarOf(entries)), MEDIA_TYPES.docker.layer);
  });
  return createManifest('docker', blobOf(Buffer.from(JSON.stringify(config)), MEDIA_TYPES.docker.config), blobs);
}

/** Publishes a plain image, and an operator's whose manifest names it. Returns their digests, by name. */
export async function publishComponents(url: string): Promise<Record<string, string>> {
  const references = JSON.stringify({
    kind: 'ImageStream',
    spec: { tags: [{ name: 'cli', from: { kind: 'DockerImage', name: 'registry.ci/origin:cli' } }] },
  });
  const images = {
    cli: componentImage({ 'io.openshift.build.commit.id': 'c'.repeat(40) }, { 'bin/cli': 'cli' }),
    'cluster-version-operator': componentImage(
      { 'io.openshift.release.operator': 'true' },
      {
        'bin/cvo': 'cvo',
        'manifests/deploy.yaml': 'image: registry.ci/origin:cli\nversion: 0.0.1-snapshot\n',
        'manifests/0000_00_ns.yaml': 'kind: Namespace\n',
        'manifests/image-references': references,
      },
    ),
  };
  const digests: Record<string, string> = {};
  for (const [name, image] of Object.entries(images)) {
    await pushTree({ url }, COMPONENTS, image);
    digests[name] = image.descriptor.digest;
  }
  return digests;
}
