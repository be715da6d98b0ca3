import { normalizeHost } from '@longshore/oci';
import { comparableHost, withoutPort } from '../repository-name.js';
import type { RepositoryName } from '../repository-name.js';

/** A place of a mirror set or a list of registries: `host`, `host/path` or `*.domain`. */
export interface Location {
  /** Starts with `*.` for all sub-domains. */
  host: string;
  /** Empty for a whole host. */
  path: string;
}

/** Takes a place apart at the first slash. */
export function parseLocation(text: string): Location {
  const trimmed = text.trim().replace(/\/+$/, '');
  const slash = trimmed.indexOf('/');
  const host = slash < 0 ? trimmed : trimmed.slice(0, slash);
  return { host: normalizeHost(host), path: slash < 0 ? '' : trimmed.slice(slash + 1) };
}

/** True when a repository is at a place or below it: whole path segments, and for `*.domain` sub-domains on any port. */
export function contains(location: Location, repository: RepositoryName): boolean {
  const { path } = location;
  const below = path === '' || repository.name === path || repository.name.startsWith(`${path}/`);
  return below && containsHost(location.host, repository.host);
}

/** True when a list names a place that contains the repository. */
export function listContains(list: readonly string[], repository: RepositoryName): boolean {
  return list.some((text) => contains(parseLocation(text), repository));
}

/** Sorts the more specific place first: a host before a wildcard, a longer domain, a longer path. */
export function bySpecificity(a: Location, b: Location): number {
  const [wildA, wildB] = [isWildcard(a.host), isWildcard(b.host)];
  if (wildA !== wildB) return wildA ? 1 : -1;
  return (wildA ? b.host.length - a.host.length : 0) || b.path.length - a.path.length;
}

function containsHost(pattern: string, host: string): boolean {
  if (!isWildcard(pattern)) return comparableHost(pattern) === comparableHost(host);
  const domain = pattern.slice(1);
  const candidate = normalizeHost(withoutPort(domain) === domain ? withoutPort(host) : host);
  return candidate.length > domain.length && candidate.endsWith(domain);
}

function isWildcard(host: string): boolean {
  return host.startsWith('*.');
}
