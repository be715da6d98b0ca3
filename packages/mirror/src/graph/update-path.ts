import { compare, rcompare } from 'semver';
import { GraphError } from './graph-error.js';
import type { GraphEdge, UpdateGraph } from './update-graph.js';

/**
 * The shortest way from one version to another: of several, the one that takes the highest version first (mirror.md 5.3).
 * Undefined when there is none. Errors: GraphError VersionNotFound.
 */
export function shortestPath({ nodes, edges }: UpdateGraph, from: string, to: string): GraphEdge[] | undefined {
  for (const version of [from, to]) {
    if (nodes.some((node) => node.version === version)) continue;
    throw new GraphError('VersionNotFound', `the graph has no version ${version}`);
  }
  const next = new Map<string, GraphEdge[]>();
  for (const edge of edges) {
    const known = next.get(edge.from);
    if (known === undefined) next.set(edge.from, [edge]);
    else known.push(edge);
  }
  const reachedBy = new Map<string, GraphEdge | undefined>([[from, undefined]]);
  // A list that grows while it is walked through is the queue.
  const queue = [from];
  for (const version of queue) {
    if (version === to) break;
    for (const edge of (next.get(version) ?? []).sort(
      (a, b) => rcompare(a.to, b.to) || a.risks.length - b.risks.length,
    )) {
      if (reachedBy.has(edge.to)) continue;
      reachedBy.set(edge.to, edge);
      queue.push(edge.to);
    }
  }
  if (!reachedBy.has(to)) return undefined;
  const path: GraphEdge[] = [];
  for (let edge = reachedBy.get(to); edge !== undefined; edge = reachedBy.get(edge.from)) path.unshift(edge);
  return path;
}

/** The part of a graph that lies between two versions, both included; with `conditional`, updates that have risks, too. */
export function partOfGraph(
  { nodes, edges }: UpdateGraph,
  { min, max, conditional }: { min?: string | undefined; max?: string | undefined; conditional: boolean },
): UpdateGraph {
  const isMeant = (version: string) =>
    (min === undefined || compare(version, min) >= 0) && (max === undefined || compare(version, max) <= 0);
  return {
    nodes: nodes.filter(({ version }) => isMeant(version)),
    edges: edges.filter(({ from, to, risks }) => isMeant(from) && isMeant(to) && (conditional || risks.length === 0)),
  };
}
