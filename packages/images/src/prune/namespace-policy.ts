import { DurationError, parseDuration, type KubeObject } from '@longshore/kube';

/** What histories of a namespace keep, where that is not what the run says for all. */
export interface NamespacePolicy {
  /** So many entries of each tag. */
  keepRevisions?: number;
  /** Entries that are younger. */
  keepYoungerThanMs?: number;
}

/** Annotations of LimitRanges: those bound the images of a namespace anyway, and who prunes reads them. */
export const POLICY_ANNOTATIONS = {
  keepTagRevisions: 'image.longshore.dev/keep-tag-revisions',
  keepYoungerThan: 'image.longshore.dev/keep-younger-than',
} as const;

/**
 * The policy that a LimitRange tells (registry.md 8.4); empty without one. What cannot be read keeps everything, and is told
 * as a problem.
 */
export function readPolicy({ metadata }: KubeObject): { policy: NamespacePolicy; problems: string[] } {
  const { [POLICY_ANNOTATIONS.keepTagRevisions]: revisions, [POLICY_ANNOTATIONS.keepYoungerThan]: age } =
    metadata.annotations ?? {};
  const keepRevisions = revisions === undefined ? undefined : readCount(revisions);
  const keepYoungerThanMs = age === undefined ? undefined : readMilliseconds(age);
  const problem = (name: string, value: number | undefined, expected: string) =>
    value === Infinity ? [`${name} of limit range ${metadata.namespace}/${metadata.name} is no ${expected}`] : [];
  return {
    policy: {
      ...(keepRevisions !== undefined && { keepRevisions }),
      ...(keepYoungerThanMs !== undefined && { keepYoungerThanMs }),
    },
    problems: [
      ...problem(POLICY_ANNOTATIONS.keepTagRevisions, keepRevisions, 'number of entries such as "5"'),
      ...problem(POLICY_ANNOTATIONS.keepYoungerThan, keepYoungerThanMs, 'duration such as "24h"'),
    ],
  };
}

/** Of several policies of a namespace, what keeps more counts. */
export function mergePolicies(one: NamespacePolicy, other: NamespacePolicy): NamespacePolicy {
  const merged = { ...one };
  for (const rule of ['keepRevisions', 'keepYoungerThanMs'] as const) {
    const value = other[rule];
    if (value !== undefined) merged[rule] = Math.max(value, one[rule] ?? 0);
  }
  return merged;
}

function readCount(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : Infinity;
}

function readMilliseconds(text: string): number {
  try {
    const milliseconds = Number(parseDuration(text) / 1_000_000n);
    return milliseconds < 0 ? Infinity : milliseconds;
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    return Infinity;
  }
}
