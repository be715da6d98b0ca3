import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RemoteError } from '../remote-error.js';
import { pullSources } from './pull-sources.js';
import { sourcePolicy } from './source-policy.js';
import type { MirrorSetEntry, SourceSettings } from './source-policy.js';

const digest = `sha256:${'a'.repeat(64)}`;

function reference(text: string) {
  const slash = text.indexOf('/');
  const [name = '', by] = text.slice(slash + 1).split('@');
  return { host: text.slice(0, slash), name, ...(by === undefined ? { tag: 'v1' } : { digest }) };
}

const entry = (source: string, mirrors: string[], never = false): MirrorSetEntry => ({
  source,
  mirrors,
  ...(never && { mirrorSourcePolicy: 'NeverContactSource' }),
});

/** `host/name` of each source, with `!` for insecure ones. */
function places(text: string, settings: SourceSettings): string[] | string {
  try {
    return pullSources(reference(text), sourcePolicy(settings)).map(
      ({ repository, insecure }) => `${repository.host}/${repository.name}${insecure ? '!' : ''}`,
    );
  } catch (error) {
    return error instanceof RemoteError ? error.code : String(error);
  }
}

const idms = (...entries: MirrorSetEntry[]): SourceSettings => ({ digestMirrorSets: [entries] });

describe('pullSources', () => {
  it.each<[string, string, SourceSettings, string[] | string]>([
    ['no rules', 'quay.io/team/app', {}, ['quay.io/team/app']],
    ['docker.io by its short names', 'index.docker.io/app', {}, ['docker.io/library/app']],
    [
      'mirrors in order, then the source',
      'up.test/team/app@',
      idms(entry('up.test/team', ['m.test/a', 'n.test'])),
      ['m.test/a/app', 'n.test/app', 'up.test/team/app'],
    ],
    [
      'whole path segments only',
      'up.test/teamwork/app@',
      idms(entry('up.test/team', ['m.test'])),
      ['up.test/teamwork/app'],
    ],
    [
      'the whole repository',
      'up.test/team/app@',
      idms(entry('up.test/team/app', ['m.test/x'])),
      ['m.test/x', 'up.test/team/app'],
    ],
    [
      'the most specific source alone',
      'up.test/a/b/c@',
      idms(entry('up.test', ['m.test']), entry('up.test/a/b', ['n.test/n']), entry('up.test/a', ['o.test'])),
      ['n.test/n/c', 'up.test/a/b/c'],
    ],
    ['a host and its port', 'up.test:5000/a@', idms(entry('up.test', ['m.test'])), ['up.test:5000/a']],
    ['the default port', 'up.test:443/a@', idms(entry('up.test', ['m.test'])), ['m.test/a', 'up.test:443/a']],
    [
      'sub-domains',
      'a.example.com/x/y@',
      idms(entry('*.example.com', ['m.test/e'])),
      ['m.test/e/x/y', 'a.example.com/x/y'],
    ],
    ['not the domain itself', 'example.com/x@', idms(entry('*.example.com', ['m.test'])), ['example.com/x']],
    ['not what ends alike', 'badexample.com/x@', idms(entry('*.example.com', ['m.test'])), ['badexample.com/x']],
    [
      'a host before a wildcard',
      'a.example.com/x@',
      idms(entry('*.example.com', ['m.test']), entry('a.example.com', ['n.test'])),
      ['n.test/x', 'a.example.com/x'],
    ],
    [
      'the longer domain',
      'a.b.example.com/x@',
      idms(entry('*.example.com', ['m.test']), entry('*.b.example.com', ['n.test'])),
      ['n.test/x', 'a.b.example.com/x'],
    ],
    ['digest sets not for tags', 'up.test/a', idms(entry('up.test', ['m.test'])), ['up.test/a']],
    ['tag sets for tags', 'up.test/a', { tagMirrorSets: [[entry('up.test', ['m.test'])]] }, ['m.test/a', 'up.test/a']],
    ['tag sets not for digests', 'up.test/a@', { tagMirrorSets: [[entry('up.test', ['m.test'])]] }, ['up.test/a']],
    ['a source that is never contacted', 'up.test/a@', idms(entry('up.test', ['m.test'], true)), ['m.test/a']],
    [
      'the same by the rule of tags',
      'up.test/a@',
      { tagMirrorSets: [[entry('up.test', ['m.test'], true)]] },
      'BLOCKED',
    ],
    ['a rule that only mirrors to itself', 'up.test/a@', idms(entry('up.test', ['up.test'], true)), ['up.test/a']],
    [
      'a source among its mirrors',
      'up.test/a@',
      idms(entry('up.test', ['m.test', 'up.test', 'n.test'])),
      ['m.test/a', 'n.test/a', 'up.test/a'],
    ],
    [
      'a mirror that is no place',
      'up.test/a@',
      idms(entry('up.test', ['', 'm_x/UP', 'm.test'])),
      ['m.test/a', 'up.test/a'],
    ],
    ['a blocked registry', 'up.test/a', { registrySources: { blockedRegistries: ['up.test'] } }, 'BLOCKED'],
    ['a blocked path', 'up.test/a/b', { registrySources: { blockedRegistries: ['up.test/a'] } }, 'BLOCKED'],
    ['blocked sub-domains', 'x.up.test:5000/a/b', { registrySources: { blockedRegistries: ['*.up.test'] } }, 'BLOCKED'],
    [
      'a blocked mirror',
      'up.test/a@',
      { ...idms(entry('up.test', ['m.test'])), registrySources: { blockedRegistries: ['m.test'] } },
      ['up.test/a'],
    ],
    [
      'a blocked source with a mirror',
      'up.test/a@',
      { ...idms(entry('up.test', ['m.test'])), registrySources: { blockedRegistries: ['up.test'] } },
      ['m.test/a'],
    ],
    ['an allowed registry', 'up.test/a', { registrySources: { allowedRegistries: ['up.test'] } }, ['up.test/a']],
    ['one that is not', 'quay.io/a', { registrySources: { allowedRegistries: ['up.test'] } }, 'BLOCKED'],
    ['no allowed ones at all', 'quay.io/a', { registrySources: { allowedRegistries: [] } }, ['quay.io/a']],
    [
      'an insecure mirror',
      'up.test/a@',
      { ...idms(entry('up.test', ['m.test/x'])), registrySources: { insecureRegistries: ['m.test'] } },
      ['m.test/x/a!', 'up.test/a'],
    ],
    ['an insecure path', 'up.test/a/b', { registrySources: { insecureRegistries: ['up.test/a'] } }, ['up.test/a/b!']],
  ])('%s', (_, text, settings, expected) => expect(places(text, settings)).toEqual(expected));

  it('names what is blocked and where to look', () => {
    const policy = sourcePolicy({ registrySources: { blockedRegistries: ['up.test'] } });
    expect(() => pullSources(reference('up.test/a'), policy)).toThrow(
      'up.test/a: registry up.test blocked; see registrySources of the image configuration and the mirror sets',
    );
  });

  it('never contacts what is blocked or not allowed, and never a place twice', () => {
    const place = fc.constantFrom('a.test', 'b.test', 'a.test/x', 'b.test/x', '*.test', 'a.test/x/y');
    const rules = fc.array(
      fc.record({
        source: place,
        mirrors: fc.array(place, { maxLength: 4 }),
        mirrorSourcePolicy: fc.constantFrom('', 'NeverContactSource'),
      }),
      { maxLength: 5 },
    );
    const image = fc.constantFrom('a.test/x/y', 'b.test/x', 'a.test/z@', 'a.test/x/y/z@');
    fc.assert(
      fc.property(image, rules, fc.array(place), (text, entries, blocked) => {
        const found = places(text, {
          digestMirrorSets: [entries],
          tagMirrorSets: [entries],
          registrySources: { blockedRegistries: blocked },
        });
        if (typeof found === 'string') {
          expect(found).toBe('BLOCKED');
          return;
        }
        expect(new Set(found).size).toBe(found.length);
        for (const one of found) {
          expect(places(one, { registrySources: { blockedRegistries: blocked } })).toEqual([one]);
        }
      }),
    );
  });
});

