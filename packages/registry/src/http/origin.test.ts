import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { originOf } from './origin.js';

const requestWith = (headers: IncomingHttpHeaders, encrypted = false) =>
  ({ headers, socket: { encrypted } }) as unknown as IncomingMessage;

describe('originOf', () => {
  it.each<[string, IncomingHttpHeaders, string | undefined]>([
    ['the Host header', { host: 'registry.example:5000' }, 'http://registry.example:5000'],
    ['an address', { host: '[2001:db8::1]:5000' }, 'http://[2001:db8::1]:5000'],
    ['no host', {}, undefined],
    ['an empty host', { host: '' }, undefined],
    ['a proxy', { host: 'inside', 'x-forwarded-host': 'outside', 'x-forwarded-proto': 'https' }, 'https://outside'],
    ['a proxy that tells the scheme alone', { host: 'inside', 'x-forwarded-proto': 'https' }, 'https://inside'],
    [
      'a proxy with nothing to tell',
      { host: 'inside', 'x-forwarded-host': '', 'x-forwarded-proto': '' },
      'http://inside',
    ],
    [
      'two proxies',
      { host: 'inside', 'x-forwarded-host': 'first, second', 'x-forwarded-proto': 'https, http' },
      'https://first',
    ],
    ['a header sent twice', { host: 'inside', 'x-forwarded-host': ['first', 'second'] }, 'http://first'],
    ['a scheme in capitals', { host: 'inside', 'x-forwarded-proto': 'HTTPS' }, 'https://inside'],
    ['a scheme of its own', { host: 'inside', 'x-forwarded-proto': 'javascript' }, 'http://inside'],
    ['Forwarded', { host: 'inside', forwarded: 'for=10.0.0.1;host=outside:443;proto=https' }, 'https://outside:443'],
    ['Forwarded in quotes', { host: 'inside', forwarded: 'proto="https"; host="[::1]:5000"' }, 'https://[::1]:5000'],
    [
      'Forwarded of two proxies',
      { host: 'inside', forwarded: 'host=first;proto=http, host=second;proto=https' },
      'http://first',
    ],
    ['Forwarded before the others', { host: 'a', 'x-forwarded-host': 'b', forwarded: 'host=c' }, 'http://c'],
    ['Forwarded without a host', { host: 'inside', forwarded: 'for=10.0.0.1;proto=https' }, 'https://inside'],
    ['Forwarded in which another word ends so', { host: 'inside', forwarded: 'myhost=evil' }, 'http://inside'],
  ])('is told by %s', (_what, headers, origin) => {
    expect(originOf(requestWith(headers), undefined)).toBe(origin);
  });

  it('has the scheme of the connection when nobody says more', () => {
    expect(originOf(requestWith({ host: 'registry.example' }, true), '')).toBe('https://registry.example');
  });

  it.each(['https://registry.example', 'https://registry.example/', 'https://registry.example//'])(
    'is the configured one before all others: %s',
    (configured) => {
      const request = requestWith({ host: 'evil', 'x-forwarded-host': 'evil', forwarded: 'host=evil' });
      expect(originOf(request, configured)).toBe('https://registry.example');
    },
  );

  it.each([
    'evil.example/path',
    'evil.example?query',
    'evil.example#fragment',
    'user@evil.example',
    'evil.example"',
    "evil.example'",
    'evil.example\\',
    'evil example',
    'evil.example\r\nSet-Cookie: a=b',
    '<script>',
    'a'.repeat(256),
    '%2f',
    'é.example',
  ])('is not told by a host that may mean something else: %j', (host) => {
    expect(originOf(requestWith({ host }), undefined)).toBeUndefined();
    expect(originOf(requestWith({ host: 'inside', 'x-forwarded-host': host }), undefined)).toBeUndefined();
  });

  it('never holds more than a scheme and a host', () => {
    const header = fc.oneof(
      fc.string(),
      fc.string().map((text) => `host="${text}";proto=${text}`),
    );
    fc.assert(
      fc.property(header, header, header, (host, other, forwarded) => {
        const headers = { host, 'x-forwarded-host': other, 'x-forwarded-proto': other, forwarded };
        const origin = originOf(requestWith(headers), undefined);
        if (origin !== undefined) expect(origin).toMatch(/^https?:\/\/[A-Za-z0-9._~:[\]-]+$/);
      }),
      { numRuns: 500 },
    );
  });
});
