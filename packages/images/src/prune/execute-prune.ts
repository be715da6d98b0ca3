import type { ClusterChanges } from './cluster-changes.js';
import type { BlobClaims, PrunePlan, RepositoryLinks, StreamVerdict } from './prune-plan.js';
import type { Deletion, RegistryContent } from './registry-content.js';

/** One thing that is about to be deleted. */
export type PruneStep =
  | { kind: 'items'; stream: string; count: number }
  | { kind: 'layer link' | 'manifest link'; repository: string; digest: string }
  | { kind: 'blob' | 'image'; digest: string };

/** What was deleted; in a dry run, what would have been. */
export interface PruneSummary {
  images: number;
  items: number;
  streams: number;
  layerLinks: number;
  manifestLinks: number;
  blobs: number;
  /** Objects that stay because something was wrong. */
  failures: number;
}

/** Registry content to delete from: the registry's, or {@link pretendToDelete}. */
export type ContentDeleter = Pick<RegistryContent, 'deleteLayerLink' | 'deleteManifestLink' | 'deleteBlob'>;

export interface ExecutePruneOptions {
  plan: PrunePlan;
  changes: ClusterChanges;
  /** Undefined: only objects of the API are deleted. */
  content: ContentDeleter | undefined;
  workers: number;
  /** The work ends between two objects. */
  signal: AbortSignal;
  onStep: (step: PruneStep) => void;
  /** Hears what could not be deleted; the rest goes on. */
  onFailure: (what: string, error: unknown) => void;
  /** Hears what turned out to be needed. */
  onKept?: (what: string) => void;
}

const gone = (): Promise<Deletion> => Promise.resolve('deleted');

/** Deletes nothing, and says that it did: for dry runs. */
export const pretendToDelete: ContentDeleter = { deleteLayerLink: gone, deleteManifestLink: gone, deleteBlob: gone };

/**
 * Does what a plan says, in an order that can break off anywhere (registry.md 8.2): a stream forgets its entries, then its
 * repository the links, then the blobs go that no image needs, and at last the image. What is left when it breaks off is found
 * again by the next run. Errors: the signal's reason; errors that all else would meet, too (`isFatal`).
 */
export async function executePrune(options: ExecutePruneOptions): Promise<PruneSummary> {
  const execution = new Execution(options);
  const { plan, workers, signal } = options;
  await inParallel(plan.streams(), workers, signal, (verdict) => execution.pruneStream(verdict));
  if (options.content !== undefined) {
    const pruneOrphan = (repository: number) => execution.deleteLinks(repository, plan.links(repository, undefined));
    await inParallel(plan.orphanRepositories(), workers, signal, pruneOrphan);
  }
  await inParallel(plan.deadImages(), workers, signal, (image) => execution.pruneImage(image));
  return execution.summary;
}

class Execution {
  readonly summary: PruneSummary = {
    images: 0,
    items: 0,
    streams: 0,
    layerLinks: 0,
    manifestLinks: 0,
    blobs: 0,
    failures: 0,
  };
  private readonly claimed: BlobClaims;

  constructor(private readonly options: ExecutePruneOptions) {
    this.claimed = options.plan.newClaims();
  }

  async pruneStream(planned: StreamVerdict): Promise<void> {
    const { plan, changes, content } = this.options;
    const stream = plan.graph.names.text(planned.history.stream);
    let done: StreamVerdict | undefined;
    try {
      done = await changes.shorten(planned, ({ dropped }) =>
        this.step({ kind: 'items', stream, count: dropped.length }),
      );
    } catch (error) {
      this.fail(`image stream ${stream}`, error);
    }
    if (done === undefined) {
      // Its history still needs what was to go.
      for (const { digest } of planned.dropped) plan.save(digest);
      return;
    }
    this.summary.streams++;
    this.summary.items += done.dropped.length;
    if (content !== undefined) await this.deleteLinks(done.history.stream, plan.links(done.history.stream, done));
  }

  async deleteLinks(repository: number, { layers, manifests }: RepositoryLinks): Promise<void> {
    const { plan, content, signal } = this.options;
    const name = plan.graph.names.text(repository);
    const remove = async (kind: 'layer link' | 'manifest link', number: number): Promise<boolean> => {
      signal.throwIfAborted();
      const digest = plan.graph.digests.text(number);
      this.step({ kind, repository: name, digest });
      return this.attempt(`${kind} ${digest} in ${name}`, async () =>
        kind === 'layer link' ? content?.deleteLayerLink(name, digest) : content?.deleteManifestLink(name, digest),
      );
    };
    for (const layer of layers) if (await remove('layer link', layer)) this.summary.layerLinks++;
    for (const manifest of manifests) if (await remove('manifest link', manifest)) this.summary.manifestLinks++;
  }

  /** An image goes when all its blobs have gone that nobody else needs; else the next run would no longer know of them. */
  async pruneImage(image: number): Promise<void> {
    const { plan, changes, content } = this.options;
    if (!plan.isDead(image) || (content !== undefined && !(await this.deleteBlobs(image, content)))) return;
    if (!plan.isDead(image)) return;
    const digest = plan.graph.digests.text(plan.graph.imageDigest.at(image));
    this.step({ kind: 'image', digest });
    const isGone = await this.attempt(`image ${digest}`, async () =>
      (await changes.deleteImage(image)) ? 'deleted' : 'in use',
    );
    if (isGone) this.summary.images++;
  }

  /** Resolves with whether all are gone. */
  private async deleteBlobs(image: number, content: ContentDeleter): Promise<boolean> {
    const { plan, signal } = this.options;
    let allGone = true;
    for (const blob of plan.claimBlobs(image, this.claimed)) {
      signal.throwIfAborted();
      if (plan.isNeeded(blob)) continue;
      const digest = plan.graph.digests.text(blob);
      this.step({ kind: 'blob', digest });
      if (await this.attempt(`blob ${digest}`, () => content.deleteBlob(digest))) this.summary.blobs++;
      else allGone = false;
    }
    return allGone;
  }

  /** Resolves with whether it is gone. Errors: fatal ones. */
  private async attempt(what: string, remove: () => Promise<Deletion | undefined>): Promise<boolean> {
    try {
      const deletion = await remove();
      if (deletion !== 'in use') return true;
      this.options.onKept?.(what);
    } catch (error) {
      this.fail(what, error);
    }
    return false;
  }

  private fail(what: string, error: unknown): void {
    if ((error as { isFatal?: boolean } | undefined)?.isFatal === true) throw error;
    this.summary.failures++;
    this.options.onFailure(what, error);
  }

  private step(step: PruneStep): void {
    this.options.onStep(step);
  }
}

/** Takes one item after the other with so many workers. Ends at the first error, when all have ended their item. */
async function inParallel<T>(
  items: Iterable<T>,
  workers: number,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const worker = async () => {
    for (let next = iterator.next(); next.done !== true && failures.length === 0; next = iterator.next()) {
      signal.throwIfAborted();
      await work(next.value);
    }
  };
  const run = () => worker().catch((error: unknown) => void failures.push(error));
  await Promise.all(Array.from({ length: workers }, run));
  signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
}
