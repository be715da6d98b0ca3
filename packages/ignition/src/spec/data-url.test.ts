import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataUrlError, decodeDataUrl, encodeDataUrl } from './data-url.js';

describe('encodeDataUrl', () => {
  it.each([
    ['', 'data:,'],
    ['hello edge\n', 'data:,hello%20edge%0A'],
    ["aZ09-_.!~*'()", "data:,aZ09-_.!~*'()"],
    ['\u00e9'.repeat(6), 'data:;base64,w6nDqcOpw6nDqcOp'],
  ])('writes %j as %s', (text, source) => {
    expect(encodeDataUrl(Buffer.from(text), 'smallest')).toEqual({ source, compression: '' });
  });

  it('compresses what gets smaller by it, unless that is not wanted', () => {
    const text = Buffer.from('a quite repetitive line\n'.repeat(100));
    const { source, compression } = encodeDataUrl(text, 'smallest');
    expect(compression).toBe('gzip');
    expect(gunzipSync(decodeDataUrl(source)).equals(text)).toBe(true);
    expect(encodeDataUrl(text, 'plain').compression).toBe('');
    expect(encodeDataUrl(Buffer.from('\u00e9'), 'escape').source).toBe('data:,%C3%A9');
  });

  it('can be undone', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('escape', 'plain', 'smallest'),
        (bytes, encoding) => {
          const { source, compression } = encodeDataUrl(bytes, encoding);
          expect(decodeDataUrl(source, compression).equals(bytes)).toBe(true);
        },
      ),
    );
  });
});

describe('decodeDataUrl', () => {
  it.each([
    ['data:text/plain;charset=utf-8,a%20b', 'a b'],
    ['data:x-own/type;p="q\\",";base64,YQ==', 'a'],
    ['data:;base64,YWI=', 'ab'],
  ])('reads %s', (source, text) => {
    expect(decodeDataUrl(source).toString()).toBe(text);
  });

  it.each([
    ['http://a', 'missing data prefix'],
    ['data:', 'missing comma before data'],
    ['data:x', 'missing media type slash'],
    ['data:text,a', 'invalid character for media type'],
    ['data:foo/bar,a', 'invalid media type'],
    ['data:/plain,a', 'invalid character after data prefix'],
    ['data:text/', 'incomplete media type'],
    ['data:;', 'unterminated parameter sequence'],
    ['data:;x,a', 'expected base64, got x'],
    ['data:;a=b', 'missing comma before data'],
    ['data:;a="b', 'unclosed quoted string'],
    ['data:;a="\u00e9",b', 'invalid character for parameter value'],
    ['data:;a="\\\u00e9",b', 'invalid escaped character'],
    ['data:;a="\\q",b', 'invalid syntax'],
    ['data:;a=,b', 'invalid character for parameter value'],
    ['data:;a=%zz,b', 'rfc2396: invalid char 0x25 in unescape sequence'],
    ['data:,a b', 'invalid data character'],
    ['data:text/plain;base64,!!!', 'invalid data character'],
    ['data:;base64,A', 'illegal base64 data at input byte 0'],
    ['data:;base64,YQ=', 'illegal base64 data at input byte 3'],
    ['data:;base64,YQ===', 'illegal base64 data at input byte 4'],
    ['data:,%zz', 'rfc2396: invalid char 0x25 in unescape sequence'],
    ['data:,%z', 'rfc2396: invalid char 0x25 in unescape sequence'],
    ['data:,%', 'rfc2396: unexpected end of unescape sequence'],
    ['data:,%a', 'rfc2396: unexpected end of unescape sequence'],
  ])('refuses %s', (source, message) => {
    expect(() => decodeDataUrl(source)).toThrow(new DataUrlError(message));
  });

  it('refuses contents that do not unfold', () => {
    expect(() => decodeDataUrl('data:,a', 'gzip')).toThrow(DataUrlError);
  });
});
