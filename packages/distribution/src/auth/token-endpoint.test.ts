import { describe, expect, it } from 'vitest';
import type { Challenge } from './challenge.js';
import { readToken, tokenRequest } from './token-endpoint.js';

const challenge = (parameters: Record<string, string>): Challenge => ({
  scheme: 'bearer',
  parameters: new Map(Object.entries(parameters)),
});

const request = (realm: string, insecure = false) =>
  tokenRequest(challenge({ realm, service: 's' }), {
    scopes: ['repository:a:pull', 'repository:b:pull'],
    credential: { username: 'ann', password: 'pass' },
    insecure,
  });

describe('tokenRequest', () => {
  it('asks with a password by GET, once for all scopes', () => {
    const { url, method, headers } = request('https://auth.test/token?x=1');
    expect(method).toBe('GET');
    expect(url.href).toBe(
      'https://auth.test/token?x=1&service=s&scope=repository%3Aa%3Apull&scope=repository%3Ab%3Apull',
    );
    expect(headers['authorization']).toBe(`Basic ${Buffer.from('ann:pass').toString('base64')}`);
  });

  it('asks with an identity token by POST', () => {
    const credential = { identityToken: 'refresh' };
    const asked = tokenRequest(challenge({ realm: 'https://auth.test/t' }), {
      scopes: ['a', 'b'],
      credential,
      insecure: false,
    });
    expect(asked).toMatchObject({
      method: 'POST',
      body: 'grant_type=refresh_token&refresh_token=refresh&client_id=longshore&scope=a+b',
    });
    expect(asked.url.search).toBe('');
  });

  it.each(['http://auth.test/token', 'token', '', 'file:///etc/passwd', 'https://a:hush@auth.test/'])(
    'does not go to %j',
    (realm) => {
      expect(() => request(realm)).toThrow(/token endpoint/);
      expect(() => request(realm)).not.toThrow(/hush/);
    },
  );

  it('goes over http for an insecure registry', () => {
    expect(request('http://auth.test/token', true).url.host).toBe('auth.test');
  });
});

describe('readToken', () => {
  it.each([
    ['{"token":"abc"}', { token: 'abc', lifetimeSeconds: 60 }],
    ['{"access_token":"abc","expires_in":300}', { token: 'abc', lifetimeSeconds: 300 }],
    ['{"token":"","access_token":"b","expires_in":-1}', { token: 'b', lifetimeSeconds: 60 }],
    ['{"token":"a","expires_in":1e9}', { token: 'a', lifetimeSeconds: 86_400 }],
    ['{"token":"a\\r\\nx: y"}', undefined],
    ['{"token":1}', undefined],
    ['{}', undefined],
    ['null', undefined],
    ['nonsense', undefined],
  ])('%s: %j', (body, expected) => expect(readToken(Buffer.from(body))).toEqual(expected));
});
