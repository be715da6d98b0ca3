import { findReleaseImage, imageOfClusterVersion } from '@longshore/mirror/graph';
import { CliError } from '../../cli-error.js';
import { inSession } from '../../session/session.js';
import { visible } from '../../visible.js';
import type { FindReleaseOptions } from './find-release.js';
import { graphServer } from './graph-server.js';

const ARCHITECTURE = 'amd64';
const CLUSTER_VERSIONS = { group: 'config.openshift.io', version: 'v1', resource: 'clusterversions' };
/** A cluster that is switched off must not keep anybody waiting. */
const CLUSTER_TIMEOUT_MS = 15_000;

/** The image of a version, or without one of the cluster's release, by the cluster or else by the public channels. Errors: CliError. */
export async function lookUpRelease(text: string | undefined, options: FindReleaseOptions): Promise<string> {
  const { onNote } = options;
  const [image, why] = await askCluster(text, options);
  if (image !== undefined) {
    onNote(`info: ${text ?? 'The release of the cluster'} is ${visible(image)}`);
    return image;
  }
  if (text === undefined) throw new CliError(`must specify a release image; ${why}`, 2);
  const found = await askChannels(text, why, options);
  if (found !== undefined) {
    onNote(`info: ${text} is ${visible(found.image)}, by the channel ${found.channel}`);
    return found.image;
  }
  throw unknown(text, `${why}, and no channel has it`);
}

/** An image, or why there is none. */
async function askCluster(
  version: string | undefined,
  { signal, ...session }: FindReleaseOptions,
): Promise<[string | undefined, string]> {
  try {
    const timely = AbortSignal.any([signal, AbortSignal.timeout(CLUSTER_TIMEOUT_MS)]);
    const clusterVersion = await inSession(session, ({ client }) =>
      client.find(CLUSTER_VERSIONS, 'version', { signal: timely }),
    );
    if (clusterVersion === undefined) return [undefined, 'the cluster has no ClusterVersion'];
    return [imageOfClusterVersion(clusterVersion, version), 'the cluster does not know it'];
  } catch (error) {
    signal.throwIfAborted();
    return [undefined, `no cluster can be asked (${(error as Error).message})`];
  }
}

async function askChannels(version: string, why: string, { signal }: FindReleaseOptions) {
  const base = graphServer(process.env);
  try {
    return await findReleaseImage(base, { version, architecture: ARCHITECTURE }, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw unknown(version, `${why}, and ${(error as Error).message}`, error);
  }
}

function unknown(version: string, why: string, cause?: unknown): CliError {
  const words = 'name the image of the release, as in quay.io/org/release:4.16.3-x86_64';
  return new CliError(`${version}: ${why}; ${words}`, 1, cause === undefined ? {} : { cause });
}
