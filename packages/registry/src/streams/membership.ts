import type { ImageStream, ImageStreamLayers } from '@longshore/kube';
import type { Digest } from '@longshore/oci';
import { LRUCache } from 'lru-cache';
import type { CacheAnswer } from '../observe/metrics.js';
import { streamName, type ImageApi } from './image-api.js';
import { SharedQuestions } from './shared-questions.js';

export interface MembershipOptions {
  api: Pick<ImageApi, 'findLayers' | 'findStream'>;
  /** `host:port` of the registry as the cluster knows it. */
  address: string;
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
 * Which content of this registry an image stream lists (registry.md 3.7): asked for what the storage has and the repository has no
 * link to, as when a tag was copied from another project. Only images that the stream has as this registry's own count: the API
 * has checked that who copied them might pull them. What a stream imported may name any digest; that is for its source to
 * give. That something is not listed is never remembered.
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
    const { api, address } = this.options;
    const name = streamName(repository);
    const [stream, layers] = await Promise.all([api.findStream(name), api.findLayers(name)]);
    const own = stream ? ownImages(stream, `${address}/${repository}`) : [];
    const digests = layers ? contentOf(own, layers) : new Set<string>();
    if (this.options.ttlMs > 0) this.#known.set(repository, { digests, until });
    return digests;
  }
}

/** The images of a stream's history that are named as its own in this registry. */
function ownImages({ status }: ImageStream, repository: string): string[] {
  const names = new Set([repository, status?.dockerImageRepository, status?.publicDockerImageRepository]);
  return (status?.tags ?? []).flatMap(({ items }) =>
    (items ?? []).flatMap(({ image, dockerImageReference }) =>
      names.has(dockerImageReference?.split('@', 1)[0]) ? [image] : [],
    ),
  );
}

/** What images consist of, those that lists name among it. */
function contentOf(digests: readonly string[], { images }: ImageStreamLayers): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [...digests];
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (found.has(digest)) continue;
    found.add(digest);
    const { layers = [], config, manifests = [] } = images[digest] ?? {};
    for (const blob of [...layers, ...(config === undefined ? [] : [config])]) found.add(blob);
    waiting.push(...manifests);
  }
  return found;
}
