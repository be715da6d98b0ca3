import { isDigest, isIndexMediaType } from '@longshore/oci';
import type { Digest } from '@longshore/oci';
import { RemoteError } from '../remote-error.js';
import { each } from './each.js';
import { blobsOf, readImageTree } from './image-tree.js';
import type { ImageTree, PlatformSelection } from './image-tree.js';
import { checkLocal, type KnownPlaces } from './local-blobs.js';
import { findNewRepositories, repositoryKey } from './new-repositories.js';
import { CopyError } from './place.js';
import type { Blob, ImageSource, ImageTarget } from './place.js';
import { presenceKey } from './presence.js';
import type { StoreLimits } from './store-limits.js';

/** An image that somebody wants in other places. */
export interface WantedImage {
  source: ImageSource;
  /** A tag or a digest. */
  reference: string;
  targets: WantedTarget[];
}

export interface WantedTarget {
  target: ImageTarget;
  /** Without, by digest alone. */
  tag?: string | undefined;
}

/** What became of a wanted image. `current`: all targets have it; `filtered`: the selection leaves nothing of it. */
export type SurveyedImage = WantedImage &
  (
    | { state: 'wanted'; tree: ImageTree }
    | { state: 'current' | 'filtered' | 'missing' }
    | { state: 'failed'; error: unknown }
  );

/** What is known before anything is copied. */
export interface Survey {
  images: SurveyedImage[];
  /** Keys by `presenceKey`. */
  present: ReadonlySet<string>;
  /** Another repository of the target's store that has a blob, or had it in an earlier run; keys by `presenceKey`. */
  elsewhere: ReadonlyMap<string, string>;
  /** What sources do not have, and targets find elsewhere; keys by `sourceKey`. */
  lacking: ReadonlySet<string>;
}

export interface SurveyOptions {
  selection: PlatformSelection;
  /** Targets are not asked whether they have the images already. */
  force: boolean;
  /** A source without the image is no failure. */
  skipMissing: boolean;
  limits: StoreLimits;
  signal: AbortSignal;
}

/** Asks sources and targets for all that a plan depends on. What fails for one image is noted there. Errors: the signal's reason. */
export async function survey(images: readonly WantedImage[], options: SurveyOptions): Promise<Survey> {
  const { limits, signal } = options;
  const newRepositories = await findNewRepositories(images, options);
  const surveyed: SurveyedImage[] = [];
  await each([...images.entries()], limits.most, async ([index, image]) => {
    surveyed[index] = await surveyImage(image, newRepositories, options).catch((error: unknown) => {
      signal.throwIfAborted();
      const isMissing = options.skipMissing && isNotFound(error);
      return isMissing ? { ...image, state: 'missing' } : { ...image, state: 'failed', error };
    });
  });
  const { present, elsewhere, failed } = await checkBlobs(surveyed, newRepositories, options);
  for (const [index, image] of surveyed.entries()) {
    if (image.state !== 'wanted') continue;
    const target = image.targets.find((one) => failed.has(repositoryKey(one.target)))?.target;
    if (target !== undefined) surveyed[index] = { ...image, state: 'failed', error: failed.get(repositoryKey(target)) };
  }
  await leaveOutWhole(surveyed, present, options);
  const lacking = await checkLocal(surveyed, { present, elsewhere, newRepositories }, options);
  return { images: surveyed, present, elsewhere, lacking };
}

/** Which blobs are where they are wanted, and why repositories do not tell. One that fails is not asked again. */
async function checkBlobs(
  images: readonly SurveyedImage[],
  newRepositories: ReadonlySet<string>,
  { limits, signal }: SurveyOptions,
): Promise<Pick<KnownPlaces, 'present' | 'elsewhere'> & { failed: ReadonlyMap<string, unknown> }> {
  const present = new Set<string>();
  const elsewhere = new Map<string, string>();
  const failed = new Map<string, unknown>();
  const checks = new Map<string, { target: ImageTarget; blob: Blob }>();
  for (const image of images) {
    if (image.state !== 'wanted') continue;
    for (const { target } of image.targets) {
      for (const blob of blobsOf(image.tree)) checks.set(presenceKey(target, blob), { target, blob });
    }
  }
  await each([...checks], limits.most, async ([key, { target, blob }]) => {
    const repository = repositoryKey(target);
    if (failed.has(repository)) return;
    try {
      const hasBlob = () => limits.run([target.store], signal, () => target.hasBlob(blob, { signal }));
      if (!newRepositories.has(repository) && (await hasBlob())) present.add(key);
    } catch (error) {
      signal.throwIfAborted();
      failed.set(repository, error);
    }
    const known = target.knownElsewhere(blob);
    if (known !== undefined) elsewhere.set(key, known);
  });
  return { present, elsewhere, failed };
}

