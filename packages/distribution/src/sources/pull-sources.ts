import type { RepositoryName } from '../repository-name.js';
import type { SourcePolicy } from './source-policy.js';

/** An image as a pull spec names it; by tag `latest` when there is neither tag nor digest. */
export interface PullReference extends RepositoryName {
  tag?: string;
  digest?: string;
}

/** A place to pull from. */
export interface PullSource {
  repository: RepositoryName;
  /** Whether plain http and unverified TLS will do there. */
  insecure: boolean;
  isMirror: boolean;
}

/**
 * From where an image may be pulled, in the order in which to try (registry.md 4.4).
 *
 * @throws {RemoteError} BLOCKED when nothing remains
 */
export declare function pullSources(reference: PullReference, policy: SourcePolicy): PullSource[];
