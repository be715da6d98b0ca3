import type { ImageSource } from '@longshore/distribution';
import { CopyError, RemoteError } from '@longshore/distribution';
import type { MirrorReport } from '../../image/mirror-report.js';

/** `4.16.3-x86_64`, without the name of an image behind it. */
const RELEASE_TAG = /^\d+\.\d+\.\d+(-[0-9A-Za-z.]+)*?-(x86_64|aarch64|s390x|ppc64le|multi)$/;

/**
 * Warns when a repository for release images has other images, too: the update service reads all that is there, with all their layers
 * (mirror.md 7). Errors: those of the registry.
 */
export async function warnOfOtherTags(
  repository: ImageSource,
  report: Pick<MirrorReport, 'note'>,
  signal: AbortSignal,
): Promise<void> {
  let [count, first] = [0, undefined as string | undefined];
  try {
    for await (const tag of repository.tags({ signal })) {
      if (RELEASE_TAG.test(tag)) continue;
      first ??= tag;
      count += 1;
    }
  } catch (error) {
    const isNew = (error instanceof RemoteError || error instanceof CopyError) && error.code === 'NOT_FOUND';
    if (!isNew) throw error;
  }
  if (first === undefined) return;
  const tags =
    count === 1
      ? `${first} of ${repository.name} seems to be no release`
      : `${count} tags of ${repository.name} seem to be no releases, such as ${first}`;
  report.note(`warning: ${tags}; an update service reads all images of its repository`);
}
