import type { ImageStreamLayers } from '@longshore/kube';
import type { Digest } from '@longshore/oci';
import { LRUCache } from 'lru-cache';
import type { CacheAnswer } from '../observe/metrics.js';
import { streamName, type ImageApi } from './image-api.js';
import { SharedQuestions } from './shared-questions.js';

export interface MembershipOptions {
  api: Pick<ImageApi, 'findLayers'>;
  /** How long a yes is believed, in milliseconds (`openshift.cache.blobrepositoryttl`); 0 asks each time. */
  ttlMs: number;
  /** Hears whether an answer was known. */
  onLookup?: (answer: CacheAnswer) => void;
  /** Milliseconds of a clock that nobody sets. */
  now?: () => number;
}

/** Digests of all streams together, some 150 bytes each: 15 MB in each process at most. */
const MAX_DIGESTS = 100_000;

/**
 * Which content an image stream lists (registry.md 3.7): asked for what the storage has and the repository has no link to, as when
 * a tag was copied from another project. That something is not listed is never remembered.
 */
export class Membership {
  readonly #known = new LRUCache<string, { digests: ReadonlySet<string>; until: number }>({
    maxSize: MAX_DIGESTS,
    sizeCalculation: ({ digests }) => 1 + digests.size,
  });
  readonly #questions = new SharedQuestions<ReadonlySet<string>>();
  readonly #now: () => number;

  constructor(private readonly options: MembershipOptions) {
    this.#now = options.now ?? (() => performance.now());
  }

  /** Whether the stream of a repository lists a manifest or blob. Errors: UNAVAILABLE. */
  async lists(repository: string, digest: Digest): Promise<boolean> {
    const known = this.#known.get(repository);
    const isKnown = known !== undefined && this.#now() < known.until && known.digests.has(digest);
    this.options.onLookup?.(isKnown ? 'Hit' : 'Miss');
    if (isKnown) return true;
    return (await this.#questions.ask(repository, () => this.#read(repository))).has(digest);
  }

  async #read(repository: string): Promise<ReadonlySet<string>> {
    const until = this.#now() + this.options.ttlMs;
    const layers = await this.options.api.findLayers(streamName(repository));
    const digests = layers ? listed(layers) : new Set<string>();
    if (this.options.ttlMs > 0) this.#known.set(repository, { digests, until });
    return digests;
  }
}

function listed({ blobs, images }: ImageStreamLayers): ReadonlySet<string> {
  const children = Object.values(images).flatMap(({ manifests }) => manifests ?? []);
  return new Set([...Object.keys(blobs), ...Object.keys(images), ...children]);
}
