import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OciLayout, StoreLimits } from '@longshore/distribution';
import {
  blobOf,
  createIndex,
  createImage,
  createManifest,
  MEDIA_TYPES,
  randomBytesOf,
  temporaryFolder,
  writeOciLayout,
} from '@longshore/testkit';
import { FolderPlaces, type FolderFormat } from '../../folder-places.js';
import { mirrorImages } from '../../mirror-images.js';

const layer = (seed: string, size: number) => blobOf(randomBytesOf(seed, size), MEDIA_TYPES.oci.layer);
const config = (name: string) => blobOf(Buffer.from(JSON.stringify({ os: 'linux', name })), MEDIA_TYPES.oci.config);

/** In all images of two repositories. */
export const SHARED = layer('shared', 100_000);
/** More than the parts of archives that tests make. */
export const LARGE = layer('large', 2_500_000);

export const IMAGES = {
  'org/app:v1': createManifest('oci', config('one'), [SHARED, LARGE]),
  'org/app:v2': createManifest('oci', config('two'), [SHARED, layer('two', 300_000)]),
  'org/list:v1': createIndex([
    createManifest('oci', config('amd'), [SHARED]),
    createImage({ seed: 'arm', platform: { os: 'linux', architecture: 'arm64' } }),
  ]),
};

/** A folder with images in a format, and a file of a signature beside them. */
export async function makeMedia(
  format: FolderFormat,
  names: readonly (keyof typeof IMAGES)[] = ['org/app:v1', 'org/app:v2', 'org/list:v1'],
): Promise<string> {
  const layout = temporaryFolder('media-source');
  const dir = temporaryFolder('media');
  await writeOciLayout(layout, IMAGES);
  const places = new FolderPlaces(false);
  const images = await Promise.all(
    names.map(async (name) => {
      const [repository = '', tag = ''] = name.split(':');
      const target = await places.target(dir, repository, format);
      return { source: new OciLayout(layout), reference: name, targets: [{ target, tag }] };
    }),
  );
  await mirrorImages(images, {
    selection: { keepList: true },
    force: false,
    skipMissing: false,
    continueOnError: false,
    dryRun: false,
    limits: new StoreLimits(),
    signal: new AbortController().signal,
    onPlan: () => undefined,
    onEvent: () => undefined,
    onNote: () => undefined,
    onError: ({ error }) => {
      throw error;
    },
  });
  await places.close();
  mkdirSync(join(dir, 'config'), { recursive: true });
  writeFileSync(join(dir, 'config/signature-sha256-398cae49a9535649.json'), '{"kind":"ConfigMap"}\n');
  return dir;
}
