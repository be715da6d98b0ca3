import type { Digest } from '@longshore/oci';

/** What a manifest points at, as far as it matters for what must be kept. */
export interface ManifestNode {
  digest: Digest;
  /** Manifests that an index lists. */
  children: readonly Digest[];
  /** The manifest that this one refers to. */
  subject?: Digest;
}

/** Answers what a set of manifests holds. Pure; each question takes time in proportion to the number of edges. */
export class ManifestGraph {
  /** What each manifest keeps with it: what it lists, and what refers to it. */
  private readonly held = new Map<Digest, Digest[]>();

  constructor(nodes: Iterable<ManifestNode>) {
    const all = [...nodes];
    for (const { digest, children } of all) this.held.set(digest, [...children]);
    for (const { digest, subject } of all) if (subject) this.held.get(subject)?.push(digest);
  }

  /**
   * The manifests that must stay with `roots` (tagged, leased): these, what a kept index lists, and what refers to a kept
   * manifest, and so on.
   */
  reachable(roots: Iterable<Digest>): Set<Digest> {
    const kept = new Set<Digest>();
    const next = [...roots];
    for (let digest = next.pop(); digest; digest = next.pop()) {
      const held = this.held.get(digest);
      if (!held || kept.has(digest)) continue;
      kept.add(digest);
      for (const each of held) next.push(each);
    }
    return kept;
  }

  /** All manifests, each behind those that hold it; in a circle (an index that lists its subject), in some order. */
  holdersFirst(): Digest[] {
    const entered = new Set<Digest>();
    const left: Digest[] = [];
    for (const root of this.held.keys()) {
      const path: { digest: Digest; ahead: Digest[] }[] = [];
      const enter = (digest: Digest) => {
        const held = this.held.get(digest);
        if (!held || entered.has(digest)) return;
        entered.add(digest);
        path.push({ digest, ahead: [...held] });
      };
      enter(root);
      for (let top = path.at(-1); top; top = path.at(-1)) {
        const next = top.ahead.pop();
        if (next) enter(next);
        else left.push(...path.splice(-1).map(({ digest }) => digest));
      }
    }
    return left.reverse();
  }
}
