import type { Image, ImageStream } from '@longshore/kube';
import { Liveness } from './liveness.js';
import type { NamespacePolicy } from './namespace-policy.js';
import { NONE, type HistoryItem, type PruneGraph, type StreamHistory, type TagHistory } from './prune-graph.js';
import type { KeepReason, PruneRules } from './prune-rules.js';
import { subjectOfTag } from './referrer-tag.js';
import { RepositoryImages } from './repository-images.js';
import { TypedList } from './typed-list.js';

/** What becomes of the history of a stream. */
export interface StreamVerdict {
  history: StreamHistory;
  kept: HistoryItem[];
  dropped: HistoryItem[];
}

/** Digests of the links that a repository no longer needs. */
export interface RepositoryLinks {
  layers: number[];
  /** Lists before what they list. */
  manifests: number[];
}

/** By digest: some image has taken it upon itself to delete the blob. */
export type BlobClaims = TypedList<Uint8Array>;

/**
 * Decides what of a graph goes (registry.md 8.2, without its flaws): nothing that a list, a subject, a pod, a workload, another
 * tag or a younger push needs; and everything else. Pure; what becomes known later ({@link takeImage}, {@link takeStream}) only
 * ever saves more.
 */
export class PrunePlan {
  private readonly liveness: Liveness;
  private readonly repositories: RepositoryImages;
  /** By image: in use by its digest, or lists one that is. */
  private readonly used = new TypedList(Uint8Array);
  /** By image: some history lists it. */
  private readonly listed = new TypedList(Uint8Array);
  /** Digests that became needed after the plan was made. */
  private readonly saved = new Set<number>();
  private readonly planned: number;
  private readonly youngest: number;

  constructor(
    readonly graph: PruneGraph,
    private readonly rules: PruneRules,
  ) {
    this.youngest = rules.now - rules.keepYoungerThanMs;
    this.planned = graph.images;
    this.liveness = new Liveness(graph);
    this.markUsed();
    for (const history of graph.histories()) this.markHistory(history);
    this.markImages();
    this.repositories = new RepositoryImages(graph, this.liveness);
    for (const history of graph.histories()) this.repositories.addForeign(history.stream, this.judge(history).kept);
  }

  /** The streams whose histories become shorter. */
  *streams(): Generator<StreamVerdict> {
    for (const history of this.graph.histories()) {
      const verdict = this.judge(history);
      if (verdict.dropped.length > 0) yield verdict;
    }
  }

  /** Decides about each entry of a history: one of the graph, or the same stream as it is by now. */
  judge(history: StreamHistory, onKept?: (reason: KeepReason) => void): StreamVerdict {
    const verdict: StreamVerdict = { history, kept: [], dropped: [] };
    for (const tag of history.tags) {
      const subject = this.subjectImage(tag);
      for (const [index, item] of tag.items.entries()) {
        const reason = this.unconditional(history, tag, item, index) ?? this.byHistory(history, item, index, subject);
        if (reason === undefined) verdict.dropped.push(item);
        else {
          verdict.kept.push(item);
          onKept?.(reason);
        }
      }
    }
    return verdict;
  }

  /** The repositories without a shortened stream that still hold images which go. */
  *orphanRepositories(): Generator<number> {
    const seen = new Set<number>();
    for (const image of this.deadImages()) {
      const repository = this.graph.imageRepository.at(image);
      if (repository === NONE || seen.has(repository)) continue;
      seen.add(repository);
      const history = this.graph.history(repository);
      if (history === undefined || this.judge(history).dropped.length === 0) yield repository;
    }
  }

  /** The links that a repository no longer needs; without a verdict it has no stream, or one that stays as it is. */
  links(repository: number, verdict: StreamVerdict | undefined): RepositoryLinks {
    const history = verdict === undefined ? this.graph.history(repository) : undefined;
    const { kept, dropped } = verdict ?? (history ? this.judge(history) : { kept: [], dropped: [] });
    return this.repositories.links(repository, kept, dropped, this.rules.namespace === undefined);
  }

