import type { ImageStream, ImageStreamLayers } from '@longshore/kube';
import { isDigest, referencedBlobs, type Digest, type ParsedManifest } from '@longshore/oci';
import { LRUCache } from 'lru-cache';
import type { CacheAnswer } from '../observe/metrics.js';
import { streamName, type ImageApi } from './image-api.js';
import { SharedQuestions } from './shared-questions.js';
import type { StreamListener } from './stream-watch.js';

export interface MembershipOptions {
  api: Pick<ImageApi, 'findLayers' | 'findStream'>;
  /** A manifest of the storage, whichever repository holds it; undefined when there is none that we understand. */
  manifest: (digest: Digest) => Promise<ParsedManifest | undefined>;
  /** How long a yes is believed, in milliseconds (`openshift.cache.blobrepositoryttl`); 0 asks each time. */
  ttlMs: number;
  /** Hears whether an answer was known. */
  onLookup?: (answer: CacheAnswer) => void;
  /** Milliseconds of a clock that nobody sets. */
  now?: () => number;
}

/** Digests of all streams together, some 150 bytes each: 15 MB in each process at most. */
const MAX_DIGESTS = 100_000;

/** A layer of more images than this is looked for in so many of them. */
const MAX_WITNESSES = 8;

/** What a stream lists as this registry's own. */
interface Content {
  /** What belongs to it without further question: manifests, and blobs that were looked up. */
  sure: Set<string>;
  /** By blob: manifests that name it. */
  blobs: ReadonlyMap<string, readonly string[]>;
}

/**
 * Which content of this registry an image stream lists (registry.md 3.7): asked for what the storage has and the repository has no
 * link to, as when a tag was copied from another project. Only images that the stream has as this registry's own count: the API
 * has checked that who copied them might pull them. What a stream imported may name any digest; that is for its source to
 * give. So may a pushed manifest, of layers that stay at their publisher's site: only what had to be there when it was pushed
 * counts, as the manifest itself says. That something is not listed is never remembered; what is listed is, until the watch tells
 * that the stream changed: else a process that was asked before a delete would go on serving what is gone. While there is no
 * watch, nobody would tell, and the API is asked each time.
 */
export class Membership implements StreamListener {
  readonly #known = new LRUCache<string, { content: Content; until: number }>({
    maxSize: MAX_DIGESTS,
    sizeCalculation: ({ content: { sure, blobs } }) => 1 + sure.size + blobs.size,
  });
  readonly #questions = new SharedQuestions<Content>();
  /** The repositories that are being asked for, and whether the answer may be out of date when it comes. */
  readonly #reading = new Map<string, { outdated: boolean }>();
  readonly #now: () => number;
  #isWatched = false;

  constructor(private readonly options: MembershipOptions) {
    this.#now = options.now ?? (() => performance.now());
  }

  /** Whether the stream of a repository lists a manifest or blob. Errors: UNAVAILABLE. */
  async lists(repository: string, digest: Digest): Promise<boolean> {
    const known = this.#known.get(repository);
    const isKnown = known !== undefined && this.#now() < known.until && (await this.#holds(known.content, digest));
    this.options.onLookup?.(isKnown ? 'Hit' : 'Miss');
    if (isKnown) return true;
    return this.#holds(await this.#questions.ask(repository, () => this.#read(repository)), digest);
  }

  /** A watch begins from which no change is missing. */
  begin(): void {
    this.#drop(); // what was asked before may be answered with what was before
    this.#isWatched = true;
  }

  /** The watch is broken: changes may be missed. */
  forget(): void {
    this.#isWatched = false;
    this.#drop();
  }

  /** The stream changed: what it listed may be listed no more. */
  changed(repository: string): void {
    this.#known.delete(repository);
    const reading = this.#reading.get(repository);
    if (reading) reading.outdated = true;
  }

  #drop(): void {
    this.#known.clear();
    for (const reading of this.#reading.values()) reading.outdated = true;
  }

  async #read(repository: string): Promise<Content> {
    const until = this.#now() + this.options.ttlMs;
    const { api } = this.options;
    const name = streamName(repository);
    const reading = { outdated: !this.#isWatched || this.options.ttlMs === 0 };
    this.#reading.set(repository, reading);
    try {
      const [stream, layers] = await Promise.all([api.findStream(name), api.findLayers(name)]);
      const content = contentOf(stream ? ownImages(stream) : [], layers);
      if (!reading.outdated) this.#known.set(repository, { content, until });
      return content;
    } finally {
      this.#reading.delete(repository);
    }
  }

  async #holds({ sure, blobs }: Content, digest: Digest): Promise<boolean> {
    if (sure.has(digest)) return true;
    for (const image of blobs.get(digest) ?? []) {
      const manifest = isDigest(image) ? await this.options.manifest(image) : undefined;
      if (!manifest || !referencedBlobs(manifest).some((blob) => blob.digest === digest)) continue;
      sure.add(digest);
      return true;
    }
    return false;
  }
}

/** The images of a stream's history that the API names as its own in this registry, which only pushes and tags may. */
function ownImages({ status }: ImageStream): string[] {
  const names = new Set([status?.dockerImageRepository, status?.publicDockerImageRepository].filter(Boolean));
  return (status?.tags ?? []).flatMap(({ items }) =>
    (items ?? []).flatMap(({ image, dockerImageReference }) =>
      names.has(dockerImageReference?.split('@', 1)[0]) ? [image] : [],
    ),
  );
}

/** What images consist of, those that lists name among it. */
function contentOf(
  digests: readonly string[],
  { images }: Pick<ImageStreamLayers, 'images'> = { images: {} },
): Content {
  const sure = new Set<string>();
  const blobs = new Map<string, string[]>();
  const waiting = [...digests];
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (sure.has(digest)) continue;
    sure.add(digest);
    const { layers = [], config, manifests = [] } = images[digest] ?? {};
    for (const blob of [...layers, ...(config === undefined ? [] : [config])]) {
      const witnesses = blobs.get(blob) ?? [];
      if (witnesses.length < MAX_WITNESSES) blobs.set(blob, [...witnesses, digest]);
    }
    waiting.push(...manifests);
  }
  return { sure, blobs };
}
