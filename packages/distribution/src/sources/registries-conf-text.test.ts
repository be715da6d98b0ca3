import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RemoteError } from '../remote-error.js';
import { registriesConfSources } from './registries-conf-sources.js';
import { registriesConfText, registryEntries, SEARCH_REGISTRIES } from './registries-conf-text.js';
import { parseRegistriesConf } from './registries-conf.js';
import { pullSources } from './pull-sources.js';
import { sourcePolicy, type MirrorSetEntry, type SourceSettings } from './source-policy.js';

const text = (settings: SourceSettings, searchRegistries?: string[]) =>
  registriesConfText(sourcePolicy(settings), { searchRegistries });

describe('the registries.conf of nodes (mirror.md 6)', () => {
  it('has what is insecure, below its mirrors, too (golden A)', () => {
    const settings = {
      digestMirrorSets: [[{ source: 's.test/r', mirrors: ['a.test/m'] }]],
      registrySources: { insecureRegistries: ['s.test/r/child', 'a.test'] },
    };
    expect(text(settings, SEARCH_REGISTRIES))
      .toBe(`unqualified-search-registries = ["registry.access.redhat.com", "docker.io"]
short-name-mode = ""
additional-layer-store-auth-helper = ""

[[registry]]
  prefix = ""
  location = "s.test/r"

  [[registry.mirror]]
    location = "a.test/m"
    insecure = true
    pull-from-mirror = "digest-only"

[[registry]]
  prefix = ""
  location = "s.test/r/child"
  insecure = true

  [[registry.mirror]]
    location = "a.test/m/child"
    insecure = true
    pull-from-mirror = "digest-only"

[[registry]]
  prefix = ""
  location = "a.test"
  insecure = true
`);
  });

  it('blocks a source that one set says never to contact (golden B)', () => {
    const settings = {
      digestMirrorSets: [[{ source: 'q.test/a', mirrors: ['m.test/d'] }]],
      tagMirrorSets: [[{ source: 'q.test/a', mirrors: ['m.test/t'], mirrorSourcePolicy: 'NeverContactSource' }]],
    };
    expect(text(settings)).toBe(`[[registry]]
  prefix = ""
  location = "q.test/a"
  blocked = true

  [[registry.mirror]]
    location = "m.test/d"
    pull-from-mirror = "digest-only"

  [[registry.mirror]]
    location = "m.test/t"
    pull-from-mirror = "tag-only"
`);
  });

  it.each<[string, MirrorSetEntry[][], string[]]>([
    ['several objects', [[entry('s', 'a', 'b', 'c')], [entry('s', 'c', 'd', 'e')]], ['s: a b c d e']],
    ['objects that contradict each other', [[entry('s', 'a', 'b')], [entry('s', 'b', 'a')]], ['s: a b']],
    ['an ICSP beside an IDMS', [[entry('s/r', 'x/r')], [entry('s/r', 'y/r')]], ['s/r: x/r y/r']],
    ['the source in the middle', [[entry('s', 'a', 's', 'b')]], ['s: a s b']],
    ['the source at the end', [[entry('s', 'a', 's')]], ['s: a']],
    ['the source alone', [[entry('s', 's')]], []],
    ['no mirrors', [[{ ...entry('s'), mirrorSourcePolicy: 'NeverContactSource' }]], []],
    ['only itself, never to be contacted', [[{ ...entry('s', 's'), mirrorSourcePolicy: 'NeverContactSource' }]], []],
    ['several sources, in their order', [[entry('t', 'a'), entry('s', 'b')]], ['s: b', 't: a']],
    ['a wildcard', [[entry('*.s', 'a/all')]], ['*.s: a/all']],
  ])('is right for %s', (_, digestMirrorSets, expected) => {
    const shown = registryEntries(sourcePolicy({ digestMirrorSets })).map(
      ({ prefix, mirrors }) => `${prefix}: ${mirrors.map(({ location }) => location).join(' ')}`,
    );
    expect(shown).toEqual(expected);
  });

  it('writes a wildcard as a prefix, with both flags where both hold', () => {
    const registrySources = {
      insecureRegistries: ['*.insecure.test'],
      blockedRegistries: ['*.blocked.insecure.test', 'gone.test'],
    };
    expect(text({ registrySources })).toBe(`[[registry]]
  prefix = "*.insecure.test"
  insecure = true

[[registry]]
  prefix = "*.blocked.insecure.test"
  insecure = true
  blocked = true

[[registry]]
  prefix = ""
  location = "gone.test"
  blocked = true
`);
  });

  it('leaves a source below a blocked registry blocked', () => {
    const [found] = registryEntries(
      sourcePolicy({
        digestMirrorSets: [[entry('s.test/a', 'm.test')]],
        registrySources: { blockedRegistries: ['s.test'] },
      }),
    );
    expect(found).toMatchObject({ prefix: 's.test/a', blocked: true });
  });
});

const host = fc.constantFrom('a.test', 'b.test:5000', '*.wild.test');
const path = fc
  .array(fc.constantFrom('x', 'y'), { maxLength: 2 })
  .map((parts) => parts.map((one) => `/${one}`).join(''));
const place = fc.tuple(host, path).map(([first, rest]) => (first.startsWith('*') ? first : first + rest));
const mirrors = fc.uniqueArray(
  fc.tuple(fc.constantFrom('m.test', 'n.test:8443'), path).map((parts) => parts.join('')),
  { minLength: 1, maxLength: 3 },
);
const never = fc.constantFrom('AllowContactingSource', 'NeverContactSource');
const set = fc.record({ source: place, mirrors, mirrorSourcePolicy: never });

it('leads clients where the policy itself does, when each source has one set', () => {
  const image = fc.record({
    host: fc.constantFrom('a.test', 'b.test:5000', 'one.wild.test', 'c.test'),
    name: fc.tuple(path, fc.constantFrom('x', 'app')).map((parts) => parts.join('/').replace(/^\/+/, '')),
  });
  fc.assert(
    fc.property(fc.uniqueArray(set, { maxLength: 3, selector: ({ source }) => source }), image, (sets, name) => {
      const policy = sourcePolicy({ digestMirrorSets: [sets] });
      const conf = parseRegistriesConf(registriesConfText(policy, { searchRegistries: SEARCH_REGISTRIES }), 'f');
      const of = registriesConfSources(conf);
      const reference = { ...name, digest: `sha256:${'a'.repeat(64)}` };
      expect(outcome(() => of(reference))).toEqual(outcome(() => pullSources(reference, policy)));
    }),
  );
});

/** What it returns, or the error: a mirror without a path below its host has no place for an image of the very name of its source. */
function outcome<T>(ask: () => T): T | { code: string } {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    return { code: error.code };
  }
}

function entry(source: string, ...names: string[]): MirrorSetEntry {
  return { source, mirrors: names };
}
