import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_AUTHORIZATION_LENGTH, parseAuthorization } from './basic.js';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('parseAuthorization', () => {
  it.each([
    [undefined, { scheme: 'none' }],
    ['', { scheme: 'none' }],
    [basic(':'), { scheme: 'none' }],
    [basic('alice:secret'), { scheme: 'basic', user: 'alice', password: 'secret' }],
    [basic('älice:pässwörd'), { scheme: 'basic', user: 'älice', password: 'pässwörd' }],
    [basic('alice:secret').replace(/=+$/, ''), { scheme: 'basic', user: 'alice', password: 'secret' }],
    ['bASIC  ' + basic('a:b').slice(6), { scheme: 'basic', user: 'a', password: 'b' }],
    [basic(':token'), { scheme: 'basic', user: '', password: 'token' }],
    [basic('a::'), { scheme: 'basic', user: 'a', password: ':' }],
    [
      basic('kube:admin:T'),
      { scheme: 'basic', user: 'kube', password: 'admin:T', alternative: { user: 'kube:admin', password: 'T' } },
    ],
    [
      basic('system:serviceaccount:ns:name:T'),
      {
        scheme: 'basic',
        user: 'system',
        password: 'serviceaccount:ns:name:T',
        alternative: { user: 'system:serviceaccount:ns:name', password: 'T' },
      },
    ],
    ['Bearer abc.def-_~+/==', { scheme: 'bearer', token: 'abc.def-_~+/==' }],
    ['bearer abc', { scheme: 'bearer', token: 'abc' }],
  ])('reads %j', (header, expected) => {
    expect(parseAuthorization(header)).toEqual(expected);
  });

  it.each([
    ['Basic', /no credentials/],
    ['Basic !!!', /not base64/],
    [basic('alice'), /no colon/],
    [basic('alice:'), /empty/],
    ['Basic ' + Buffer.from([0x61, 0x3a, 0xff]).toString('base64'), /UTF-8/],
    ['Bearer a b', /malformed/],
    ['Bearer a"b', /malformed/],
    ['Negotiate abc', /neither/],
    ['Bearer ' + 'a'.repeat(MAX_AUTHORIZATION_LENGTH), /too long/],
  ])('refuses %.40s', (header, reason) => {
    expect(parseAuthorization(header)).toEqual({ scheme: 'unusable', reason: expect.stringMatching(reason) as string });
  });

  it('gives back every user and password', () => {
    const user = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes(':') && text !== '');
    const password = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(user, password, (user, password) => {
        expect(parseAuthorization(basic(`${user}:${password}`))).toMatchObject({ scheme: 'basic', user, password });
      }),
    );
  });

  it('never throws and never quotes what it refuses', () => {
    fc.assert(
      fc.property(fc.constantFrom('', 'Basic ', 'Bearer '), fc.string({ minLength: 20 }), (scheme, rest) => {
        const parsed = parseAuthorization(scheme + rest);
        if (parsed.scheme === 'unusable') expect(parsed.reason).not.toContain(rest);
      }),
    );
  });
});
