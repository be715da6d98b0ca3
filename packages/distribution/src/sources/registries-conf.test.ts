import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit';
import { describe, expect, it } from 'vitest';
import { userPullSources } from './registries-conf-files.js';
import { registriesConfSources } from './registries-conf-sources.js';
import { parseRegistriesConf } from './registries-conf.js';

const CONF = `
unqualified-search-registries = ["registry.access.redhat.com", "docker.io"]
short-name-mode = ""

[[registry]]
  prefix = ""
  location = "q.test/a"
  blocked = true
  [[registry.mirror]]
    location = "m.test/d"
    insecure = true
    pull-from-mirror = "digest-only"
  [[registry.mirror]]
    location = "m.test/t"
    pull-from-mirror = "tag-only"

[[registry]]
location = "q.test/a/open"

[[registry]]
prefix = "*.wild.test"
[[registry.mirror]]
location = "w.test:5000/all"

[[registry]]
location = "gone.test"
blocked = true

[[registry]]
prefix = "old.test/x"
location = "new.test/y"
insecure = true

[[registry]]
location = "digests.test"
mirror-by-digest-only = true
[[registry.mirror]]
location = "m.test/digests"
`;
const sources = registriesConfSources(parseRegistriesConf(CONF, 'registries.conf'));
const DIGEST = `sha256:${'a'.repeat(64)}`;
const shown = (of: typeof sources, host: string, name: string, reference: { tag: string } | { digest: string }) => {
  try {
    return of({ host, name, ...reference }).map(
      ({ repository, insecure }) => `${repository.host}/${repository.name}${insecure ? ' insecure' : ''}`,
    );
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe('from where images come by registries.conf', () => {
  it.each<[string, string, string[] | string, string[] | string]>([
    // host, name, by digest, by tag
    ['q.test', 'a/b', ['m.test/d/b insecure'], ['m.test/t/b']],
    ['q.test', 'a/open/b', ['q.test/a/open/b'], ['q.test/a/open/b']],
    ['q.test', 'ab', ['q.test/ab'], ['q.test/ab']],
    [
      'one.wild.test',
      'a/b',
      ['w.test:5000/all/a/b', 'one.wild.test/a/b'],
      ['w.test:5000/all/a/b', 'one.wild.test/a/b'],
    ],
    ['gone.test', 'a', 'BLOCKED', 'BLOCKED'],
    ['old.test', 'x/z', ['new.test/y/z insecure'], ['new.test/y/z insecure']],
    ['digests.test', 'a', ['m.test/digests/a', 'digests.test/a'], ['digests.test/a']],
    ['else.test', 'a', ['else.test/a'], ['else.test/a']],
  ])('%s/%s', (host, name, byDigest, byTag) => {
    expect(shown(sources, host, name, { digest: DIGEST })).toEqual(byDigest);
    expect(shown(sources, host, name, { tag: 'v1' })).toEqual(byTag);
  });

  it('reads the lists of the older form', () => {
    const text = '[registries.insecure]\nregistries = ["a.test"]\n[registries.block]\nregistries = ["b.test"]\n';
    const of = registriesConfSources(parseRegistriesConf(text, 'f'));
    expect([shown(of, 'a.test', 'x', { tag: 'v' }), shown(of, 'b.test', 'x', { tag: 'v' })]).toEqual([
      ['a.test/x insecure'],
      'BLOCKED',
    ]);
  });

  it.each([
    ['[[registry]\n', /^f:1:\d+: /],
    ['registry = 1\n', 'f: registry must be written as [[registry]]'],
    ['[[registry]]\ninsecure = true\n', 'f: [[registry]] number 1: needs a location or a prefix'],
    ['[[registry]]\nlocation = 1\n', 'location is no text'],
    ['[[registry]]\nlocation = "a"\nblocked = "yes"\n', 'blocked is neither true nor false'],
    ['[[registry]]\nlocation = "a"\n[[registry.mirror]]\n', '[[registry.mirror]] number 1: needs a location'],
    [
      '[[registry]]\nlocation = "a"\n[[registry.mirror]]\nlocation = "b"\npull-from-mirror = "some"\n',
      'pull-from-mirror is none of',
    ],
    ['[registries.insecure]\nregistries = "a"\n', 'insecure is no list'],
    ['[[registry]]\nlocation = "a"\n[registries.block]\nregistries = []\n', 'mixes'],
    [`#${' '.repeat(1024 * 1024)}`, 'larger than 1 MiB'],
  ])('refuses %j', (text, message) => {
    expect(() => parseRegistriesConf(text, 'f')).toThrow(message);
  });
});

describe('the files of registries.conf', () => {
  const entry = (mirror: string) => `[[registry]]\nlocation = "s.test"\n[[registry.mirror]]\nlocation = "${mirror}"\n`;
  const files = {
    'etc/registries.conf': entry('system.test'),
    'etc/registries.conf.d/50.conf': entry('dropin.test'),
    'etc/registries.conf.d/10.conf': entry('early.test'),
    'etc/registries.conf.d/ignored.txt': 'no toml',
    'home/.config/containers/registries.conf': entry('user.test'),
    'home/.config/containers/registries.conf.d/1.conf': entry('userdropin.test'),
    'named.conf': entry('named.test'),
  };
  type Name = keyof typeof files;
  it.each<[string, Name[], Record<string, string>, string]>([
    ['no file', [], {}, 's.test/a'],
    ["the system's", ['etc/registries.conf'], {}, 'system.test/a'],
    [
      'drop-ins over it, the last one wins',
      [
        'etc/registries.conf',
        'etc/registries.conf.d/10.conf',
        'etc/registries.conf.d/50.conf',
        'etc/registries.conf.d/ignored.txt',
      ],
      {},
      'dropin.test/a',
    ],
    [
      "the user's in place of the system's",
      ['etc/registries.conf', 'etc/registries.conf.d/50.conf', 'home/.config/containers/registries.conf'],
      {},
      'user.test/a',
    ],
    [
      "the user's drop-ins",
      ['etc/registries.conf', 'home/.config/containers/registries.conf.d/1.conf'],
      {},
      'userdropin.test/a',
    ],
    [
      'the named one',
      ['named.conf', 'home/.config/containers/registries.conf'],
      { CONTAINERS_REGISTRIES_CONF: 'named.conf' },
      'named.test/a',
    ],
    [
      'that of XDG_CONFIG_HOME',
      ['home/.config/containers/registries.conf'],
      { XDG_CONFIG_HOME: 'home/.config', HOME: 'none' },
      'user.test/a',
    ],
  ])('are %s', async (_, names, variables, expected) => {
    const dir = temporaryFolder('registries-conf');
    for (const name of names) {
      await mkdir(dirname(join(dir, name)), { recursive: true });
      await writeFile(join(dir, name), files[name]);
    }
    const env = Object.fromEntries(
      Object.entries({ HOME: 'home', ...variables }).map(([key, path]) => [key, join(dir, path)]),
    );
    const of = await userPullSources(env, join(dir, 'etc'));
    expect(shown(of, 's.test', 'a', { tag: 'v' })).toEqual(
      expected === 's.test/a' ? ['s.test/a'] : [expected, 's.test/a'],
    );
  });

  it('must be there when they are named', async () => {
    const env = { HOME: '/nonexistent', CONTAINERS_REGISTRIES_CONF: '/nonexistent/registries.conf' };
    await expect(userPullSources(env, '/nonexistent')).rejects.toMatchObject({ code: 'REGISTRIES_CONF_INVALID' });
  });
});
