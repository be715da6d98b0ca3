import { setTimeout as sleep } from 'node:timers/promises';
import type { TagEvent } from '@longshore/kube';
import { isDigest, type Digest } from '@longshore/oci';
import type { CachedContent } from '../manifests/content-cache.js';
import type { RawHeaders } from './exchange.js';

/** How long upstream may take when there is an earlier image to serve instead (peers.md 7.12). */
const PATIENCE_MS = 2000;

/** A manifest that a tag pointed to before. */
export interface EarlierImage {
  digest: Digest;
  content: CachedContent;
  /** Since when the tag pointed to it, RFC 3339. */
  created: string;
}

/**
 * What upstream has of a tag's image; the tag's newest earlier image that is held here, when upstream fails or takes too
 * long. Errors: those of `fresh` when there is no such image.
 */
export async function freshOrEarlier<T>(
  fresh: Promise<T>,
  findEarlier: () => Promise<EarlierImage | undefined>,
  patience: () => Promise<unknown> = () => sleep(PATIENCE_MS, undefined, { ref: false }),
): Promise<{ fresh: T } | { earlier: EarlierImage }> {
  const answered = fresh.then(
    (answer) => answer !== undefined,
    () => false,
  );
  if (await Promise.race([answered, patience().then(() => false)])) return { fresh: await fresh };
  const earlier = await findEarlier().catch(() => undefined); // what upstream says then says more
  return earlier ? { earlier } : { fresh: await fresh };
}

/** The newest image of a tag's history, other than `digest`, that `held` finds. */
export async function findEarlier(
  history: readonly TagEvent[],
  digest: Digest,
  held: (digest: Digest) => Promise<CachedContent | undefined>,
): Promise<EarlierImage | undefined> {
  for (const { image, created } of history) {
    if (!isDigest(image) || image === digest) continue;
    const content = await held(image);
    if (content?.mediaType !== undefined) return { digest: image, content, created };
  }
  return undefined;
}

/** How an answer with an earlier image tells that it is one (RFC 9111, 5.1; RFC 7234, 5.5.1). `now`: ms since the epoch. */
export function staleHeaders({ created }: EarlierImage, now: number): RawHeaders {
  const seconds = Math.max(0, Math.floor((now - Date.parse(created)) / 1000));
  const age = Number.isFinite(seconds) ? ['Age', seconds] : [];
  return ['Warning', '110 - "the tag points to a newer image, which its registry does not give just now"', ...age];
}