  /** The images that go, but for those that were saved meanwhile. */
  *deadImages(): Generator<number> {
    if (this.rules.namespace !== undefined) return;
    const count = this.graph.images;
    for (let image = 0; image < count; image++) if (!this.liveness.isLive(image)) yield image;
  }

  isDead(image: number): boolean {
    return this.rules.namespace === undefined && !this.liveness.isLive(image);
  }

  /** Who deletes which blob: nobody yet. */
  newClaims(): BlobClaims {
    return new TypedList(Uint8Array);
  }

  /** The blobs that go with an image and that no image before it has `claimed`; its manifest is the last. */
  claimBlobs(image: number, claimed: BlobClaims): number[] {
    const blobs: number[] = [];
    const claim = (digest: number) => {
      if (this.liveness.isNeeded(digest) || claimed.at(digest) === 1) return;
      claimed.set(digest, 1);
      blobs.push(digest);
    };
    this.graph.forEachBlob(image, claim);
    claim(this.graph.imageDigest.at(image));
    return blobs;
  }

  isNeeded(digest: number): boolean {
    return this.liveness.isNeeded(digest);
  }

  /** Saves an image, with all that it needs, that turned out to be needed. */
  save(digest: number): void {
    this.saved.add(digest);
    this.liveness.keep(digest);
  }

  /** Takes an image as it was seen later: one that is new, or was written since, is somebody's work and stays. */
  takeImage(image: Image): void {
    const number = this.graph.addImage(image);
    const version = Number(image.metadata.resourceVersion ?? NaN);
    if (number < this.planned && version === this.graph.imageVersion.at(number)) return;
    this.save(this.graph.imageDigest.at(number));
  }

  /**
   * Takes a stream as it was seen later: what its history has gained stays, and what came further to its front, as an image
   * that was tagged again keeps its time. Returns which of that is no known image.
   */
  takeStream(stream: ImageStream): number[] {
    const history = this.graph.readStream(stream);
    const keyOf = (tag: number, { digest, created }: HistoryItem) => `${tag} ${digest} ${created}`;
    const places = new Map<string, number>();
    for (const { tag, items } of this.graph.history(history.stream)?.tags ?? []) {
      for (const [place, item] of items.entries()) places.set(keyOf(tag, item), places.get(keyOf(tag, item)) ?? place);
    }
    const gained = history.tags.flatMap(({ tag, items }) =>
      items.filter((item, place) => place < (places.get(keyOf(tag, item)) ?? Infinity)),
    );
    const digests = gained.map(({ digest }) => digest).filter((digest) => digest !== this.graph.noDigest);
    for (const digest of digests) this.save(digest);
    return digests.filter((digest) => this.graph.imageOf(digest) === NONE);
  }

  /** Images that pods and workloads name by digest, and the lists that hold such images. */
  private markUsed(): void {
    const { graph } = this;
    const use = (image: number): boolean => {
      if (image === NONE || this.used.at(image) === 1) return false;
      this.used.set(image, 1);
      this.liveness.keep(graph.imageDigest.at(image));
      return true;
    };
    for (const digest of graph.usedDigests) use(graph.imageOf(digest));
    for (let found = graph.usedDigests.size > 0; found;) {
      found = false;
      for (let image = 0; image < graph.images; image++) {
        if (this.used.at(image) === 1) continue;
        let holdsUsed = false;
        graph.forEachChild(image, (child) => {
          const childImage = graph.imageOf(child);
          holdsUsed ||= graph.usedDigests.has(child) || (childImage !== NONE && this.used.at(childImage) === 1);
        });
        if (holdsUsed) found = use(image) || found;
      }
    }
  }