describe('sourcePolicy', () => {
  it.each([
    [
      'lists that go on',
      [
        ['a', 'b', 'c'],
        ['c', 'd', 'e'],
      ],
      ['a', 'b', 'c', 'd', 'e'],
    ],
    [
      'lists that contradict',
      [
        ['a', 'b'],
        ['b', 'a'],
      ],
      ['a', 'b'],
    ],
    ['lists without relation', [['y'], ['x']], ['x', 'y']],
    ['an order against the alphabet', [['y', 'x']], ['y', 'x']],
    [
      'the same twice',
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
      ['a', 'b'],
    ],
  ])('merges %s', (_, lists, expected) => {
    const policy = sourcePolicy({ digestMirrorSets: lists.map((mirrors) => [entry('s.test', mirrors)]) });
    expect(policy.digestMirrors).toEqual([{ source: 's.test', mirrors: expected, neverContactSource: false }]);
  });

  it('keeps the order of each list that does not contradict another', () => {
    const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    fc.assert(
      fc.property(fc.array(fc.subarray(all), { maxLength: 5 }), (lists) => {
        const sets = lists.map((mirrors) => [entry('s.test', mirrors.toReversed())]);
        const merged = sourcePolicy({ digestMirrorSets: sets }).digestMirrors[0]?.mirrors ?? [];
        expect([...merged].sort()).toEqual([...new Set(lists.flat())].sort());
        for (const list of lists) expect(merged.filter((one) => list.includes(one))).toEqual(list.toReversed());
      }),
    );
  });
});
