import {
  fetchGraph,
  graphSvg,
  graphText,
  LARGEST_GRAPH,
  parseUpdateGraph,
  partOfGraph,
  shortestPath,
  type GraphEdge,
  type UpdateGraph,
} from '@longshore/mirror/graph';
import { valid } from 'semver';
import { CliError } from '../../cli-error.js';
import { readUserFile } from '../../user-file.js';
import { visible } from '../../visible.js';
import type { ReleaseGraphOptions } from './graph.js';

/** A picture of more would be of no use to anybody. */
const MOST_BOXES = 1000;

/** Prints a graph, and the way through it. Errors: CliError, GraphError. */
export async function showGraph(source: string, options: ReleaseGraphOptions, signal: AbortSignal): Promise<void> {
  const { from, to, includeConditional: conditional = false, output } = options;
  for (const version of [from, to]) {
    if (version !== undefined && valid(version) === null) throw new CliError(`${version} is no semantic version`, 2);
  }
  const graph = partOfGraph(await readGraph(source, options, signal), { min: from, max: to, conditional });
  const path = from === undefined || to === undefined ? undefined : shortestPath(graph, from, to);
  process.stdout.write(pictureOf(graph, path, options));
  if (from === undefined || to === undefined) return;
  if (path === undefined)
    throw new CliError(`there is no way from ${from} to ${to}${conditional ? '' : ' without known risks'}`);
  if (output === 'text') process.stdout.write(wayText(from, path));
}

async function readGraph(
  source: string,
  { channel, arch }: ReleaseGraphOptions,
  signal: AbortSignal,
): Promise<UpdateGraph> {
  if (/^https?:\/\//.test(source)) {
    if (!URL.canParse(source)) throw new CliError(`${source} is no URL`, 2);
    if (channel === undefined) throw new CliError('--channel is needed for a URL', 2);
    return fetchGraph(source, { channel, architecture: arch }, { signal });
  }
  if (channel !== undefined) throw new CliError('--channel is for a URL; a file has the graph of one channel', 2);
  return parseUpdateGraph(await readUserFile(source, LARGEST_GRAPH));
}

function pictureOf(
  graph: UpdateGraph,
  path: readonly GraphEdge[] | undefined,
  { output }: ReleaseGraphOptions,
): string {
  if (output === 'json') return `${JSON.stringify({ ...graph, ...(path && { path }) }, undefined, 2)}\n`;
  if (output === 'text') return graphText(graph, path);
  if (graph.nodes.length <= MOST_BOXES) return graphSvg(graph, path);
  throw new CliError(`a picture of ${graph.nodes.length} versions is too large; choose some by --from and --to`, 2);
}

/** The way in one line, and the risks on it. */
function wayText(from: string, path: readonly GraphEdge[]): string {
  const risks = path.flatMap((edge) =>
    edge.risks.map(
      ({ name, message, url }) => `  ${edge.from} -> ${edge.to}: ${name}: ${[message, url].filter(Boolean).join(' ')}`,
    ),
  );
  const way = [from, ...path.map(({ to }) => to)].join(' -> ');
  return ['', `Way: ${way}`, ...(risks.length === 0 ? [] : ['Risks:', ...risks.map(visible)]), ''].join('\n');
}
