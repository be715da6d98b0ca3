import {
  DEFAULT_KEEP_TAG_REVISIONS,
  DEFAULT_KEEP_YOUNGER_THAN_MS,
  parseRegistryUrl,
  RegistryUrlError,
  type PruneRules,
} from '@longshore/images';
import { CliError } from '../cli-error.js';

/** The options of `longshore adm prune images` (registry.md 8.1). */
export interface PruneImagesOptions {
  confirm: boolean;
  all: boolean;
  keepYoungerThan?: number;
  keepTagRevisions?: number;
  pruneOverSizeLimit: boolean;
  registryUrl?: string;
  certificateAuthority?: string;
  forceInsecure: boolean;
  pruneRegistry: boolean;
  ignoreInvalidRefs: boolean;
  numWorkers: number;
  namespace?: string;
  kubeconfig?: string;
  context?: string;
  loglevel: number;
  json?: boolean;
}

/** Refuses options that contradict each other. Errors: CliError. */
export function checkPruneOptions(options: PruneImagesOptions): void {
  const { pruneOverSizeLimit, keepTagRevisions, keepYoungerThan, certificateAuthority, forceInsecure } = options;
  if (pruneOverSizeLimit && (keepTagRevisions !== undefined || keepYoungerThan !== undefined)) {
    throw new CliError(
      '--prune-over-size-limit goes neither with --keep-tag-revisions nor with --keep-younger-than: sizes decide',
      2,
    );
  }
  if (certificateAuthority !== undefined && forceInsecure) {
    throw new CliError('--certificate-authority and --force-insecure exclude each other', 2);
  }
  for (const [name, value] of Object.entries({
    'registry-url': options.registryUrl,
    'certificate-authority': certificateAuthority,
  })) {
    if (value !== undefined && !options.pruneRegistry) {
      throw new CliError(`--${name} is of no use with --prune-registry=false`, 2);
    }
  }
  if (options.registryUrl !== undefined) checkRegistryUrl(options.registryUrl, certificateAuthority !== undefined);
}

function checkRegistryUrl(text: string, hasAuthority: boolean): void {
  try {
    const { scheme } = parseRegistryUrl(text);
    if (scheme !== 'http' || !hasAuthority) return;
  } catch (error) {
    if (!(error instanceof RegistryUrlError)) throw error;
    throw new CliError(`--registry-url: ${error.message}`, 2, { cause: error });
  }
  throw new CliError('--certificate-authority is of no use for a registry without TLS', 2);
}

/** What the options keep; `sizeLimits` are those of the cluster. */
export function rulesOf(options: PruneImagesOptions, now: number, sizeLimits: ReadonlyMap<string, number>): PruneRules {
  const { keepYoungerThan = DEFAULT_KEEP_YOUNGER_THAN_MS, keepTagRevisions = DEFAULT_KEEP_TAG_REVISIONS } = options;
  return {
    now,
    keepYoungerThanMs: options.pruneOverSizeLimit ? 0 : keepYoungerThan,
    keepUnlistedYoungerThanMs: keepYoungerThan,
    history: options.pruneOverSizeLimit ? { sizeLimits } : { keepRevisions: keepTagRevisions },
    all: options.all,
    ...(options.namespace !== undefined && { namespace: options.namespace }),
  };
}
