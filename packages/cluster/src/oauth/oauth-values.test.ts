import { describe, expect, it } from 'vitest';
import { basicCredentials } from './basic-credentials.js';
import { Cookies } from './cookies.js';
import { checkThen } from './login-endpoint.js';
import { OAuthError } from './oauth-error.js';
import { OwnUrls } from './own-urls.js';
import { html, Html } from './page.js';
import { isChallenge, matchesChallenge } from './pkce.js';
import { isRedirectUri, isRegistered } from './redirect-uri.js';

describe('redirect URIs', () => {
  const registered = [
    'https://app.example/cb',
    'https://app.example/q?a=1',
    'http://127.0.0.1/callback',
    'http://[::1]/callback',
  ];

  it.each([
    'https://app.example/cb',
    'https://app.example/q?a=1',
    'http://127.0.0.1/callback',
    'http://127.0.0.1:49152/callback',
    'http://[::1]:1/callback',
  ])('takes %s', (uri) => expect(isRegistered(uri, registered)).toBe(true));

  it.each([
    '',
    '/cb',
    '//app.example/cb',
    'https://app.example/cb/',
    'https://app.example/cb/../x',
    'https://app.example/CB',
    'https://APP.example/cb',
    'https://app.example/cb?a=1',
    'https://app.example/cb#x',
    'https://app.example:443/cb',
    'https://app.example.evil.example/cb',
    'https://app.example@evil.example/cb',
    'https://evil.example/https://app.example/cb',
    'https://app.example\\@evil.example/cb',
    'https:/\\evil.example/cb',
    'http://app.example/cb',
    'javascript:alert(1)//https://app.example/cb',
    'data:text/html,x',
    'http://localhost/callback',
    'http://127.0.0.1:80@evil.example/callback',
    'http://127.0.0.1:1/callback/x',
    'http://127.0.0.1:1/callback?x=1',
    'http://127.0.0.1:1/%63allback',
    'http://127.0.0.1:01/callback',
    'http://127.0.0.1:/callback',
    'http://127.1:1/callback',
    'http://0x7f000001/callback',
    'https://127.0.0.1:1/callback',
    'http://user@127.0.0.1:1/callback',
    'http://127.0.0.1:1/callback\n',
    ' https://app.example/cb',
  ])('refuses %j', (uri) => expect(isRegistered(uri, registered)).toBe(false));

  it.each([
    ['https://a.example', true],
    ['http://a.example/x?y', true],
    ['https://a.example/#x', false],
    ['https://u:p@a.example/', false],
    ['ftp://a.example/', false],
    ['urn:x', false],
    ['x', false],
  ])('%j can be registered: %j', (uri, expected) => expect(isRedirectUri(uri)).toBe(expected));
});

describe('where a login leads', () => {
  it.each([
    [null, '/oauth/token/request'],
    ['', '/oauth/token/request'],
    [
      '/oauth/authorize?client_id=x&redirect_uri=https%3A%2F%2Fa',
      '/oauth/authorize?client_id=x&redirect_uri=https%3A%2F%2Fa',
    ],
  ])('%j: %s', (then, expected) => expect(checkThen(then)).toBe(expected));

  it.each([
    'https://evil.example/',
    '//evil.example/oauth/authorize',
    '/\\evil.example/oauth/authorize',
    '\\\\evil.example',
    '/oauth/authorize/../../x',
    '/oauth/authorize\r\nset-cookie: x=1',
    '/oauth/authorizex',
    '/\t/evil.example',
    'oauth/authorize',
    '/api/v1/secrets',
    'javascript:alert(1)',
  ])('refuses %j', (then) => expect(() => checkThen(then)).toThrow(OAuthError));
});

describe('PKCE', () => {
  // RFC 7636, appendix B.
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

  it('checks the verifier', () => {
    expect(isChallenge(challenge)).toBe(true);
    expect(matchesChallenge(verifier, challenge)).toBe(true);
    expect(matchesChallenge(`${verifier}x`, challenge)).toBe(false);
    expect(matchesChallenge(challenge, challenge)).toBe(false);
    expect(matchesChallenge('short', challenge)).toBe(false);
    expect(isChallenge('short')).toBe(false);
  });
});

