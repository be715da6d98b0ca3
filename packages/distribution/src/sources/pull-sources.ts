import { isRegistryHost, isRepositoryName } from '@longshore/oci';
import { RemoteError } from '../remote-error.js';
import { normalizeRepository } from '../repository-name.js';
import type { RepositoryName } from '../repository-name.js';
import { bySpecificity, contains, listContains, parseLocation } from './location.js';
import type { Location } from './location.js';
import type { MirrorRule, SourcePolicy } from './source-policy.js';

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
 * From where an image may be pulled, in the order in which to try (registry.md 4.4): the mirrors of the most specific rule
 * for pulls of this kind, then the source. As on nodes, a rule for pulls of the other kind that never contacts the source
 * forbids it here too (mirror.md 6). Places that are blocked, or not among the allowed ones, are left out.
 *
 * @throws {RemoteError} BLOCKED when nothing remains
 */
export function pullSources(reference: PullReference, policy: SourcePolicy): PullSource[] {
  const source = normalizeRepository(reference);
  const byDigest = mostSpecific(policy.digestMirrors, source);
  const byTag = mostSpecific(policy.tagMirrors, source);
  const own = reference.digest === undefined ? byTag : byDigest;
  const mirrors = own === undefined ? [] : mirrorsOf(own, source);
  const mayContact = ![byDigest, byTag].some((match) => match?.rule.neverContactSource);
  const candidates = [
    ...mirrors.map((repository) => ({ repository, isMirror: true })),
    ...(mayContact ? [{ repository: source, isMirror: false }] : []),
  ];
  const permitted = candidates.filter(({ repository }) => isPermitted(repository, policy));
  if (permitted.length === 0) throw blocked(source, mayContact, mirrors);
  return permitted.map(({ repository, isMirror }) => ({
    repository,
    insecure: listContains(policy.insecure, repository),
    isMirror,
  }));
}

interface Match {
  rule: MirrorRule;
  location: Location;
}

/** A rule whose only mirror is its source says nothing, whatever its policy (mirror.md 6). */
function mostSpecific(rules: readonly MirrorRule[], source: RepositoryName): Match | undefined {
  const matches = rules
    .filter((rule) => rule.mirrors.some((mirror) => mirror !== rule.source))
    .map((rule) => ({ rule, location: parseLocation(rule.source) }))
    .filter(({ location }) => contains(location, source));
  return matches.sort((a, b) => bySpecificity(a.location, b.location))[0];
}

/** The repository below each mirror that stands where it stands below the source. The source itself comes last, elsewhere. */
function mirrorsOf({ rule, location }: Match, source: RepositoryName): RepositoryName[] {
  const rest = location.path === '' ? source.name : source.name.slice(location.path.length + 1);
  const found = new Map<string, RepositoryName>();
  for (const text of rule.mirrors) {
    const { host, path } = parseLocation(text);
    const repository = normalizeRepository({ host, name: [path, rest].filter((part) => part !== '').join('/') });
    if (isRegistryHost(repository.host) && isRepositoryName(repository.name)) found.set(keyOf(repository), repository);
  }
  found.delete(keyOf(source));
  return [...found.values()];
}

function keyOf({ host, name }: RepositoryName): string {
  return `${host}/${name}`;
}

function isPermitted(repository: RepositoryName, { blocked: forbidden, allowed }: SourcePolicy): boolean {
  return !listContains(forbidden, repository) && (allowed === undefined || listContains(allowed, repository));
}

function blocked(source: RepositoryName, mayContact: boolean, mirrors: readonly RepositoryName[]): RemoteError {
  const place = keyOf(source);
  const many = mirrors.length === 0 ? '' : `, and so are its mirrors (${mirrors.map(keyOf).join(', ')})`;
  const why = mayContact
    ? `registry ${source.host} blocked`
    : `a mirror set says NeverContactSource, and no mirror of it serves this pull`;
  return new RemoteError(
    'BLOCKED',
    `${place}: ${why}${many}; see registrySources of the image configuration and the mirror sets`,
  );
}
