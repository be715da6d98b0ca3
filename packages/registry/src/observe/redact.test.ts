import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSecretName, redactText, redactUri } from './redact.js';

describe('redactUri', () => {
  it.each([
    ['/v2/app/blobs/sha256:ab', '/v2/app/blobs/sha256:ab'],
    ['/v2/app/blobs/uploads/1?_state=c2VjcmV0&digest=sha256:ab', '/v2/app/blobs/uploads/1?_state=***&digest=sha256:ab'],
    ['/token?service=r&access_token=eyJh.x.y', '/token?service=r&access_token=***'],
    ['/token?TOKEN=a&password=b;client_secret=c', '/token?TOKEN=***&password=***;client_secret=***'],
    ['/x?%5Fstate=hidden&to%6ben=hidden', '/x?%5Fstate=***&to%6ben=***'],
    ['/x?a=1?token=hidden', '/x?a=1?token=***'],
    ['/x?token', '/x?token'],
    ['/x?n=1#frag', '/x?n=1#frag'],
    ['https://user:pa@ss@host/a@b', 'https://***@host/a@b'],
    ['https://user:pass@host?x=y@z', 'https://***@host?x=y@z'],
    [
      'https://s3.example/b/k?X-Amz-Signature=feed&X-Amz-Date=1',
      'https://s3.example/b/k?X-Amz-Signature=***&X-Amz-Date=1',
    ],
    ['not a uri', 'not a uri'],
  ])('%s -> %s', (uri, expected) => {
    expect(redactUri(uri)).toBe(expected);
  });

  it('is idempotent and never shows the value of a secret parameter', () => {
    const names = fc.constantFrom('_state', 'token', 'access_token', 'password', 'client_secret');
    fc.assert(
      fc.property(fc.webPath(), names, fc.webQueryParameters(), (path, name, query) => {
        const redacted = redactUri(`${path}?${query.replaceAll('&', '')}&${name}=SECRETVALUE&after=1`);
        expect(redacted).not.toContain('SECRETVALUE');
        expect(redactUri(redacted)).toBe(redacted);
      }),
    );
  });
});

describe('redactText', () => {
  it.each([
    ['GET https://joe:hunter2@mirror/v2/?token=abc failed', 'GET https://***@mirror/v2/?token=*** failed'],
    ['bad Location "/v2/a/blobs/uploads/1?_state=abc"', 'bad Location "/v2/a/blobs/uploads/1?_state=***"'],
    ['sent Bearer eyJhbGciOiJSUzI1NiJ9.e30.sig to it', 'sent Bearer *** to it'],
    ['header Basic ZGV2ZWxvcGVyOmRldmVsb3Blcg==', 'header Basic ***'],
    ['basic authentication is off', 'basic authentication is off'],
    ['what? really', 'what? really'],
  ])('%s -> %s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it('stays linear on hostile text', () => {
    const hostile = `${'://'.repeat(20_000)}${'?a'.repeat(20_000)}${'bearer '.repeat(20_000)}`;
    expect(redactText(hostile).length).toBeGreaterThan(0);
  });
});

describe('isSecretName', () => {
  it.each([
    'authorization',
    'Proxy-Authorization',
    'token',
    'accessToken',
    'http.secret',
    '_state',
    'client_secret',
    'Set-Cookie',
  ])('hides %s', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each(['tokens', 'state', 'secretName', 'auth.user', 'digest'])('shows %s', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});