describe('OwnUrls', () => {
  const urls = new OwnUrls('https://127.0.0.1:6443', ['localhost', '127.0.0.1', '::1', 'box']);
  const baseOf = (host?: string) => urls.baseOf({ headers: host === undefined ? {} : { host } });

  it.each([
    ['localhost:6443', 'https://localhost:6443'],
    ['box:8443', 'https://box:8443'],
    ['[::1]:6443', 'https://[::1]:6443'],
    ['evil.example:6443', 'https://127.0.0.1:6443'],
    ['localhost:6443@evil.example', 'https://127.0.0.1:6443'],
    ['evil.example/localhost', 'https://127.0.0.1:6443'],
    ['localhost/x', 'https://127.0.0.1:6443'],
    ['', 'https://127.0.0.1:6443'],
    [undefined, 'https://127.0.0.1:6443'],
  ])('%j: %s', (host, expected) => expect(baseOf(host)).toBe(expected));

  it('writes redirect URIs of ours with the public URL', () => {
    expect(urls.canonical('https://box:6443/oauth/token/implicit', 'https://box:6443')).toBe(
      'https://127.0.0.1:6443/oauth/token/implicit',
    );
    expect(urls.canonical('https://box:6443.evil.example/x', 'https://box:6443')).toBe(
      'https://box:6443.evil.example/x',
    );
  });
});

describe('cookies', () => {
  const clock = { now: 1_000_000 };
  const cookies = new Cookies(() => clock.now);
  const user = { name: 'älice', uid: '1' };
  const shown = (setCookie: string) => ({ headers: { cookie: `other=1; ${setCookie.split(';')[0] ?? ''}` } });

  it('keep a session for five minutes', () => {
    const header = cookies.newSession(user);
    expect(header).toMatch(/^__Host-.*; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=300$/);
    expect(cookies.session(shown(header))).toEqual(user);
    clock.now += 299_999;
    expect(cookies.session(shown(header))).toEqual(user);
    clock.now += 1;
    expect(cookies.session(shown(header))).toBeUndefined();
  });

  it('are believed only when we made them', () => {
    const header = cookies.newSession(user);
    const forged = Buffer.from(JSON.stringify({ name: 'kube:admin', uid: '1', until: 1e15 })).toString('base64url');
    const value = header.replace(/=[^.]*\./, `=${forged}.`);
    expect(cookies.session(shown(value))).toBeUndefined();
    expect(cookies.session(shown(new Cookies(() => clock.now).newSession(user)))).toBeUndefined();
    for (const cookie of [
      '',
      '__Host-longshore-session=',
      '__Host-longshore-session=x',
      '__Host-longshore-session=.',
    ]) {
      expect(cookies.session({ headers: { cookie } })).toBeUndefined();
    }
  });

  it('tell own forms from others', () => {
    const { token, setCookie = '' } = cookies.formToken({ headers: {} });
    expect(cookies.isOwnForm(shown(setCookie), new URLSearchParams({ csrf: token }))).toBe(true);
    expect(cookies.isOwnForm(shown(setCookie), new URLSearchParams({ csrf: `${token}x` }))).toBe(false);
    expect(cookies.isOwnForm(shown(setCookie), new URLSearchParams())).toBe(false);
    expect(cookies.isOwnForm({ headers: {} }, new URLSearchParams({ csrf: '' }))).toBe(false);
    expect(cookies.formToken(shown(setCookie))).toEqual({ token });
  });
});

describe('basicCredentials', () => {
  const encode = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  it.each([
    [encode('a:b'), { user: 'a', password: 'b' }],
    [encode('a:b:c'), { user: 'a', password: 'b:c' }],
    [encode('ä:ü'), { user: 'ä', password: 'ü' }],
    [encode(':'), { user: '', password: '' }],
    [encode('a'), undefined],
    ['Bearer abc', undefined],
    ['Basic %%%', undefined],
    [undefined, undefined],
  ])('%j: %j', (header, expected) => expect(basicCredentials(header)).toEqual(expected));
});

describe('html', () => {
  it('escapes values, but not HTML', () => {
    expect(html`<a title="${`"'<&>`}">${new Html('<b>')}</a>`.text).toBe('<a title="&quot;&#39;&lt;&amp;&gt;"><b></a>');
  });
});
