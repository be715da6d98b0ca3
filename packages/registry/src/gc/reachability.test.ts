import type { Digest } from '@longshore/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestNamed } from '../testing/digests.js';
import { ManifestGraph, type ManifestNode } from './reachability.js';

const NAMES = Array.from({ length: 8 }, (_, index) => digestNamed(`${index}`));
const someDigest = fc.constantFrom(...NAMES, digestNamed('nowhere'));
const node = (digest: Digest) =>
  fc.record(
    { digest: fc.constant(digest), children: fc.array(someDigest, { maxLength: 3 }), subject: someDigest },
    { requiredKeys: ['digest', 'children'] },
  );
const graphs: fc.Arbitrary<ManifestNode[]> = fc.tuple(...NAMES.map(node)).chain((nodes) => fc.subarray(nodes));

/** The definition, applied until nothing is added. */
function naively(nodes: readonly ManifestNode[], roots: readonly Digest[]): Set<Digest> {
  const known = new Set(nodes.map(({ digest }) => digest));
  const kept = new Set(roots.filter((digest) => known.has(digest)));
  for (let before = -1; before < kept.size;) {
    before = kept.size;
    for (const { digest, children, subject } of nodes) {
      if (subject && kept.has(subject)) kept.add(digest);
      if (kept.has(digest)) children.filter((child) => known.has(child)).forEach((child) => kept.add(child));
    }
  }
  return kept;
}

describe('ManifestGraph', () => {
  it('keeps what the definition keeps', () => {
    fc.assert(
      fc.property(graphs, fc.array(someDigest, { maxLength: 3 }), (nodes, roots) => {
        expect(new ManifestGraph(nodes).reachable(roots)).toEqual(naively(nodes, roots));
      }),
      { numRuns: 500 },
    );
  });

  it('has each manifest once among its holders first', () => {
    fc.assert(
      fc.property(graphs, (nodes) => {
        const order = new ManifestGraph(nodes).holdersFirst();
        expect([...order].sort()).toEqual(nodes.map(({ digest }) => digest).sort());
      }),
    );
  });

  it('has holders before what they hold, where there is no circle', () => {
    // Content is addressed by its hash: children and subjects are older than what points at them.
    const older = NAMES.map((digest, index) =>
      index === 0
        ? fc.constant<ManifestNode>({ digest, children: [] })
        : fc.record({
            digest: fc.constant(digest),
            children: fc.array(fc.constantFrom(...NAMES.slice(0, index)), { maxLength: 3 }),
          }),
    );
    fc.assert(
      fc.property(fc.tuple(...older), fc.array(fc.nat({ max: 7 }), { minLength: 8, maxLength: 8 }), (nodes, keys) => {
        const shuffled = nodes.map((value, index) => ({ value, key: keys[index] ?? 0 })).sort((a, b) => a.key - b.key);
        const order = new ManifestGraph(shuffled.map(({ value }) => value)).holdersFirst();
        for (const { digest, children } of nodes) {
          for (const child of children) expect(order.indexOf(digest)).toBeLessThan(order.indexOf(child));
        }
      }),
    );
  });

  it('has a subject before its referrers', () => {
    const [subject, referrer] = NAMES as [Digest, Digest];
    const nodes: ManifestNode[] = [
      { digest: referrer, children: [], subject },
      { digest: subject, children: [] },
    ];
    expect(new ManifestGraph(nodes).holdersFirst()).toEqual([subject, referrer]);
  });

  it('is not troubled by long chains and many children', () => {
    const chain = Array.from({ length: 50_000 }, (_, index) => `${index}` as Digest);
    const nodes = chain.map((digest, index) => ({ digest, children: chain.slice(index + 1, index + 2) }));
    const root: ManifestNode = { digest: 'root' as Digest, children: chain };
    const graph = new ManifestGraph([...nodes, root]);
    expect(graph.reachable(['root' as Digest]).size).toBe(50_001);
    expect(graph.holdersFirst()[0]).toBe('root');
  });
});
