import type { Liveness } from './liveness.js';
import { NONE, type HistoryItem, type PruneGraph } from './prune-graph.js';
import type { RepositoryLinks } from './prune-plan.js';
import { TypedList } from './typed-list.js';

/** Which images a repository must go on serving, and so which of its links can go. */
export class RepositoryImages {
  /** By repository, and then by image: the next one that was first pushed there + 1. */
  private readonly first = new TypedList(Int32Array);
  private readonly next = new TypedList(Int32Array);
  /** By repository: digests that histories of other streams pull from it. */
  private readonly foreign = new Map<number, number[]>();
  /** By digest: the round in which it was last found to be needed, or to go. */
  private readonly neededIn = new TypedList(Int32Array);
  private readonly goneIn = new TypedList(Int32Array);
  private round = 0;
  private linked = 0;

  constructor(
    private readonly graph: PruneGraph,
    private readonly liveness: Liveness,
  ) {
    this.linkImages();
  }

  /** Remembers which entries of a history are pulled from elsewhere. */
  addForeign(stream: number, kept: readonly HistoryItem[]): void {
    for (const { digest, repository } of kept) {
      if (repository === stream || repository === NONE) continue;
      if (this.first.at(repository) === 0 && this.graph.history(repository) === undefined) continue;
      const known = this.foreign.get(repository);
      if (known === undefined) this.foreign.set(repository, [digest]);
      else known.push(digest);
    }
  }

  /**
   * The links of a repository that can go once only the `kept` entries of its stream's history are left. `withUnlisted`:
   * also those of images that go and that no history lists.
   */
  links(
    repository: number,
    kept: readonly HistoryItem[],
    dropped: readonly HistoryItem[],
    withUnlisted: boolean,
  ): RepositoryLinks {
    this.linkImages();
    this.round++;
    const staying = [...kept.map(({ digest }) => digest), ...(this.foreign.get(repository) ?? [])];
    const going = dropped.map(({ digest }) => digest).filter((digest) => digest !== this.graph.noDigest);
    for (let each = this.first.at(repository); each > 0; each = this.next.at(each - 1)) {
      const digest = this.graph.imageDigest.at(each - 1);
      if (this.liveness.isLive(each - 1)) staying.push(digest);
      else if (withUnlisted) going.push(digest);
    }
    for (const digest of this.withCompanions(staying, this.neededIn)) {
      const image = this.graph.imageOf(digest);
      if (image !== NONE) this.graph.forEachBlob(image, (blob) => this.neededIn.set(blob, this.round));
    }
    const links: RepositoryLinks = { layers: [], manifests: [] };
    for (const digest of this.withCompanions(going, this.goneIn)) {
      if (this.neededIn.at(digest) === this.round) continue;
      links.manifests.push(digest);
      const image = this.graph.imageOf(digest);
      if (image !== NONE) this.graph.forEachBlob(image, (blob) => this.dropLayer(blob, links.layers));
    }
    return links;
  }

  private dropLayer(blob: number, layers: number[]): void {
    if (this.neededIn.at(blob) === this.round || this.goneIn.at(blob) === this.round) return;
    this.goneIn.set(blob, this.round);
    layers.push(blob);
  }

  /** The manifests with these digests and all that stays or goes with them, each before its companions. */
  private withCompanions(digests: readonly number[], seenIn: TypedList<Int32Array>): number[] {
    const { round } = this;
    const left: number[] = [];
    const path: { digest: number; ahead: number[] }[] = [];
    const enter = (digest: number) => {
      if (seenIn.at(digest) === round) return;
      seenIn.set(digest, round);
      const ahead: number[] = [];
      this.liveness.forEachCompanion(digest, (companion) => ahead.push(companion));
      path.push({ digest, ahead });
    };
    for (const digest of digests) {
      enter(digest);
      for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
        const next = top.ahead.pop();
        if (next !== undefined) enter(next);
        else {
          left.push(top.digest);
          path.pop();
        }
      }
    }
    return left.reverse();
  }

  private linkImages(): void {
    for (; this.linked < this.graph.images; this.linked++) {
      const repository = this.graph.imageRepository.at(this.linked);
      if (repository === NONE) continue;
      this.next.set(this.linked, this.first.at(repository));
      this.first.set(repository, this.linked + 1);
    }
  }
}
