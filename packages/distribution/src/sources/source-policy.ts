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

/** Makes one policy of mirror sets and registry sources; what several sets say of one source is merged (mirror.md 6). */
export declare function sourcePolicy(settings: SourceSettings): SourcePolicy;
