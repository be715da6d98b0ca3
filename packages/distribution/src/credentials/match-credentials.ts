import { matchesHostGlob } from '../host-glob.js';
import { comparableHost, normalizeRepository, withoutPort } from '../repository-name.js';
import type { RepositoryName } from '../repository-name.js';
import type { Credential } from './credential.js';
import type { CredentialEntry } from './docker-config.js';

/** All credentials that fit a repository, of the most specific key first: the longer path, then a host before a pattern. */
export function matchCredentials(list: readonly CredentialEntry[], repository: RepositoryName): Credential[] {
  const { host, name } = normalizeRepository(repository);
  const matches = list.filter((entry) => {
    const isBelow = entry.path === '' || name === entry.path || name.startsWith(`${entry.path}/`);
    return isBelow && matchesHost(entry.host, comparableHost(host));
  });
  const isPattern = (entry: CredentialEntry) => (/[*?]/.test(entry.host) ? 1 : 0);
  matches.sort((a, b) => b.path.length - a.path.length || isPattern(a) - isPattern(b) || b.host.length - a.host.length);
  return matches.map(({ credential }) => credential);
}

/** Ports must be the same. */
function matchesHost(pattern: string, host: string): boolean {
  if (pattern === host) return true;
  const [globHost, plainHost] = [withoutPort(pattern), withoutPort(host)];
  const samePort = pattern.slice(globHost.length) === host.slice(plainHost.length);
  return samePort && matchesHostGlob(globHost, plainHost);
}
