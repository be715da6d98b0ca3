import type { NamespacePolicy } from './namespace-policy.js';

/** What is kept although nothing uses it (registry.md 8.1, 8.2). */
export interface PruneRules {
  /** Milliseconds since 1970. */
  now: number;
  /** Streams, entries of histories, and images that some history lists, stay when they are younger. */
  keepYoungerThanMs: number;
  /** Images that no history lists stay when they are younger: somebody may be pushing what refers to them. */
  keepUnlistedYoungerThanMs: number;
  /** So many entries of each tag's history stay; or sizes decide. */
  history: { keepRevisions: number } | { sizeLimits: ReadonlyMap<string, number> };
  /** By namespace: what its histories keep instead (registry.md 8.4). */
  policies?: ReadonlyMap<string, NamespacePolicy>;
  /** False: images that were not pushed to the registry stay. */
  all: boolean;
  /** Only histories of this namespace are shortened, and no image goes. */
  namespace?: string;
}

/** Why an entry of a history stays. */
export type KeepReason =
  | 'other namespace'
  | 'young stream'
  | 'young'
  | 'tag in use'
  | 'image in use'
  | 'recent revision'
  | 'within the size limit'
  | 'belongs to an image that stays';

export const DEFAULT_KEEP_YOUNGER_THAN_MS = 60 * 60_000;
export const DEFAULT_KEEP_TAG_REVISIONS = 3;
