import { parseStrictJson } from '@longshore/oci';
import { compare, valid } from 'semver';
import { objectOf, textOf, textsOf } from '../release/json-object.js';
import { GraphError } from './graph-error.js';

/** A release that clusters can be updated to. */
export interface GraphNode {
  version: string;
  payload: string;
  metadata: Record<string, string>;
}

/** Why an update is not for everybody. */
export interface GraphRisk {
  name: string;
  message: string;
  url: string;
}

/** An update from one version to another. */
export interface GraphEdge {
  from: string;
  to: string;
  /** Empty when there is no condition. */
  risks: readonly GraphRisk[];
}

/** Versions and the updates between them. */
export interface UpdateGraph {
  /** From the lowest version to the highest. */
  nodes: GraphNode[];
  edges: GraphEdge[];
}

const [MOST_NODES, MOST_EDGES] = [20_000, 500_000];
export const LARGEST_GRAPH = 64 * 1024 * 1024;
const VALUES = 5_000_000;

/** Reads the answer of a graph server (mirror.md 5.3). Errors: GraphError ResponseInvalid, NoVersionsFound. */
export function parseUpdateGraph(bytes: Uint8Array): UpdateGraph {
  if (bytes.byteLength > LARGEST_GRAPH) throw invalid(`it has more than ${LARGEST_GRAPH} bytes`);
  const { nodes, edges, conditionalEdges } = objectOf(parse(bytes));
  const read = listOf(nodes, 'nodes', MOST_NODES).map(readNode);
  if (read.length === 0) throw new GraphError('NoVersionsFound', 'the graph has no versions');
  const versions = read.map(({ version }) => version);
  if (new Set(versions).size !== versions.length) throw invalid('it has a version twice');
  const plain = listOf(edges, 'edges', MOST_EDGES).map((edge) => readEdge(edge, versions));
  const known = new Set(versions);
  const conditional = listOf(conditionalEdges, 'conditionalEdges', MOST_EDGES).flatMap(readConditional);
  const all = [...plain, ...conditional.filter(({ from, to }) => known.has(from) && known.has(to))];
  if (all.length > MOST_EDGES) throw invalid(`it has more than ${MOST_EDGES} updates`);
  return { nodes: read.sort((a, b) => compare(a.version, b.version)), edges: all };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(bytes, { maxValues: VALUES });
  } catch (error) {
    throw new GraphError('ResponseInvalid', `the graph cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function readNode(value: unknown, index: number): GraphNode {
  const { version, payload, metadata } = objectOf(value);
  if (typeof version !== 'string' || valid(version) === null)
    throw invalid(`nodes[${index}].version is no semantic version`);
  return { version, payload: textOf(payload) ?? '', metadata: textsOf(metadata) };
}

/** `[from, to]`, as places in the list of nodes. */
function readEdge(value: unknown, versions: readonly string[]): GraphEdge {
  const [from, to] = (Array.isArray(value) ? value : []).map((index) =>
    typeof index === 'number' ? versions[index] : undefined,
  );
  if (from === undefined || to === undefined) throw invalid('it has an update between versions that it does not have');
  return { from, to, risks: [] };
}

function readConditional(value: unknown): GraphEdge[] {
  const { edges, risks } = objectOf(value);
  const read = listOf(risks, 'risks', 1000).map((risk) => {
    const { name, message, url } = objectOf(risk);
    return { name: textOf(name) ?? 'unnamed', message: textOf(message) ?? '', url: textOf(url) ?? '' };
  });
  if (read.length === 0) throw invalid('it has a conditional update without a risk');
  return listOf(edges, 'conditionalEdges.edges', MOST_EDGES).map((edge) => {
    const { from, to } = objectOf(edge);
    if (typeof from === 'string' && typeof to === 'string') return { from, to, risks: read };
    throw invalid('it has a conditional update without versions');
  });
}

function listOf(value: unknown, field: string, most: number): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid(`${field} is no list`);
  if (value.length > most) throw invalid(`${field} has more than ${most} entries`);
  return value;
}

function invalid(words: string): GraphError {
  return new GraphError('ResponseInvalid', `the graph cannot be used: ${words}`);
}
