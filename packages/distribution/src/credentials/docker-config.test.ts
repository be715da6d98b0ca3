import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DockerConfigError, parseDockerCfg, parseDockerConfig } from './docker-config.js';
import { matchCredentials } from './match-credentials.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const config = (auths: Record<string, unknown>) => JSON.stringify({ auths });
const password = (username: string, text: string) => ({ username, password: text });

describe('an entry', () => {
  it.each([
    [{ auth: base64('ann:pass') }, password('ann', 'pass')],
    [{ auth: base64('ann:pa:ss') }, password('ann', 'pa:ss')],
    [{ auth: base64(':token') }, password('', 'token')],
    [{ auth: base64('ann:pass\0\0') }, password('ann', 'pass')],
    [{ auth: base64('ann:pass').replaceAll('=', '') }, password('ann', 'pass')],
    [{ auth: base64('ann:pass'), username: 'bob', password: 'other' }, password('ann', 'pass')],
    [{ username: 'system:serviceaccount:a:b', password: 'pass' }, password('system:serviceaccount:a:b', 'pass')],
    [{ password: 'pass', email: 'x@example.com' }, password('', 'pass')],
    [{ auth: base64('<token>:'), identitytoken: 'refresh' }, { identityToken: 'refresh' }],
  ])('%j is %j', (entry, credential) => {
    expect(parseDockerConfig(config({ 'quay.io': entry }))).toEqual({
      entries: [{ host: 'quay.io', path: '', credential }],
      problems: [],
      helpers: new Map(),
    });
  });

  it.each([
    [{ auth: '!hush!' }, 'auth is not the base64 of a text; expected base64 of "user:password"'],
    [{ auth: base64('hush') }, 'auth has no colon; expected the base64 of "user:password"'],
    [
      { auth: Buffer.from([0xff, 0xfe, 0x3a]).toString('base64') },
      'auth is not the base64 of a text; expected base64 of "user:password"',
    ],
    [{ auth: base64('ann:') }, 'has an empty password'],
    [{ auth: base64('ann:hu\nsh') }, 'has control characters'],
    [{ username: 'hush' }, 'has a username and no password'],
    [{ registrytoken: 'hush' }, 'has only a registrytoken, which is not supported'],
    ['hush', 'is not a JSON object'],
  ])('%j is a problem without its secret', (entry, problem) => {
    const { entries, problems } = parseDockerConfig(config({ 'quay.io': entry, ok: { auth: base64('a:b') } }));
    expect(problems).toEqual([`"quay.io": ${problem}`]);
    expect(entries).toHaveLength(1);
  });

  it('without a secret is none: a helper has it', () => {
    expect(parseDockerConfig(config({ 'quay.io': {} }))).toMatchObject({ entries: [], problems: [] });
  });
});

describe('a key', () => {
  it.each([
    ['quay.io', 'quay.io', ''],
    ['quay.io:443', 'quay.io', ''],
    ['Quay.IO:5000', 'quay.io:5000', ''],
    ['quay.io/org', 'quay.io', 'org'],
    ['quay.io/org/app/', 'quay.io', 'org/app'],
    ['https://index.docker.io/v1/', 'docker.io', ''],
    ['registry-1.docker.io', 'docker.io', ''],
    ['docker.io/team', 'docker.io', 'team'],
    ['http://host:5000/v2/', 'host:5000', ''],
    ['https://host/v1/team/app', 'host', 'team/app'],
    ['https://host', 'host', ''],
    ['host/v1x', 'host', 'v1x'],
    ['*.example.com', '*.example.com', ''],
    ['[::1]:5000', '[::1]:5000', ''],
  ])('%s is host %s, path %j', (key, host, path) => {
    expect(parseDockerConfig(config({ [key]: { auth: base64('a:b') } })).entries).toMatchObject([{ host, path }]);
  });

  it.each(['', '/', 'a b', 'https://', 'host/UPPER', 'host//x', 'user@host', 'host#x'])('%j is a problem', (key) => {
    const { entries, problems } = parseDockerConfig(config({ [key]: { auth: base64('a:hush') } }));
    expect(entries).toEqual([]);
    expect(problems).toEqual([`${JSON.stringify(key)}: does not name a registry`]);
  });
});

