import { pullSources, RemoteError, type PullSource, type RepositoryName } from '@longshore/distribution';
import { InvalidReferenceError, normalizeReference, parseReference, type Digest } from '@longshore/oci';
import type { StreamSource } from '../streams/stream-view.js';
import type { PullPolicy } from './policy.js';

/** Where content may be had, in the order in which to ask. */
export interface Places {
  sources: readonly PullSource[];
  /** Why others are left out. */
  failures: readonly RemoteError[];
}

/** More are not asked one after the other while a client waits. */
const MAX_PLACES = 32;

export interface PlacesOptions {
  policy: Pick<PullPolicy, 'sources' | 'ownHosts'>;
  /** Registries that wait for our answer. */
  via: ReadonlySet<string>;
  /** `host/name` of the repository that had the content the last time. */
  known?: string | undefined;
  /** Whether a host could not be reached a moment ago. */
  isDown: (host: string) => boolean;
  /** Leave such hosts out. Default: they come last. */
  inHaste?: boolean;
}

/** A repository of another registry that a stream names. */
export interface Elsewhere extends RepositoryName {
  insecure: boolean;
}

/** What a stream names of other registries; nothing where all was pushed. */
export function elsewhere(streamSources: readonly StreamSource[], ownHosts: ReadonlySet<string>): Elsewhere[] {
  return streamSources.flatMap(({ repository, insecure }) => {
    const name = repositoryOf(repository);
    return name && !ownHosts.has(name.host) ? [{ ...name, insecure }] : [];
  });
}

/**
 * The repositories to ask for a digest: those that the stream names, secure ones before insecure ones, each behind its
 * mirrors (reference registry 4.1, 4.4). What had it the last time comes first, what could not be reached last.
 */
export function placesFor(digest: Digest, others: readonly Elsewhere[], options: PlacesOptions): Places {
  const { policy, via, known, isDown, inHaste = false } = options;
  const found = new Map<string, PullSource>();
  const failures: RemoteError[] = [];
  for (const { insecure, ...repository } of stableSort(others, (each) => (each.insecure ? 1 : 0))) {
    for (const source of sourcesOf(repository, digest, policy, failures)) {
      const { host } = source.repository;
      if (policy.ownHosts.has(host)) continue;
      if (via.has(host)) failures.push(new RemoteError('LOOP', `${host} waits for the answer itself`));
      else remember(found, { ...source, insecure: source.insecure || (insecure && !source.isMirror) });
    }
  }
  const rank = ({ repository }: PullSource) => (keyOf(repository) === known ? 0 : isDown(repository.host) ? 2 : 1);
  const asked = [...found.values()].filter(({ repository }) => !inHaste || !isDown(repository.host));
  return { sources: stableSort(asked, rank).slice(0, MAX_PLACES), failures };
}

/** `host/name` */
export const keyOf = ({ host, name }: RepositoryName) => `${host}/${name}`;

function sourcesOf(
  repository: RepositoryName,
  digest: Digest,
  { sources }: Pick<PullPolicy, 'sources'>,
  failures: RemoteError[],
): PullSource[] {
  try {
    return pullSources({ ...repository, digest }, sources);
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    failures.push(error);
    return [];
  }
}

/** The first mention counts for the order, any for what the stream allows. */
function remember(found: Map<string, PullSource>, source: PullSource): void {
  const key = keyOf(source.repository);
  const known = found.get(key);
  if (known) known.insecure ||= source.insecure;
  else found.set(key, source);
}

function repositoryOf(text: string): RepositoryName | undefined {
  try {
    const { registry = '', repository } = normalizeReference(parseReference(text));
    return { host: registry, name: repository };
  } catch (error) {
    if (error instanceof InvalidReferenceError) return undefined;
    throw error;
  }
}

function stableSort<T>(list: readonly T[], rank: (item: T) => number): T[] {
  return list.toSorted((a, b) => rank(a) - rank(b));
}
