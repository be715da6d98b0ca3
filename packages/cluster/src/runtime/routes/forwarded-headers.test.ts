import { describe, expect, it } from 'vitest';
import { requestHeaders, responseHeaders } from './forwarded-headers.js';

const origin = { client: '10.0.0.9', host: 'a.test:8443', isSecure: true, port: 8443 };
const OWN = {
  Host: 'a.test:8443',
  'X-Forwarded-Host': 'a.test:8443',
  'X-Forwarded-Port': '8443',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-For': '10.0.0.9',
  Forwarded: 'for=10.0.0.9;host="a.test:8443";proto=https',
  Connection: 'keep-alive',
};
const asObject = (raw: readonly string[]): Record<string, string> =>
  Object.fromEntries(Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at] ?? '', raw[2 * at + 1] ?? '']));

describe('the headers of a request', () => {
  it('tell where it came from', () => {
    expect(asObject(requestHeaders([], origin))).toEqual(OWN);
    const headers = asObject(requestHeaders([], { ...origin, client: '::1', isSecure: false }));
    expect(headers['Forwarded']).toBe('for="[::1]";host="a.test:8443";proto=http');
  });

  it.each([
    'X-Forwarded-For',
    'x-forwarded-host',
    'X-FORWARDED-PROTO',
    'X-Forwarded-Port',
    'X-Forwarded-Prefix',
    'Forwarded',
    'X-Real-IP',
    'Host',
    'Connection',
    'Keep-Alive',
    'Proxy-Authorization',
    'TE',
    'Upgrade',
  ])('are without what the client says of %s', (name) => {
    expect(asObject(requestHeaders([name, 'evil'], origin))).toEqual(OWN);
  });

  it('are without what the client names in Connection, but for the length of the body', () => {
    const raw = ['Connection', 'X-Own, content-length', 'x-own', '1', 'Content-Length', '5', 'Accept', '*/*'];
    expect(asObject(requestHeaders(raw, origin))).toEqual({ ...OWN, 'Content-Length': '5', Accept: '*/*' });
  });

  it('keep what is repeated, and a body without a length', () => {
    const headers = requestHeaders(['Accept', 'a', 'Accept', 'b', 'Transfer-Encoding', 'chunked'], origin);
    expect(headers.filter((word) => word === 'Accept')).toHaveLength(2);
    expect(asObject(headers)['Transfer-Encoding']).toBe('chunked');
  });
});

describe('the headers of an answer', () => {
  it('are those of the backend, but for those of its connection', () => {
    const raw = ['Set-Cookie', 'a', 'Set-Cookie', 'b', 'Connection', 'close', 'Transfer-Encoding', 'chunked'];
    expect(responseHeaders(raw)).toEqual(['Set-Cookie', 'a', 'Set-Cookie', 'b']);
  });
});
