import { fetchBytes, HttpError, type HttpOptions } from '../http/fetch-bytes.js';
import { GraphError } from './graph-error.js';
import { LARGEST_GRAPH, parseUpdateGraph, type UpdateGraph } from './update-graph.js';

export interface GraphQuery {
  channel: string;
  /** As graphs name it: `amd64`, `multi`. */
  architecture: string;
}

const GRAPH_PATH = '/api/upgrades_info/v1/graph';

/**
 * Asks a server for the graph of a channel (mirror.md 5.3). The base may be that of the server, or the whole address of the graph.
 * Errors: GraphError, the signal's reason.
 */
export async function fetchGraph(
  base: string,
  { channel, architecture }: GraphQuery,
  options: HttpOptions,
): Promise<UpdateGraph> {
  const url = new URL(base);
  if (!url.pathname.endsWith('/graph')) url.pathname = `${url.pathname.replace(/\/+$/, '')}${GRAPH_PATH}`;
  url.searchParams.set('channel', channel);
  url.searchParams.set('arch', architecture);
  try {
    const headers = { accept: 'application/json' };
    return parseUpdateGraph(await fetchBytes(url.href, { ...options, maxBytes: LARGEST_GRAPH, headers }));
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    throw new GraphError('GetGraphDataFailed', `the graph of ${channel} is not to be had: ${error.message}`, {
      cause: error,
    });
  }
}
