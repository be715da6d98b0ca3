import { executeCopy } from '../execute.js';
import type { CopyEvent, CopyFailure, ExecuteOptions } from '../execute.js';
import type { PlatformSelection } from '../image-tree.js';
import { planCopy } from '../plan.js';
import { StoreLimits } from '../store-limits.js';
import { survey } from '../survey.js';
import type { WantedImage } from '../survey.js';

export interface RunOptions extends Partial<
  Pick<ExecuteOptions, 'signal' | 'continueOnError' | 'bytesPerSecond' | 'clock'>
> {
  selection?: PlatformSelection;
  limits?: StoreLimits;
  onEvent?: (event: CopyEvent) => void;
}

/** Surveys, plans and copies, as whoever mirrors images does. Errors: also those of the survey. */
export async function runCopy(
  images: readonly WantedImage[],
  options: RunOptions = {},
): Promise<{ events: CopyEvent[]; failures: CopyFailure[] }> {
  const {
    selection = { keepList: false },
    limits = new StoreLimits(),
    signal = new AbortController().signal,
  } = options;
  const found = await survey(images, { selection, force: false, skipMissing: false, limits, signal });
  for (const image of found.images) if (image.state === 'failed') throw image.error;
  const events: CopyEvent[] = [];
  const failures = await executeCopy(planCopy(found), {
    continueOnError: false,
    ...options,
    limits,
    signal,
    onEvent: (event) => {
      events.push(event);
      options.onEvent?.(event);
    },
  });
  return { events, failures };
}
