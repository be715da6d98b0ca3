import { mergeOrders } from './merge-orders.js';

/**
 * Which places stand in for others, and which are forbidden. Places are `host`, `host/path` or `*.domain`; a path holds for
 * everything below it, a wildcard for sub-domains only.
 */
export interface SourcePolicy {
  /** For pulls by digest (ICSP, IDMS). */
  digestMirrors: readonly MirrorRule[];
  /** For pulls by tag (ITMS). */
  tagMirrors: readonly MirrorRule[];
  blocked: readonly string[];
  /** When there, everything else is blocked. */
  allowed?: readonly string[];
  insecure: readonly string[];
}

export interface MirrorRule {
  source: string;
  /** `host` or `host/path`, in the order in which to try. */
  mirrors: readonly string[];
  neverContactSource: boolean;
}

/** An entry of a mirror set; `ImageMirrors` of config.openshift.io fits. */
export interface MirrorSetEntry {
  source: string;
  mirrors?: readonly string[];
  mirrorSourcePolicy?: string;
}

/** The parts of a cluster's configuration that decide from where images come. */
export interface SourceSettings {
  /** `spec.imageDigestMirrors` of each set, `spec.repositoryDigestMirrors` of each ICSP. */
  digestMirrorSets?: readonly (readonly MirrorSetEntry[])[];
  /** `spec.imageTagMirrors` of each set. */
  tagMirrorSets?: readonly (readonly MirrorSetEntry[])[];
  /** `spec.registrySources` of the image configuration. */
  registrySources?: {
    insecureRegistries?: readonly string[];
    blockedRegistries?: readonly string[];
    allowedRegistries?: readonly string[];
  };
}

/**
 * Makes one policy of mirror sets and registry sources. What several entries say of one source is merged: their mirrors in an
 * order that keeps each entry's own, and never to contact the source if one says so (mirror.md 6). As in the cluster's API,
 * an empty list of allowed registries is none.
 */
export function sourcePolicy(settings: SourceSettings): SourcePolicy {
  const { insecureRegistries = [], blockedRegistries = [], allowedRegistries = [] } = settings.registrySources ?? {};
  return {
    digestMirrors: mergeSets(settings.digestMirrorSets ?? []),
    tagMirrors: mergeSets(settings.tagMirrorSets ?? []),
    blocked: blockedRegistries,
    ...(allowedRegistries.length > 0 && { allowed: allowedRegistries }),
    insecure: insecureRegistries,
  };
}

function mergeSets(sets: readonly (readonly MirrorSetEntry[])[]): MirrorRule[] {
  const bySource = new Map<string, MirrorSetEntry[]>();
  for (const entry of sets.flat()) {
    bySource.set(entry.source, [...(bySource.get(entry.source) ?? []), entry]);
  }
  return [...bySource].map(([source, entries]) => ({
    source,
    mirrors: mergeOrders(entries.map(({ mirrors = [] }) => mirrors)),
    neverContactSource: entries.some(({ mirrorSourcePolicy }) => mirrorSourcePolicy === 'NeverContactSource'),
  }));
}
