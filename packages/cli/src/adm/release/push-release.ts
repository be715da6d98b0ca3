import { StoreLimits } from '@longshore/distribution';
import {
  binarySize,
  expandMappings,
  mirrorImages,
  Places,
  repositoryText,
  type Mapping,
  type MirrorOptions,
  type PlaceName,
} from '@longshore/mirror';
import type { BuiltImage } from '@longshore/mirror/build';
import type { ImageReader } from '../../image/image-reader.js';
import { stateDir } from '../../image/state-dir.js';
import { note } from '../../note.js';
import type { ReleaseNewOptions } from './new.js';

export interface PushedRelease {
  /** The images of the release that are copied, too. */
  mappings: readonly Mapping[];
  built: BuiltImage;
  /** Undefined: the release image is pushed nowhere. */
  target: PlaceName | undefined;
}

/**
 * Copies the images of a release, and then the release image itself; a dry run only looks whether the images are there. Errors:
 * MirrorError, those of registries.
 */
export async function pushRelease(
  reader: ImageReader,
  { mappings, built, target }: PushedRelease,
  { dir, maxPerRegistry, dryRun = false }: Pick<ReleaseNewOptions, 'dir' | 'maxPerRegistry' | 'dryRun'>,
  signal: AbortSignal,
): Promise<void> {
  const [first] = mappings;
  const targets = [...(first === undefined ? [] : [first.destination]), ...(target === undefined ? [] : [target])];
  const places = new Places(
    {
      client: reader.client,
      pullSources: reader.pullSources,
      sourceDir: dir,
      targetDir: dir,
      stateDir: stateDir(process.env),
      mount: true,
      dryRun,
      maxPerRegistry,
    },
    targets,
  );
  const copying: MirrorOptions = {
    selection: { keepList: true },
    force: false,
    skipMissing: false,
    continueOnError: false,
    dryRun,
    limits: new StoreLimits({ maxPerStore: maxPerRegistry }),
    signal,
    onPlan: () => undefined,
    onEvent: () => undefined,
    onNote: note,
    onError: ({ message }) => note(`error: ${message}`),
  };
  try {
    if (first !== undefined) {
      const place = repositoryText(first.destination);
      const onPlan: MirrorOptions['onPlan'] = ({ writeBytes }) =>
        note(`info: Mirroring ${mappings.length} images to ${place}, ${binarySize(writeBytes)} ...`);
      await mirrorImages(await expandMappings(mappings, places, signal), { ...copying, onPlan });
    }
    if (target === undefined || dryRun) return;
    const tag = target.tag ?? 'latest';
    const wanted = { source: built, reference: built.digest, targets: [{ target: await places.target(target), tag }] };
    await mirrorImages([wanted], { ...copying, force: true });
    note(`info: Pushed to ${repositoryText(target)}:${tag}`);
  } finally {
    await places.close();
  }
}
