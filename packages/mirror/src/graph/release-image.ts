import { parse } from 'semver';
import type { HttpOptions } from '../http/fetch-bytes.js';
import { isObject, objectOf, textOf } from '../release/json-object.js';
import { fetchGraph } from './fetch-graph.js';
import { GraphError } from './graph-error.js';

/** The channels of a minor version, in the order in which they are asked (mirror.md 1.1). */
const CHANNELS = ['fast', 'stable', 'candidate'];
/** Graphs of other products have other channels. */
const MAJOR = 4;

/** The image of a release, and where it was named. */
export interface NamedRelease {
  image: string;
  channel: string;
}

/**
 * The image of a version, as the first channel of a graph server that has it names it; undefined when none has it. Errors: GraphError
 * when none has it and a channel could not be asked, the signal's reason.
 */
export async function findReleaseImage(
  base: string,
  { version, architecture }: { version: string; architecture: string },
  options: HttpOptions,
): Promise<NamedRelease | undefined> {
  const { major, minor } = parse(version) ?? {};
  if (major !== MAJOR || minor === undefined) return undefined;
  const failures: GraphError[] = [];
  for (const channel of CHANNELS.map((name) => `${name}-${major}.${minor}`)) {
    try {
      const { nodes } = await fetchGraph(base, { channel, architecture }, options);
      const image = nodes.find((node) => node.version === version)?.payload ?? '';
      if (image !== '') return { image, channel };
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      if (error.code !== 'NoVersionsFound') failures.push(error);
    }
  }
  const [first] = failures;
  if (first !== undefined) throw first;
  return undefined;
}

/**
 * The image of a version that a ClusterVersion knows: as the wanted one, as an update, or as one that it had; without a version the
 * wanted one. Undefined when there is none.
 */
export function imageOfClusterVersion(clusterVersion: object, version?: string): string | undefined {
  const { desired, availableUpdates, history } = objectOf(objectOf(clusterVersion)['status']);
  if (version === undefined) return textOf(objectOf(desired)['image']);
  const releases = [desired, ...listOf(availableUpdates), ...listOf(history)].filter(isObject);
  const known = releases.find((one) => one['version'] === version && textOf(one['image']) !== undefined);
  return textOf(known?.['image']);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