async function surveyImage(
  image: WantedImage,
  newRepositories: ReadonlySet<string>,
  options: SurveyOptions,
): Promise<SurveyedImage> {
  const { source, reference, targets } = image;
  const { limits, signal, selection, force } = options;
  const heldBy = async ({ target, tag }: WantedTarget, digest?: Digest) => {
    const asked = tag ?? digest;
    if (force || target.isLocal || asked === undefined || newRepositories.has(repositoryKey(target))) return undefined;
    return limits.run([target.store], signal, () => target.digestOf(asked, { signal }));
  };
  const direct = isDigest(reference) ? reference : undefined;
  const held = await Promise.all(targets.map((one) => heldBy(one, direct)));
  if (held.length > 0 && held.every((digest) => digest !== undefined)) {
    const wanted = await limits.run([source.store], signal, () => wantedDigest(source, reference, selection, signal));
    if (wanted !== undefined && held.every((digest) => digest === wanted)) return { ...image, state: 'current' };
  }
  const tree = await limits.run([source.store], signal, () => readImageTree(source, reference, selection, signal));
  if (tree === undefined) return { ...image, state: 'filtered' };
  const { digest } = tree.manifest;
  const now = await Promise.all(
    targets.map(async (one, index) =>
      one.tag === undefined && direct === undefined ? heldBy(one, digest) : held[index],
    ),
  );
  const missing = targets.filter((_, index) => now[index] !== digest);
  return missing.length === 0 ? { ...image, state: 'current' } : { ...image, targets: missing, state: 'wanted', tree };
}

/** The digest that will be at the target, when a look at the headers tells it. */
async function wantedDigest(
  source: ImageSource,
  reference: string,
  selection: PlatformSelection,
  signal: AbortSignal,
): Promise<Digest | undefined> {
  const isWhole = selection.matches === undefined;
  if (isDigest(reference) && isWhole) return reference;
  if (isDigest(reference)) return undefined;
  const found = await source.peek(reference, { signal });
  return found !== undefined && (isWhole || !isIndexMediaType(found.mediaType)) ? found.digest : undefined;
}

/** A folder has an image when it has all of its parts, whatever its tags say. */
async function leaveOutWhole(
  images: SurveyedImage[],
  present: ReadonlySet<string>,
  { limits, signal }: SurveyOptions,
): Promise<void> {
  const holds = async ({ target, tag }: WantedTarget, tree: ImageTree): Promise<boolean> => {
    const isThere = blobsOf(tree).every((blob) => present.has(presenceKey(target, blob)));
    if (!target.isLocal || !isThere) return false;
    const { digest } = tree.manifest;
    if (tag !== undefined && (await target.digestOf(tag, { signal })) !== digest) return false;
    for (const one of manifestsOf(tree)) if ((await target.digestOf(one, { signal })) !== one) return false;
    return true;
  };
  await each([...images.entries()], limits.most, async ([index, image]) => {
    if (image.state !== 'wanted') return;
    const held = await Promise.all(image.targets.map((one) => holds(one, image.tree)));
    const targets = image.targets.filter((_, at) => held[at] !== true);
    images[index] = targets.length === 0 ? { ...image, state: 'current' } : { ...image, targets };
  });
}

function manifestsOf({ manifest, children }: ImageTree): Digest[] {
  return [manifest.digest, ...children.flatMap(manifestsOf)];
}

function isNotFound(error: unknown): boolean {
  return (error instanceof RemoteError || error instanceof CopyError) && error.code === 'NOT_FOUND';
}
