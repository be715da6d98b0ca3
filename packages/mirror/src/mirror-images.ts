import { CopyError, executeCopy, planCopy, RemoteError, survey } from '@longshore/distribution';
import type {
  CopyEvent,
  CopyFailure,
  CopyPlan,
  PlatformSelection,
  StoreLimits,
  SurveyedImage,
  WantedImage,
} from '@longshore/distribution';
import { isDigest } from '@longshore/oci';
import { MirrorError } from './mirror-error.js';
import { checkAccess, checkSpace } from './preflight.js';
import { refuseTargets } from './refused-targets.js';

export interface MirrorOptions {
  selection: PlatformSelection;
  force: boolean;
  skipMissing: boolean;
  continueOnError: boolean;
  dryRun: boolean;
  bytesPerSecond?: number | undefined;
  limits: StoreLimits;
  signal: AbortSignal;
  /** What is going to happen; called before anything is copied. */
  onPlan: (plan: CopyPlan) => void;
  onEvent: (event: CopyEvent) => void;
  /** Lines for people: images that are left out, and why. */
  onNote: (note: string) => void;
  onError: (problem: MirrorProblem) => void;
}

/** What is wrong with one image. */
export interface MirrorProblem {
  message: string;
  error: unknown;
}

/** How far it came. */
export interface MirrorResult {
  plan: CopyPlan;
  problems: MirrorProblem[];
}

/**
 * Mirrors images (mirror.md 2). Errors: MirrorError PLANNING when something is not there and all must be, COPYING for the first
 * failure, NO_SPACE; the signal's reason.
 */
export async function mirrorImages(images: readonly WantedImage[], options: MirrorOptions): Promise<MirrorResult> {
  const { continueOnError, onNote, signal } = options;
  const found = await survey(images, options);
  const missing = found.images.flatMap((image) => (image.state === 'failed' ? [planningProblem(image)] : []));
  const problems = [...missing, ...refuseTargets(found.images).map((one) => copyProblem(one, options.selection))];
  const tell = (some: readonly MirrorProblem[]) => some.forEach((problem) => options.onError(problem));
  tell(problems);
  for (const image of found.images) {
    const name = nameOf(image);
    if (image.state === 'missing') onNote(`warning: Image ${name} does not exist and will not be mirrored`);
    if (image.state === 'filtered') onNote(`info: Filtered all images from ${image.source.name}, skipping`);
  }
  const [first] = problems;
  if (first !== undefined && !continueOnError) {
    throw new MirrorError('PLANNING', 'an error occurred during planning', { cause: first.error });
  }
  const plan = planCopy(found);
  options.onPlan(plan);
  if (options.dryRun) return { plan, problems };
  await checkSpace(plan);
  if (!continueOnError) {
    await checkAccess(plan, options).catch((error: unknown) => {
      signal.throwIfAborted();
      tell([{ message: (error as Error).message, error }]);
      throw new MirrorError('PLANNING', 'an error occurred during planning', { cause: error });
    });
  }
  const failures = await executeCopy(plan, options).catch((error: unknown) => {
    signal.throwIfAborted();
    tell([{ message: reasonOf(error, options.selection), error }]);
    throw new MirrorError('COPYING', 'one or more errors occurred while uploading images', { cause: error });
  });
  const failed = failures.map((failure) => copyProblem(failure, options.selection));
  tell(failed);
  return { plan, problems: [...problems, ...failed] };
}

function planningProblem(image: SurveyedImage & { state: 'failed' }): MirrorProblem {
  const { reference, source, error } = image;
  // What a target says of itself.
  if (error instanceof MirrorError) return { message: error.message, error: error.cause };
  const isMissing = (error instanceof RemoteError || error instanceof CopyError) && error.code === 'NOT_FOUND';
  // As registries say it, whatever this one said.
  const why = isMissing ? 'manifest unknown: manifest unknown' : (error as Error).message;
  const kind = isDigest(reference) ? 'manifest' : 'by tag';
  const what = reference === '' ? source.name : `${source.name} ${kind} ${reference}`;
  return { message: `unable to retrieve source image ${what}: ${why}`, error };
}

function copyProblem({ target, digest, tags, error }: CopyFailure, selection: PlatformSelection): MirrorProblem {
  const [tag] = tags;
  const place = tag === undefined ? `${target.name}@${digest}` : `${target.name}:${tag}`;
  return { message: `unable to push ${place}: ${reasonOf(error, selection)}`, error };
}

/** Many registries refuse a list of which they do not have all images (mirror.md 2.3). */
function reasonOf(error: unknown, { keepList, matches }: PlatformSelection): string {
  const { message } = error as Error;
  const isRefused = error instanceof RemoteError && error.code === 'INVALID' && error.status === 400;
  if (!isRefused || !keepList || matches === undefined) return message;
  return `${message}; it may want all images of the list: leave out --filter-by-os, or --keep-manifest-list`;
}

function nameOf({ source, reference }: WantedImage): string {
  if (reference === '') return source.name;
  return `${source.name}${isDigest(reference) ? '@' : ':'}${reference}`;
}
