import type { ClusterOptions } from '../../session/session.js';

const VERSION = /^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/;

export interface FindReleaseOptions extends ClusterOptions {
  /** Lines for people: which image a version is. */
  onNote: (note: string) => void;
  signal: AbortSignal;
}

/**
 * The pull spec of a release that a user names. A version is looked up in the cluster, then in the public channels (mirror.md 1.1);
 * without a name it is the release of the cluster. Errors: CliError when nobody knows it.
 */
export async function findRelease(text: string | undefined, options: FindReleaseOptions): Promise<string> {
  if (text !== undefined && !VERSION.test(text)) return text;
  const { lookUpRelease } = await import('./look-up-release.js');
  return lookUpRelease(text, options);
}
