import { bySpecificity, contains, parseLocation, type Location } from './location.js';
import type { RegistryEntry, RegistryMirror } from './registries-conf.js';
import type { MirrorRule, SourcePolicy } from './source-policy.js';

/** What a node is told beside mirrors. */
export interface RegistriesConfForm {
  /** Where names without a host are looked for; undefined for a file of registries.conf.d, which leaves that to the main file. */
  searchRegistries?: readonly string[] | undefined;
}

/** Those that OpenShift's nodes have. */
export const SEARCH_REGISTRIES = ['registry.access.redhat.com', 'docker.io'];

/** The registries.conf that follows a policy, as nodes of OpenShift get it (mirror.md 6). Allowed registries are no part of it. */
export function registriesConfText(policy: SourcePolicy, { searchRegistries }: RegistriesConfForm = {}): string {
  const head =
    searchRegistries === undefined
      ? []
      : [
          `unqualified-search-registries = [${searchRegistries.map(quoted).join(', ')}]\n` +
            'short-name-mode = ""\nadditional-layer-store-auth-helper = ""\n',
        ];
  return [...head, ...registryEntries(policy).map(entryText)].join('\n');
}

/**
 * The entries of a policy: those of mirror sets in the order of their sources, then those of insecure and blocked registries. As the
 * most specific entry alone counts, each says all that the ones above it say.
 */
export function registryEntries({ digestMirrors, tagMirrors, insecure, blocked }: SourcePolicy): RegistryEntry[] {
  const entries = new Map<string, RegistryEntry>();
  for (const [rules, serves] of [
    [digestMirrors, 'digest-only'],
    [tagMirrors, 'tag-only'],
  ] as const) {
    for (const rule of rules) {
      const mirrors = mirrorsOf(rule, serves);
      if (!mirrors.some(({ location }) => location !== rule.source)) continue;
      const entry = entries.get(rule.source) ?? newEntry(rule.source);
      entries.set(rule.source, entry);
      entry.mirrors.push(...mirrors);
      entry.blocked ||= rule.neverContactSource;
    }
  }
  const all = [...entries.values()].sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
  for (const scope of new Set([...insecure, ...blocked])) {
    if (!entries.has(scope)) all.push(inherited(scope, [...entries.values()]));
  }
  return all.map((entry) => ({
    ...entry,
    insecure: isBelowAny(entry.prefix, insecure),
    blocked: entry.blocked || isBelowAny(entry.prefix, blocked),
    mirrors: entry.mirrors.map((mirror) => ({ ...mirror, insecure: isBelowAny(mirror.location, insecure) })),
  }));
}

/** The source comes last anyway, so at the end it need not be named. */
function mirrorsOf({ source, mirrors }: MirrorRule, serves: RegistryMirror['serves']): RegistryMirror[] {
  const named = mirrors.at(-1) === source ? mirrors.slice(0, -1) : mirrors;
  return named.map((location) => ({ location, insecure: false, serves }));
}

function newEntry(prefix: string): RegistryEntry {
  return { prefix, location: prefix, insecure: false, blocked: false, mirrors: [] };
}

/** What holds for the closest place above holds here, too: `s/r` -> `a/m` is `s/r/child` -> `a/m/child`. */
function inherited(scope: string, entries: readonly RegistryEntry[]): RegistryEntry {
  const place = parseLocation(scope);
  const [above] = entries
    .map((entry) => ({ entry, location: parseLocation(entry.prefix) }))
    .filter(({ location }) => isBelow(place, location))
    .sort((a, b) => bySpecificity(a.location, b.location));
  if (above === undefined) return newEntry(scope);
  const rest = place.path.slice(above.location.path.length).replace(/^\//, '');
  const mirrors = above.entry.mirrors.map((mirror) => ({
    ...mirror,
    location: rest === '' ? mirror.location : `${mirror.location}/${rest}`,
  }));
  return { ...newEntry(scope), blocked: above.entry.blocked, mirrors };
}

function isBelowAny(place: string, scopes: readonly string[]): boolean {
  return scopes.some((scope) => isBelow(parseLocation(place), parseLocation(scope)));
}

function isBelow({ host, path }: Location, above: Location): boolean {
  return contains(above, { host, name: path });
}

function entryText({ prefix, insecure, blocked, mirrors }: RegistryEntry): string {
  const place = prefix.startsWith('*.')
    ? [`prefix = ${quoted(prefix)}`]
    : ['prefix = ""', `location = ${quoted(prefix)}`];
  const lines = [...place, ...(insecure ? ['insecure = true'] : []), ...(blocked ? ['blocked = true'] : [])];
  return ['[[registry]]', ...lines.map((line) => `  ${line}`), ...mirrors.map(mirrorText)].join('\n') + '\n';
}

function mirrorText({ location, insecure, serves }: RegistryMirror): string {
  const lines = [
    `location = ${quoted(location)}`,
    ...(insecure ? ['insecure = true'] : []),
    `pull-from-mirror = ${quoted(serves)}`,
  ];
  return ['\n  [[registry.mirror]]', ...lines.map((line) => `    ${line}`)].join('\n');
}

/** A basic string of TOML, which has the escapes of JSON. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007F');
}
