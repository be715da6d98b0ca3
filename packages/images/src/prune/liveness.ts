import { NONE, type PruneGraph } from './prune-graph.js';
import { TypedList } from './typed-list.js';

/**
 * Which images must stay, and with them their blobs. Whatever stays keeps what it needs: a list its children, any image its
 * referrers (signatures, SBOMs), also when these are only tagged as such.
 */
export class Liveness {
  /** By digest: it is that of an image that stays, or should be there. */
  private readonly kept = new TypedList(Uint8Array);
  /** By digest: an image that stays needs it. */
  private readonly needed = new TypedList(Uint8Array);
  /** By subject, and then by referrer: the next image with that subject + 1. */
  private readonly firstReferrer = new TypedList(Int32Array);
  private readonly nextReferrer = new TypedList(Int32Array);
  /** By subject: digests of images that a tag says to belong to it. */
  private readonly taggedReferrers = new Map<number, number[]>();
  private linked = 0;

  constructor(private readonly graph: PruneGraph) {
    this.linkReferrers();
  }

  isLive(image: number): boolean {
    return this.kept.at(this.graph.imageDigest.at(image)) === 1;
  }

  /** Whether an image that stays needs the blob or manifest with this digest. */
  isNeeded(digest: number): boolean {
    return this.needed.at(digest) === 1;
  }

  /** Says that the image with the digest `referrer` stays when that with the digest `subject` does. */
  addReferrer(subject: number, referrer: number): void {
    const known = this.taggedReferrers.get(subject);
    if (known === undefined) this.taggedReferrers.set(subject, [referrer]);
    else known.push(referrer);
    if (this.kept.at(subject) === 1) this.keep(referrer);
  }

  /** Keeps the image with this digest, and all that must stay with it. */
  keep(digest: number): void {
    this.linkReferrers();
    const next = [digest];
    for (let each = next.pop(); each !== undefined; each = next.pop()) {
      if (this.kept.at(each) === 1) continue;
      this.kept.set(each, 1);
      this.needed.set(each, 1);
      const image = this.graph.imageOf(each);
      if (image !== NONE) this.graph.forEachBlob(image, (blob) => this.needed.set(blob, 1));
      this.forEachCompanion(each, (companion) => next.push(companion));
      for (const referrer of this.taggedReferrers.get(each) ?? []) next.push(referrer);
    }
  }

  /** Visits the digests of what lies in the same repository as an image and stays with it: its children and its referrers. */
  forEachCompanion(digest: number, visit: (digest: number) => void): void {
    const { graph } = this;
    const image = graph.imageOf(digest);
    if (image !== NONE) graph.forEachChild(image, visit);
    for (let each = this.firstReferrer.at(digest); each > 0; each = this.nextReferrer.at(each - 1)) {
      visit(graph.imageDigest.at(each - 1));
    }
  }

  private linkReferrers(): void {
    for (; this.linked < this.graph.images; this.linked++) {
      const subject = this.graph.imageSubject.at(this.linked);
      if (subject === NONE) continue;
      this.nextReferrer.set(this.linked, this.firstReferrer.at(subject));
      this.firstReferrer.set(subject, this.linked + 1);
    }
  }
}
