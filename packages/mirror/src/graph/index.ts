/** The graph of updates: which release leads to which. */
export { graphSvg, graphText } from './draw-graph.js';
export { fetchGraph } from './fetch-graph.js';
export { GraphError } from './graph-error.js';
export { findReleaseImage, imageOfClusterVersion } from './release-image.js';
export { LARGEST_GRAPH, parseUpdateGraph, type GraphEdge, type UpdateGraph } from './update-graph.js';
export { partOfGraph, shortestPath } from './update-path.js';
