import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { digestOf } from './digest.js';

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/** An image manifest over a config and layers of the given content. */
export function imageManifest(config: Uint8Array, layers: readonly Uint8Array[]): Buffer {
  return manifestOver(
    describe(configType, config),
    layers.map((layer) => describe(layerType, layer)),
  );
}

/** A manifest of about 1.7 KB; what it refers to does not exist. `seed` makes its digest a distinct one. */
export function smallManifest(seed: string): Buffer {
  const layers = Array.from({ length: 8 }, (_, index) => ({
    mediaType: layerType,
    digest: digestOf(Buffer.from(`${seed} layer ${index}`)),
    size: 1_000_000 + index,
  }));
  return manifestOver(describe(configType, Buffer.from(`${seed} config`)), layers);
}

/** An image config for layers with these digests of their uncompressed content. */
export function imageConfig(diffIds: readonly string[], comment: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Labels: { comment } },
      rootfs: { type: 'layers', diff_ids: diffIds },
      history: diffIds.map((_, index) => ({ created: '2000-01-01T00:00:00Z', created_by: `layer ${index}` })),
    }),
  );
}

/** An image as an OCI image layout on disk: the folder, the manifest and the digests of config and layers. */
export interface ImageLayout {
  dir: string;
  manifest: Buffer;
  blobs: string[];
}

/** Writes an image of gzip layers, each with one file of `layerSize` random bytes, tagged `latest`. */
export async function writeImageLayout(dir: string, layerCount: number, layerSize: number): Promise<ImageLayout> {
  await mkdir(join(dir, 'blobs/sha256'), { recursive: true });
  const tars = Array.from({ length: layerCount }, (_, index) => tarOf(`file-${index}`, randomBytes(layerSize)));
  const layers = tars.map((tar) => gzipSync(tar, { level: 1 }));
  const config = imageConfig(tars.map(digestOf), 'thirty layers');
  const manifest = imageManifest(config, layers);
  for (const blob of [config, ...layers, manifest]) await writeFile(blobPath(dir, digestOf(blob)), blob);
  const index = {
    schemaVersion: 2,
    manifests: [
      { ...describe(manifestType, manifest), annotations: { 'org.opencontainers.image.ref.name': 'latest' } },
    ],
  };
  await writeFile(join(dir, 'index.json'), JSON.stringify(index));
  await writeFile(join(dir, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  return { dir, manifest, blobs: [config, ...layers].map(digestOf) };
}

/** Where a blob lies in an OCI image layout. */
export function blobPath(dir: string, digest: string): string {
  return join(dir, 'blobs', ...digest.split(':'));
}

function manifestOver(config: Descriptor, layers: readonly Descriptor[]): Buffer {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config, layers }));
}

function describe(mediaType: string, content: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(content), size: content.length };
}

/** A tar archive with one file (POSIX ustar). */
export function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0' + '0000000\0' + '0000000\0', 100);
  header.write(content.length.toString(8).padStart(11, '0') + '\0', 124);
  header.write('00000000000\0', 136);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(sum.toString(8).padStart(6, '0') + '\0 ', 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}
