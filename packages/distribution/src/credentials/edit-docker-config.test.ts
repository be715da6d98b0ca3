import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDockerConfig } from './docker-config.js';
import { removeAuth, setAuth } from './edit-docker-config.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const credential = { username: 'ann', password: 'p:w' };
const auth = base64('ann:p:w');
const entry = (name: string) => ({ auth: base64(`${name}:x`), email: 'you@example.com' });
const secret = { auths: { 'cloud.openshift.com': entry('a'), 'quay.io': entry('b') } };

describe('setAuth', () => {
  it.each([
    ['one line', JSON.stringify(secret)],
    ['two spaces, as jq writes it', `${JSON.stringify(secret, undefined, 2)}\n`],
    ['tabs', JSON.stringify(secret, undefined, '\t')],
  ])('adds the mirror before the others and keeps the layout: %s', (_, text) => {
    const result = setAuth(text, 'registry.example.com:5000', { credential, email: 'you@example.com' });
    const [, indent = ''] = /\n([ \t]+)/.exec(text) ?? [];
    const expected = { auths: { 'registry.example.com:5000': { auth, email: 'you@example.com' }, ...secret.auths } };
    expect(result).toBe(JSON.stringify(expected, undefined, indent) + (text.endsWith('\n') ? '\n' : ''));
  });

  it.each([undefined, '', '{}', ' \n'])('begins a new file for %j', (text) => {
    const auths = { 'quay.io': { auth } };
    expect(setAuth(text, 'quay.io', { credential })).toBe(`${JSON.stringify({ auths }, undefined, '\t')}\n`);
  });

  it('replaces what is for the same place, and keeps what else is there', () => {
    const old = { email: 'e', identitytoken: 'old', username: 'u', password: 'p', note: 1 };
    const text = JSON.stringify({
      HttpHeaders: { x: 'y' },
      auths: { a: 1, 'https://quay.io/v2/': old, 'QUAY.io': {}, 'quay.io/team': entry('t') },
      credHelpers: { 'ecr.test': 'ecr' },
    });
    expect(JSON.parse(setAuth(text, 'quay.io', { credential }))).toEqual({
      HttpHeaders: { x: 'y' },
      auths: { a: 1, 'https://quay.io/v2/': { email: 'e', note: 1, auth }, 'quay.io/team': entry('t') },
      credHelpers: { 'ecr.test': 'ecr' },
    });
  });

  it.each([
    ['a text that is no JSON', 'hush', 'quay.io', credential, /not JSON/],
    ['auths that are no object', '{"auths":["hush"]}', 'quay.io', credential, /not a JSON object/],
    ['a key that names no registry', '{}', 'quay io', credential, /does not name a registry/],
    ['a colon', '{}', 'quay.io', { username: 'a:hush', password: 'x' }, /colon/],
    ['a line feed', '{}', 'quay.io', { username: 'a', password: 'hush\nx' }, /control characters/],
    ['no password', '{}', 'quay.io', { username: 'a', password: '' }, /empty/],
  ])('refuses %s, and does not quote it', (_, text, key, wrong, message) => {
    const set = () => setAuth(text, key, { credential: wrong });
    expect(set).toThrow(expect.objectContaining({ code: 'DOCKER_CONFIG_INVALID' }) as Error);
    expect(set).toThrow(message);
    expect(set).not.toThrow(/hush/);
  });
});

describe('removeAuth', () => {
  it('takes away all that is for a place, and nothing else', () => {
    const text = JSON.stringify({ auths: { 'quay.io': {}, 'https://quay.io/v1/': {}, 'quay.io/team': {} }, other: 1 });
    expect(JSON.parse(removeAuth(text, 'quay.io') ?? '')).toEqual({ auths: { 'quay.io/team': {} }, other: 1 });
    expect(removeAuth(text, 'docker.io')).toBeUndefined();
  });
});

it('what was set is read, others stay, and removing it gives back what was there', () => {
  const host = fc.constantFrom('a.test', 'b.test:5000', 'c.test/team', 'docker.io', '*.d.test');
  const word = fc.stringMatching(/^[a-z0-9]{1,9}$/);
  const auths = fc.dictionary(
    host,
    word.map((name) => entry(name)),
  );
  fc.assert(
    fc.property(auths, host, word, fc.constantFrom('', '\t', '  '), (others, key, password, indent) => {
      const { [key]: _, ...before } = others;
      const text = JSON.stringify({ auths: before, more: [1] }, undefined, indent);
      const after = setAuth(text, key, { credential: { username: 'u', password } });
      const { entries, problems } = parseDockerConfig(after);
      expect(problems).toEqual([]);
      expect(entries).toHaveLength(Object.keys(before).length + 1);
      expect(entries[0]?.credential).toEqual({ username: 'u', password });
      expect(removeAuth(after, key)).toBe(text);
    }),
  );
});
