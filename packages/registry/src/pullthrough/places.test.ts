import { sourcePolicy, type SourceSettings } from '@longshore/distribution';
import { digestOf } from '@longshore/oci';
import { describe, expect, it } from 'vitest';
import { elsewhere, keyOf, placesFor, type PlacesOptions } from './places.js';

const DIGEST = digestOf(Buffer.from('content'));

function placesOf(streamSources: (string | { insecure: string })[], settings: SourceSettings = {}, options = {}) {
  const sources = streamSources.map((source) =>
    typeof source === 'string'
      ? { repository: source, insecure: false }
      : { repository: source.insecure, insecure: true },
  );
  const policy = { sources: sourcePolicy(settings), ownHosts: new Set(['own.example:5000']) };
  const defaults: PlacesOptions = { policy, via: new Set(), isDown: () => false };
  return placesFor(DIGEST, elsewhere(sources, policy.ownHosts), { ...defaults, ...options });
}

const namesOf = (places: ReturnType<typeof placesOf>) =>
  places.sources.map(({ repository, insecure }) => `${keyOf(repository)}${insecure ? ' insecure' : ''}`);

const mirrored = (source: string, mirrors: string[], mirrorSourcePolicy?: string): SourceSettings => ({
  digestMirrorSets: [[{ source, mirrors, ...(mirrorSourcePolicy !== undefined && { mirrorSourcePolicy }) }]],
});

describe('the places to ask', () => {
  it('are those of the stream: secure ones before insecure ones, own ones left out', () => {
    expect(namesOf(placesOf([{ insecure: 'b.example/x' }, 'own.example:5000/ns/app', 'app', 'c.example/y/z']))).toEqual(
      ['docker.io/library/app', 'c.example/y/z', 'b.example/x insecure'],
    );
  });

  it.each([[[]], [['own.example:5000/ns/app']], [['no such name!']]])('are none for %j', (sources) => {
    expect(placesOf(sources)).toEqual({ sources: [], failures: [] });
  });

  it('are the mirrors before the source, and a mirror is as insecure as the administrator says', () => {
    const settings = {
      ...mirrored('up.example/team', ['m1.example/a', 'm2.example:5000/b']),
      registrySources: { insecureRegistries: ['m2.example:5000'] },
    };
    expect(namesOf(placesOf([{ insecure: 'up.example/team/app' }], settings))).toEqual([
      'm1.example/a/app',
      'm2.example:5000/b/app insecure',
      'up.example/team/app insecure',
    ]);
  });

  it.each([
    ['no part of a path segment', 'up.example/team', 'up.example/teamwork/app', false],
    ['a path segment', 'up.example/team', 'up.example/team/app', true],
    ['a sub-domain', '*.example', 'up.example/app', true],
    ['not the domain itself', '*.up.example', 'up.example/app', false],
  ])('mirror %s', (_, source, repository, matches) => {
    const found = namesOf(placesOf([repository], mirrored(source, ['m.example/x'])));
    expect(found.some((name) => name.startsWith('m.example'))).toBe(matches);
  });

  it('leave out the source where a rule says so', () => {
    expect(namesOf(placesOf(['up.example/app'], mirrored('up.example', ['m.example'], 'NeverContactSource')))).toEqual([
      'm.example/app',
    ]);
  });

  it('tell why they are none', () => {
    const places = placesOf(['up.example/app'], { registrySources: { blockedRegistries: ['up.example'] } });
    expect(places).toMatchObject({ sources: [], failures: [{ code: 'BLOCKED' }] });
  });

  it('leave out registries that wait for the answer, and ourselves as a mirror', () => {
    const via = { via: new Set(['up.example']) };
    const places = placesOf(['up.example/app', 'b.example/app'], mirrored('b.example', ['own.example:5000/m']), via);
    expect(namesOf(places)).toEqual(['b.example/app']);
    expect(places.failures).toMatchObject([{ code: 'LOOP' }]);
  });

  it('begin with what had it the last time, and end with what is down', () => {
    const options = { known: 'c.example/app', isDown: (host: string) => host === 'a.example' };
    expect(namesOf(placesOf(['a.example/app', 'b.example/app', 'c.example/app'], {}, options))).toEqual([
      'c.example/app',
      'b.example/app',
      'a.example/app',
    ]);
  });

  it('leave out what is down for who is in haste', () => {
    const options = { inHaste: true, isDown: (host: string) => host === 'a.example' };
    expect(namesOf(placesOf(['a.example/app', 'b.example/app'], {}, options))).toEqual(['b.example/app']);
  });

  it('are not more than one can ask while a client waits', () => {
    expect(placesOf(Array.from({ length: 100 }, (_, index) => `up.example/app${index}`)).sources).toHaveLength(32);
  });
});
