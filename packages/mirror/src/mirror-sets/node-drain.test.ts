import type { RegistryEntry } from '@longshore/distribution';
import { expect, it } from 'vitest';
import { drainReasons } from './node-drain.js';

const entry = (prefix: string, mirrors: string[], change: Partial<RegistryEntry> = {}): RegistryEntry => ({
  prefix,
  location: prefix,
  insecure: false,
  blocked: false,
  // `m` for pulls by digest, `m:tag` by tag
  mirrors: mirrors.map((text) => ({
    location: text.replace(/:tag$/, ''),
    insecure: false,
    serves: text.endsWith(':tag') ? 'tag-only' : 'digest-only',
  })),
  ...change,
});
const A = entry('a.test', ['m.test']);

it.each<[string, RegistryEntry[], RegistryEntry[], RegExp[]]>([
  ['nothing changes', [A], [A], []],
  ['a source with mirrors is new (IDMS)', [A], [A, entry('b.test', ['m.test'])], []],
  ['a source that is never asked is new', [A], [A, entry('b.test', ['m.test'], { blocked: true })], []],
  ['a mirror for digests is new', [A], [entry('a.test', ['n.test', 'm.test'])], []],
  ['a source has mirrors for tags (ITMS)', [A], [A, entry('b.test', ['m.test:tag'])], [/^b\.test gets .* for tags$/]],
  ['a mirror for tags is new', [A], [entry('a.test', ['m.test', 'n.test:tag'])], [/^a\.test gets the mirror n\.test/]],
  ['a mirror is gone', [entry('a.test', ['m.test', 'n.test'])], [A], [/^a\.test loses the mirror n\.test/]],
  ['a source is gone', [A, entry('b.test', ['m.test'])], [A], [/^b\.test is not there any more$/]],
  ['a source must not be asked any more', [A], [{ ...A, blocked: true }], [/another value of blocked$/]],
  ['a source is somewhere else', [A], [{ ...A, location: 'c.test' }], [/another value of location$/]],
  [
    'a registry is insecure',
    [A],
    [A, entry('b.test', [], { insecure: true })],
    [/^b\.test is new, and has no mirrors$/],
  ],
  [
    'a mirror is insecure',
    [A],
    [{ ...A, mirrors: [{ location: 'm.test', insecure: true, serves: 'digest-only' }] }],
    [/^a\.test loses the mirror m\.test, or it is another kind/],
  ],
])('when %s', (_, before, after, expected) => {
  const searchRegistries = ['s.test'];
  const found = drainReasons({ entries: before, searchRegistries }, { entries: after, searchRegistries });
  expect(found).toHaveLength(expected.length);
  for (const [index, words] of expected.entries()) expect(found[index]).toMatch(words);
});

it('when short names are looked for elsewhere', () => {
  const [before, after] = [['s.test'], ['s.test', 't.test']];
  expect(
    drainReasons({ entries: [A], searchRegistries: before }, { entries: [A], searchRegistries: after }),
  ).toHaveLength(1);
});
