import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeDigest } from './digest.js';
import {
  formatReference,
  InvalidReferenceError,
  isRepositoryName,
  isTag,
  normalizeReference,
  parseReference,
} from './reference.js';
import type { Reference } from './reference.js';

const SHA256 = makeDigest('sha256', 'b5'.repeat(32));
const SHA512 = makeDigest('sha512', 'b5'.repeat(64));

function failure(text: string): InvalidReferenceError {
  try {
    parseReference(text);
  } catch (error) {
    if (error instanceof InvalidReferenceError) return error;
    throw error;
  }
  throw new Error(`accepted ${text}`);
}

describe('isRepositoryName', () => {
  it.each(['a', '0', 'team/app', 'a.b', 'a_b', 'a__b', 'a-b', 'a----b', 'a/b/c/d', '1.2/3', 'a'.repeat(255)])(
    'takes %s',
    (name) => expect(isRepositoryName(name)).toBe(true),
  );

  it.each([
    '',
    '/',
    'a/',
    '/a',
    'a//b',
    'A',
    'a..b',
    'a___b',
    'a._b',
    '-a',
    'a-',
    '_a',
    'a.',
    'ä',
    'a b',
    'a\n',
    'a:b',
  ])('refuses %j', (name) => expect(isRepositoryName(name)).toBe(false));

  it('refuses 256 characters', () => expect(isRepositoryName('a'.repeat(256))).toBe(false));

  it('agrees with a step-by-step reading of the grammar', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '7', 'Z', '.', '_', '-', '/'), maxLength: 12 });
    fc.assert(
      fc.property(text, (name) => {
        expect(isRepositoryName(name)).toBe(isNameStepByStep(name));
      }),
      { numRuns: 2000 },
    );
  });
});

/** The grammar of reference registry 1.1 without one large expression: components, words, separators. */
function isNameStepByStep(name: string): boolean {
  return name.split('/').every((component) => {
    const words = component.split(/[._-]+/);
    const separators = component.match(/[._-]+/g) ?? [];
    return (
      words.every((word) => /^[a-z0-9]+$/.test(word)) &&
      separators.every((separator) => ['.', '_', '__'].includes(separator) || /^-+$/.test(separator))
    );
  });
}

describe('isTag', () => {
  it.each(['latest', 'v1.2.3', '_x', 'A-b_c.d', '9', 'x'.repeat(128)])('takes %s', (tag) =>
    expect(isTag(tag)).toBe(true),
  );
  it.each(['', '.x', '-x', 'a/b', 'a:b', 'a b', 'a\n', 'é', 'x'.repeat(129)])('refuses %j', (tag) =>
    expect(isTag(tag)).toBe(false),
  );
});

