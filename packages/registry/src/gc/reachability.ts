import type { Digest } from '@longshore/oci';

/** What a manifest points at, as far as it matters for what must be kept. */
export interface ManifestNode {
  digest: Digest;
  /** Manifests that an index lists. */
  children: readonly Digest[];
  /** The manifest that this one refers to. */
  subject?: Digest;
}

/**
 * The manifests of a repository that must stay: the roots (tagged, leased), what a kept index lists, and what refers to a
 * kept manifest, and so on. Pure; takes time in proportion to the number of edges.
 */
export function reachable(nodes: Iterable<ManifestNode>, roots: Iterable<Digest>): Set<Digest> {
  const byDigest = new Map<Digest, ManifestNode>();
  const referrers = new Map<Digest, Digest[]>();
  for (const node of nodes) {
    byDigest.set(node.digest, node);
    if (node.subject) referrers.set(node.subject, [...(referrers.get(node.subject) ?? []), node.digest]);
  }
  const kept = new Set<Digest>();
  const next = [...roots];
  for (let digest = next.pop(); digest; digest = next.pop()) {
    const node = byDigest.get(digest);
    if (!node || kept.has(digest)) continue;
    kept.add(digest);
    next.push(...node.children, ...(referrers.get(digest) ?? []));
  }
  return kept;
}
