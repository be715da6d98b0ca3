import { readImage, type Image, type ReadImageOptions } from '../extract/read-image.js';
import type { ReadableSource } from '../extract/readable-source.js';
import type { ReleaseComponent } from './image-references.js';
import type { Release } from './read-release.js';
import { ReleaseError } from './release-error.js';
import { textOf } from './json-object.js';

export interface ReadComponentsOptions extends ReadImageOptions {
  /** Which image of a list is meant. */
  matches: (platform: string) => boolean;
  /** From where a component is read. */
  sourceOf: (component: ReleaseComponent) => ReadableSource;
  /** Called before it is. */
  onRead?: (component: ReleaseComponent) => void;
  /** Images at a time. */
  concurrency: number;
}

/** Manifests and configurations of images of a release, by name. Errors: ReleaseError NOT_FOUND for the first that fails. */
export async function readComponents(
  components: readonly ReleaseComponent[],
  { matches, onRead, ...options }: ReadComponentsOptions,
): Promise<Map<string, Image>> {
  const found = new Map<string, Image>();
  const waiting = [...components];
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const worker = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      onRead?.(one);
      found.set(one.name, await readComponent(one, options.sourceOf(one), { matches, signal }));
    }
  };
  try {
    await Promise.all(Array.from({ length: options.concurrency }, worker));
  } catch (error) {
    failed.abort();
    throw error;
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Errors: ReleaseError NOT_FOUND. */
export async function readComponent(
  { name, digest }: ReleaseComponent,
  source: ReadableSource,
  options: ReadImageOptions,
): Promise<Image> {
  try {
    return await readImage(source, digest, options);
  } catch (error) {
    options.signal.throwIfAborted();
    throw new ReleaseError('NOT_FOUND', `the image ${name} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The component of a name. Errors: ReleaseError NOT_FOUND. */
export function findComponent({ references }: Release, name: string): ReleaseComponent {
  const found = references.components.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new ReleaseError(
    'NOT_FOUND',
    `no image tag ${JSON.stringify(name)} exists in the release ${references.version}`,
  );
}

/** Components that are lists have the release's platform. */
export function platformOf({ image }: Release): (platform: string) => boolean {
  const wanted = `${textOf(image.config['os']) ?? 'linux'}/${textOf(image.config['architecture']) ?? 'amd64'}`;
  return (platform) => platform === wanted || platform.startsWith(`${wanted}/`);
}