describe('parseReference', () => {
  it.each<[string, Reference]>([
    ['app', { repository: 'app' }],
    ['app:1', { repository: 'app', tag: '1' }],
    ['team/app', { repository: 'team/app' }],
    ['a/b/c:x', { repository: 'a/b/c', tag: 'x' }],
    ['quay.io/org/app:1.2', { registry: 'quay.io', repository: 'org/app', tag: '1.2' }],
    ['localhost/app', { registry: 'localhost', repository: 'app' }],
    ['localhost:5000/a/b', { registry: 'localhost:5000', repository: 'a/b' }],
    ['host:5000/app:5000', { registry: 'host:5000', repository: 'app', tag: '5000' }],
    ['10.0.0.1:80/app', { registry: '10.0.0.1:80', repository: 'app' }],
    ['[::1]:5000/app', { registry: '[::1]:5000', repository: 'app' }],
    ['[2001:db8::2]/a/b:c', { registry: '[2001:db8::2]', repository: 'a/b', tag: 'c' }],
    ['[1:2:3:4:5:6:7:8]/app', { registry: '[1:2:3:4:5:6:7:8]', repository: 'app' }],
    ['Quay.IO/app', { registry: 'Quay.IO', repository: 'app' }],
    ['team/a.b', { repository: 'team/a.b' }],
    [`app@${SHA256}`, { repository: 'app', digest: SHA256 }],
    [`team/app:v1@${SHA256}`, { repository: 'team/app', tag: 'v1', digest: SHA256 }],
    [`host.example/x@${SHA512}`, { registry: 'host.example', repository: 'x', digest: SHA512 }],
  ])('reads %s', (text, expected) => expect(parseReference(text)).toEqual(expected));

  it.each([
    ['', 'the repository is missing'],
    [':tag', 'the repository is missing'],
    [`@${SHA256}`, 'the repository is missing'],
    ['quay.io/', 'the repository is missing'],
    ['quay.io', 'names a registry but no repository'],
    ['localhost', 'names a registry but no repository'],
    ['localhost:5000', 'names a registry but no repository'],
    ['[::1]:5000', 'names a registry but no repository'],
    ['quay.io/Org/App', 'has upper-case letters; write "org/app"'],
    ['Team/app', 'has upper-case letters; write "team/app"'],
    ['team//app', 'repository "team//app" is not valid'],
    ['/team/app', 'repository "/team/app" is not valid'],
    ['team/app ', 'repository "team/app " is not valid'],
    [`a/${'b'.repeat(254)}`, 'longer than 255 characters'],
    ['a'.repeat(1025), 'longer than 1024 characters'],
    ['app:', 'tag "" is not valid'],
    ['app:-x', 'tag "-x" is not valid'],
    ['app:a:b', 'tag "a:b" is not valid'],
    ['app@', 'digest "": invalid checksum digest format'],
    ['app@sha256:abc', 'invalid checksum digest length'],
    [`app@${SHA256}@${SHA256}`, 'invalid checksum digest length'],
    ['app@md5:abc', 'unsupported digest algorithm'],
    ['https://quay.io/app', 'a reference has no scheme'],
    ['docker://quay.io/app', 'a reference has no scheme'],
    ['host:port/app', 'registry "host:port" is not a host'],
    ['host:65536/app', 'registry "host:65536" is not a host'],
    ['host:/app', 'registry "host:" is not a host'],
    ['-a.example/app', 'registry "-a.example" is not a host'],
    ['../app', 'registry ".." is not a host'],
    ['::1/app', 'registry "::1" is not a host'],
    ['[::1/app', 'registry "[::1" is not a host'],
    ['[::1]x/app', 'registry "[::1]x" is not a host'],
    ['[1::2::3]/app', 'registry "[1::2::3]" is not a host'],
    ['[1:2:3]/app', 'registry "[1:2:3]" is not a host'],
    ['[12345::]/app', 'registry "[12345::]" is not a host'],
    [`${'a.'.repeat(130)}b/app`, 'is not a host'],
  ])('refuses %j: %s', (text, fault) => {
    const error = failure(text);
    expect(error).toMatchObject({ code: 'NAME_INVALID', name: 'InvalidReferenceError' });
    expect(error.message).toContain(fault);
    expect(error.message.length).toBeLessThan(600);
  });

  it('throws nothing but InvalidReferenceError', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({
        unit: fc.constantFrom('a', 'B', '1', '.', ':', '/', '@', '-', '_', '[', ']', 'sha256:', 'localhost'),
      }),
    );
    fc.assert(
      fc.property(text, (candidate) => {
        let reference: Reference;
        try {
          reference = parseReference(candidate);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidReferenceError);
          return;
        }
        expect(formatReference(reference)).toBe(candidate);
      }),
      { numRuns: 2000 },
    );
  });
});

const name = fc
  .array(fc.stringMatching(/^[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,8}){0,2}$/), { minLength: 1, maxLength: 4 })
  .map((components) => components.join('/'));
const reference = fc
  .record(
    {
      registry: fc.constantFrom('quay.io', 'localhost', 'localhost:5000', '[::1]:5000', 'a-b.example:443', 'docker.io'),
      repository: name,
      tag: fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/),
      digest: fc.constantFrom(SHA256, SHA512),
    },
    { requiredKeys: ['repository'] },
  )
  .filter(({ registry, repository }) => registry !== undefined || !/^([^/]*\.|localhost(\/|$))/.test(repository));

describe('formatReference', () => {
  it('writes what parseReference reads', () => {
    fc.assert(
      fc.property(reference, (value) => {
        expect(parseReference(formatReference(value))).toEqual(value);
      }),
    );
  });

  it.each<[Reference, string, string]>([
    [{ repository: 'app' }, 'app', 'app'],
    [{ registry: 'h:1', repository: 'a/b', tag: 't' }, 'h:1/a/b:t', 'h:1/a/b:t'],
    [{ repository: 'app', tag: 't', digest: SHA256 }, `app:t@${SHA256}`, `app@${SHA256}`],
  ])('writes %j exactly and at its most specific', (value, exact, mostSpecific) => {
    expect(formatReference(value)).toBe(exact);
    expect(formatReference(value, { mostSpecific: true })).toBe(mostSpecific);
  });
});

describe('normalizeReference', () => {
  it.each([
    ['app', 'docker.io/library/app:latest'],
    ['team/app', 'docker.io/team/app:latest'],
    ['index.docker.io/app:1', 'docker.io/library/app:1'],
    ['registry-1.docker.io/team/app', 'docker.io/team/app:latest'],
    ['quay.io/app', 'quay.io/app:latest'],
    ['QUAY.io/app:X', 'quay.io/app:X'],
    [`app@${SHA256}`, `docker.io/library/app@${SHA256}`],
    [`app:1@${SHA256}`, `docker.io/library/app:1@${SHA256}`],
  ])('makes %s into %s', (text, expected) =>
    expect(formatReference(normalizeReference(parseReference(text)))).toBe(expected),
  );

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(reference, (value) => {
        const once = normalizeReference(value);
        expect(normalizeReference(once)).toEqual(once);
      }),
    );
  });
});