describe('a configuration', () => {
  it('names helpers', () => {
    const text = JSON.stringify({
      credHelpers: { 'https://index.docker.io/v1/': 'pass', 'gcr.io': 'gcloud' },
      credsStore: 'secretservice',
    });
    expect(parseDockerConfig(text)).toMatchObject({
      helpers: new Map([
        ['docker.io', 'pass'],
        ['gcr.io', 'gcloud'],
      ]),
      store: 'secretservice',
    });
  });

  it.each(['../evil', 'a b', '-x', ' '])('does not run %j', (name) => {
    const { helpers, store, problems } = parseDockerConfig(
      JSON.stringify({ credHelpers: { 'quay.io': name }, credsStore: name }),
    );
    expect([helpers.size, store]).toEqual([0, undefined]);
    expect(problems).toHaveLength(2);
  });

  it.each([
    '',
    'hush',
    '[]',
    '"hush"',
    'null',
    '{"auths": ["hush"]}',
    '{"credHelpers": 1}',
    `{"auths":{}}${' '.repeat(1024 * 1024)}`,
  ])('that is none is refused without quoting it: %#', (text) => {
    expect(() => parseDockerConfig(text)).toThrow(DockerConfigError);
    expect(() => parseDockerConfig(text)).not.toThrow(/hush/);
  });

  it('of the old kind has no frame', () => {
    const text = JSON.stringify({ 'https://quay.io': { username: 'ann', password: 'pass', auth: base64('ann:pass') } });
    expect(parseDockerCfg(text).entries).toEqual([{ host: 'quay.io', path: '', credential: password('ann', 'pass') }]);
  });

  it('is read or refused, whatever it holds, and keeps its secrets to itself', () => {
    const secret = 'hushhushhush';
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>(secret, base64(`a:${secret}`), 1, null, ''),
        fc.dictionary(
          fc.constantFrom('auths', 'auth', 'username', 'password', 'quay.io', 'credHelpers', 'a/b'),
          tie('value'),
          { noNullPrototype: true },
        ),
        fc.array(tie('value'), { maxLength: 2 }),
      ),
    })).value;
    fc.assert(
      fc.property(value, (one) => {
        try {
          expect(parseDockerConfig(JSON.stringify(one)).problems.join()).not.toContain('hush');
        } catch (error) {
          expect(error).toBeInstanceOf(DockerConfigError);
          expect(String(error)).not.toContain('hush');
        }
      }),
    );
  });
});

describe('matchCredentials', () => {
  const keys = [
    'quay.io',
    'quay.io/org',
    'quay.io/org/app',
    'quay.io/or',
    '*.io',
    'docker.io',
    'docker.io/library/app',
    '*.example.com:5000',
  ];
  const { entries } = parseDockerConfig(
    config(Object.fromEntries(keys.map((key) => [key, { auth: base64(`u:${key}`) }]))),
  );

  it.each([
    ['quay.io', 'org/app', ['quay.io/org/app', 'quay.io/org', 'quay.io', '*.io']],
    ['quay.io:443', 'org/other', ['quay.io/org', 'quay.io', '*.io']],
    ['quay.io', 'organisation/app', ['quay.io', '*.io']],
    ['quay.io:8443', 'org/app', []],
    ['docker.io', 'app', ['docker.io/library/app', 'docker.io', '*.io']],
    ['index.docker.io', 'team/app', ['docker.io', '*.io']],
    ['a.example.com:5000', 'x', ['*.example.com:5000']],
    ['a.example.com', 'x', []],
    ['a.b.example.com:5000', 'x', []],
  ])('%s %s: %j', (host, name, expected) => {
    const found = matchCredentials(entries, { host, name });
    expect(found.map((one) => ('password' in one ? one.password : ''))).toEqual(expected);
  });
});