  private markHistory(history: StreamHistory): void {
    for (const tag of history.tags) {
      const subject = this.subjectImage(tag);
      for (const [index, item] of tag.items.entries()) {
        const image = this.graph.imageOf(item.digest);
        if (image !== NONE) this.listed.set(image, 1);
        if (this.unconditional(history, tag, item, index) !== undefined) this.liveness.keep(item.digest);
        else if (this.byHistory(history, item, index, undefined) === undefined) continue;
        else if (subject === undefined) this.liveness.keep(item.digest);
        else this.liveness.addReferrer(this.graph.imageDigest.at(subject), item.digest);
      }
    }
  }

  private markImages(): void {
    const { graph, rules, youngest } = this;
    const youngestUnlisted = rules.now - rules.keepUnlistedYoungerThanMs;
    for (let image = 0; image < graph.images; image++) {
      const isListed = this.listed.at(image) === 1;
      const isYoung = graph.imageCreated.at(image) > (isListed ? youngest : youngestUnlisted);
      const isForeign = !rules.all && graph.imageManaged.at(image) === 0;
      if (isYoung || isForeign || (rules.namespace !== undefined && !isListed))
        this.liveness.keep(graph.imageDigest.at(image));
    }
  }

  private unconditional(
    { stream, created }: StreamHistory,
    { tag }: TagHistory,
    item: HistoryItem,
    index: number,
  ): KeepReason | undefined {
    if (!this.isInNamespace(stream)) return 'other namespace';
    const youngest = this.youngestOf(stream);
    if (created > youngest) return 'young stream';
    if (item.created > youngest) return 'young';
    if (index === 0 && this.graph.isTagUsed(stream, tag)) return 'tag in use';
    if (this.graph.usedDigests.has(item.digest) || this.saved.has(item.digest)) return 'image in use';
    const image = this.graph.imageOf(item.digest);
    return image !== NONE && this.used.at(image) === 1 ? 'image in use' : undefined;
  }

  /** `subject`: the image that the tag belongs to, which must stay for the entry to stay. */
  private byHistory(
    { stream }: StreamHistory,
    item: HistoryItem,
    index: number,
    subject: number | undefined,
  ): KeepReason | undefined {
    const image = this.graph.imageOf(item.digest);
    const isNoted = item.digest === this.graph.noDigest;
    if (image === NONE && !isNoted) return undefined;
    if (subject !== undefined && !this.liveness.isLive(subject)) return undefined;
    const { history } = this.rules;
    const isRecent =
      'keepRevisions' in history
        ? index < (this.policyOf(stream)?.keepRevisions ?? history.keepRevisions)
        : isNoted || this.graph.imageSize.at(image) <= (history.sizeLimits.get(this.namespaceOf(stream)) ?? Infinity);
    if (!isRecent) return undefined;
    if (subject !== undefined) return 'belongs to an image that stays';
    return 'keepRevisions' in history ? 'recent revision' : 'within the size limit';
  }

  /** The image that a tag says to belong to, if it is there. */
  private subjectImage({ tag }: TagHistory): number | undefined {
    const subject = subjectOfTag(this.graph.names.text(tag));
    const digest = subject === undefined ? undefined : this.graph.digests.find(subject);
    const image = digest === undefined ? NONE : this.graph.imageOf(digest);
    return image === NONE ? undefined : image;
  }

  private youngestOf(stream: number): number {
    const { keepYoungerThanMs } = this.policyOf(stream) ?? {};
    return keepYoungerThanMs === undefined ? this.youngest : this.rules.now - keepYoungerThanMs;
  }

  /** Few clusters have any, and of a stream each entry asks. */
  private policyOf(stream: number): NamespacePolicy | undefined {
    const { policies } = this.rules;
    return policies === undefined || policies.size === 0 ? undefined : policies.get(this.namespaceOf(stream));
  }

  private isInNamespace(stream: number): boolean {
    return this.rules.namespace === undefined || this.namespaceOf(stream) === this.rules.namespace;
  }

  private namespaceOf(stream: number): string {
    return this.graph.names.text(stream).split('/', 1)[0] ?? '';
  }
}
