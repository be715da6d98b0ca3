import type { JsonPatchOperation } from '../patches/json-patch.js';

/** What each call takes. */
export interface CallOptions {
  signal?: AbortSignal;
}

export interface GetOptions extends CallOptions {
  /** None for cluster-scoped resources. */
  namespace?: string | undefined;
  resourceVersion?: string;
  subresource?: string;
}

export interface ListOptions extends CallOptions {
  /** None for cluster-scoped resources, and for all namespaces. */
  namespace?: string | undefined;
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion?: string;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan';
  limit?: number;
  continue?: string;
}

export interface WatchOptions extends CallOptions {
  namespace?: string | undefined;
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion?: string;
  allowWatchBookmarks?: boolean;
  timeoutSeconds?: number;
}

export interface WriteOptions extends CallOptions {
  namespace?: string | undefined;
  subresource?: string;
  dryRun?: boolean;
  fieldManager?: string;
  fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
}

/** A patch and how it is meant. */
export type Patch =
  { type: 'json'; patch: readonly JsonPatchOperation[] } | { type: 'merge' | 'strategic'; patch: object };

export const PATCH_MEDIA_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const satisfies Record<Patch['type'], string>;

export interface DeleteOptions extends CallOptions {
  namespace?: string | undefined;
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
}

export interface DeleteCollectionOptions extends DeleteOptions {
  labelSelector?: string;
  fieldSelector?: string;
}
