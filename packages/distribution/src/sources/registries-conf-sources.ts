import { normalizeRepository } from '../repository-name.js';
import { bySpecificity, contains, parseLocation } from './location.js';
import { pullSources, type PullReference, type PullSource } from './pull-sources.js';
import type { RegistryEntry, RegistryMirror } from './registries-conf.js';
import type { SourcePolicy } from './source-policy.js';

/** From where an image may be pulled, in the order in which to try. Errors: RemoteError BLOCKED. */
export type PullSourcesOf = (reference: PullReference) => PullSource[];

/**
 * What a registries.conf says of where images come from, as podman follows it: the entry with the longest prefix alone counts;
 * its mirrors come first, then its location.
 */
export function registriesConfSources(entries: readonly RegistryEntry[]): PullSourcesOf {
  const located = entries
    .map((entry) => ({ entry, location: parseLocation(entry.prefix) }))
    .sort((a, b) => bySpecificity(a.location, b.location));
  return (reference) => {
    const source = normalizeRepository(reference);
    const found = located.find(({ location }) => contains(location, source));
    return pullSources(reference, policyOf(found?.entry));
  };
}

function policyOf(entry: RegistryEntry | undefined): SourcePolicy {
  if (entry === undefined) return { digestMirrors: [], tagMirrors: [], blocked: [], insecure: [] };
  const { prefix, location, mirrors, blocked, insecure } = entry;
  const isElsewhere = location !== prefix;
  const last = isElsewhere && !blocked ? [location] : [];
  const rule = (serves: RegistryMirror['serves']) => ({
    source: prefix,
    mirrors: [...mirrors.filter((one) => one.serves === 'all' || one.serves === serves).map(textOf), ...last],
    neverContactSource: blocked || isElsewhere,
  });
  return {
    digestMirrors: [rule('digest-only')],
    tagMirrors: [rule('tag-only')],
    // Without mirrors a rule says nothing.
    blocked: blocked && mirrors.length === 0 ? [prefix] : [],
    insecure: [...mirrors.filter((one) => one.insecure).map(textOf), ...(insecure ? [location, prefix] : [])],
  };
}

function textOf({ location }: RegistryMirror): string {
  return location;
}
