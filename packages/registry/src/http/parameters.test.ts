import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestParameter, nextLink, pageParameters, tagParameter } from './parameters.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const coded = (code: string, detail?: unknown) =>
  expect.objectContaining({ code, ...(detail !== undefined && { detail }) }) as Error;

describe('digestParameter', () => {
  it('takes what we can verify', () => {
    expect(digestParameter(DIGEST)).toBe(DIGEST);
    expect(digestParameter(`sha512:${'b'.repeat(128)}`)).toHaveLength(135);
  });

  it.each([
    ['sha256:abc', 'invalid checksum digest length'],
    ['sha256:', 'invalid checksum digest format'],
    [DIGEST.toUpperCase(), 'invalid checksum digest format'],
    [`md5:${'a'.repeat(32)}`, 'unsupported digest algorithm'],
    ['', 'invalid checksum digest format'],
    ['../../etc/passwd', 'invalid checksum digest format'],
  ])('refuses %s', (text, detail) => {
    expect(() => digestParameter(text)).toThrow(coded('DIGEST_INVALID', detail));
  });
});

describe('tagParameter', () => {
  it.each(['latest', '1.0', '_x', 'a'.repeat(128)])('takes %s', (tag) => {
    expect(tagParameter(tag)).toBe(tag);
  });

  it.each(['', '.a', '-a', 'a/b', 'a b', 'a'.repeat(129), '..', 'é'])('refuses %s', (tag) => {
    expect(() => tagParameter(tag)).toThrow(coded('TAG_INVALID'));
  });
});

describe('pageParameters', () => {
  it.each([
    ['', { n: undefined, last: '' }],
    ['n=', { n: undefined, last: '' }],
    ['n=0', { n: 0, last: '' }],
    ['n=10&last=v1', { n: 10, last: 'v1' }],
    ['n=007', { n: 7, last: '' }],
    ['last=a%2Fb', { n: undefined, last: 'a/b' }],
    ['n=1000', { n: 1000, last: '' }],
  ])('%s', (query, page) => {
    expect(pageParameters(new URLSearchParams(query), 1000)).toEqual(page);
  });

  it.each(['n=-1', 'n=1.5', 'n=a', 'n=+1', 'n=%201', 'n=1e3', 'n=0x10', 'n=1001', `n=${'9'.repeat(10)}`])(
    'refuses %s',
    (query) => {
      const params = new URLSearchParams(query);
      const refusal = coded('PAGINATION_NUMBER_INVALID', { n: params.get('n') });
      expect(() => pageParameters(params, 1000)).toThrow(refusal);
    },
  );
});

describe('nextLink', () => {
  it.each([
    ['/v2/_catalog', '</v2/_catalog?last=a%2Fb&n=2>; rel="next"'],
    ['https://registry.example:5000/prefix/v2/_catalog', '</prefix/v2/_catalog?last=a%2Fb&n=2>; rel="next"'],
    ['http://[::1]:5000/v2/_catalog', '</v2/_catalog?last=a%2Fb&n=2>; rel="next"'],
  ])('from %s', (location, link) => {
    expect(nextLink(location, { last: 'a/b', n: 2 })).toBe(link);
  });

  it('leads back to what it was made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (last, n) => {
        const link = nextLink('/v2/app/tags/list', { last, n });
        const [, target = ''] = /^<([^<>\s]*)>; rel="next"$/.exec(link) ?? [];
        const query = new URL(target, 'http://any').searchParams;
        expect([query.get('last'), query.get('n')]).toEqual([last, String(n)]);
      }),
    );
  });
});
