import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUTHORIZE_TOKENS, CLIENT_AUTHORIZATIONS, OAUTH_CLIENTS, USERS } from '../identity/objects.js';
import { tokenName } from '../identity/access-tokens/token-name.js';
import {
  addHtpasswdUsers,
  login,
  openTestCluster,
  type Answer,
  type TestCluster,
} from '../identity/testing/test-cluster.js';

const ME = '/apis/user.openshift.io/v1/users/~';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await openTestCluster();
  await addHtpasswdUsers(cluster.objects, { alice: 'geheim', bob: 'secret', carl: 'third' });
  await cluster.objects.create(OAUTH_CLIENTS, {
    apiVersion: 'oauth.openshift.io/v1',
    kind: 'OAuthClient',
    metadata: { name: 'web-app' },
    secret: 's3cret',
    grantMethod: 'prompt',
    redirectURIs: ['https://app.example/cb'],
    accessTokenMaxAgeSeconds: 60,
  });
});
afterAll(() => cluster.close());

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const pkce = () => {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
};
const authorizePath = (parameters: Record<string, string>) =>
  `/oauth/authorize?${new URLSearchParams({ response_type: 'code', ...parameters }).toString()}`;
const parameterOf = ({ headers }: Answer, name: string) =>
  new URL(headers.location ?? 'none:', cluster.url).searchParams.get(name) ?? '';

const isWhole = async (token: unknown) => (await cluster.as(String(token), ME)).status === 200;

/** What a browser keeps. */
class Browser {
  private readonly cookies = new Map<string, string>();

  async ask(path: string, options: { form?: Record<string, string> } = {}): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await cluster.ask(path, {
      method: options.form === undefined ? 'GET' : 'POST',
      headers: { ...(cookie !== '' && { cookie }), ...(options.form && FORM) },
      ...(options.form && { body: new URLSearchParams(options.form).toString() }),
    });
    for (const header of answer.headers['set-cookie'] ?? []) {
      const [pair = ''] = header.split(';');
      const [name = '', ...value] = pair.split('=');
      if (header.includes('Max-Age=0')) this.cookies.delete(name);
      else this.cookies.set(name, value.join('='));
    }
    return answer;
  }

  /** Follows what our server sends to itself. */
  async follow(answer: Answer): Promise<Answer> {
    let current = answer;
    while (current.headers.location?.startsWith('/')) current = await this.ask(current.headers.location);
    return current;
  }

  static csrfOf({ text }: Answer): string {
    return /name="csrf" value="([^"]*)"/.exec(text)?.[1] ?? '';
  }

  async login(path: string, username: string, password: string): Promise<Answer> {
    const page = await this.follow(await this.ask(path));
    const then = /name="then" value="([^"]*)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    return this.ask('/login', { form: { csrf: Browser.csrfOf(page), then, username, password } });
  }
}

describe('oc login -u -p', () => {
  /** The requests of `oc`, one by one. */
  async function ocLogin(user: string, password: string) {
    const metadata = (await cluster.ask('/.well-known/oauth-authorization-server')).json;
    expect(metadata['code_challenge_methods_supported']).toContain('S256');
    const path = (url: unknown) => String(url).slice(cluster.url.length);
    const { verifier, challenge } = pkce();
    const redirect_uri = `${String(metadata['issuer'])}/oauth/token/implicit`;
    const query = new URLSearchParams({
      client_id: 'openshift-challenging-client',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      redirect_uri,
      response_type: 'code',
    });
    const authorize = `${path(metadata['authorization_endpoint'])}?${query.toString()}`;
    const challenged = await cluster.ask(authorize, { headers: { 'x-csrf-token': '1' } });
    expect(challenged.status).toBe(401);
    expect(challenged.headers['www-authenticate']).toBe('Basic realm="openshift"');
    const headers = { 'x-csrf-token': '1', authorization: basic(user, password) };
    const granted = await cluster.ask(authorize, { headers });
    if (granted.status !== 302) return granted;
    const exchange = new URLSearchParams({
      code: parameterOf(granted, 'code'),
      code_verifier: verifier,
      grant_type: 'authorization_code',
      redirect_uri,
    });
    // The parameters stand in the query of a POST without a body.
    return cluster.ask(`${path(metadata['token_endpoint'])}?${exchange.toString()}`, {
      method: 'POST',
      headers: { authorization: basic('openshift-challenging-client', ''), accept: 'application/json' },
    });
  }

  it('gives a token for a day', async () => {
    const { status, json, headers } = await ocLogin('alice', 'geheim');
    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
    expect(json).toMatchObject({ expires_in: 86400, scope: 'user:full', token_type: 'Bearer' });
    expect(json['access_token']).toMatch(/^sha256~[A-Za-z0-9_-]{43}$/);
    expect(await isWhole(json['access_token'])).toBe(true);
    expect((await cluster.objects.list(AUTHORIZE_TOKENS)).items).toEqual([]);
  });

  it('asks again for a wrong password', async () => {
    const { status, headers } = await ocLogin('alice', 'wrong');
    expect([status, headers['www-authenticate']]).toEqual([401, 'Basic realm="openshift"']);
  });

  it('answers with the token in the fragment, where the client wants that', async () => {
    const redirect_uri = `${cluster.url}/oauth/token/implicit`;
    const path = authorizePath({ client_id: 'openshift-challenging-client', response_type: 'token', redirect_uri });
    const headers = { 'x-csrf-token': '1', authorization: basic('alice', 'geheim') };
    const answer = await cluster.ask(path, { headers });
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toMatch(
      /\/oauth\/token\/implicit#access_token=sha256%7E[A-Za-z0-9_-]{43}&expires_in=86400&scope=user%3Afull&token_type=Bearer$/,
    );
    expect((await cluster.ask('/oauth/token/implicit')).status).toBe(200);
  });

  it('challenges nobody who does not say that it is no browser, and takes no password from it', async () => {
    const path = authorizePath({ client_id: 'openshift-challenging-client', response_type: 'token' });
    const senders: Record<string, string>[] = [{}, { authorization: basic('alice', 'geheim') }];
    for (const headers of senders) {
      const answer = await cluster.ask(path, { headers });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBeUndefined();
      expect(answer.headers['warning']).toMatch(/X-CSRF-Token/);
    }
  });

  it('is limited', async () => {
    for (let index = 0; index < 10; index++) await login(cluster, 'carl', 'wrong');
    const { status, headers } = await ocLogin('carl', 'third');
    expect([status, headers['retry-after']]).toEqual([429, '6']);
    cluster.clock.now += 60_000;
    expect((await ocLogin('carl', 'third')).status).toBe(200);
  });

  it('says why somebody with a right password is no user', async () => {
    await cluster.objects.create(USERS, {
      apiVersion: 'user.openshift.io/v1',
      kind: 'User',
      metadata: { name: 'bob' },
    });
    const { status, text } = await ocLogin('bob', 'secret');
    expect([status, text]).toEqual([401, 'the user bob exists and is not claimed by local:bob\n']);
    await cluster.objects.delete(USERS, '', 'bob');
    expect((await ocLogin('bob', 'secret')).status).toBe(200);
  });
});

describe('oc login --web', () => {
  async function start(more: Record<string, string> = {}) {
    const { verifier, challenge } = pkce();
    const redirect_uri = 'http://127.0.0.1:49152/callback';
    const parameters = { client_id: 'openshift-cli-client', redirect_uri, state: 'xyz', ...more };
    const path = authorizePath({ code_challenge: challenge, code_challenge_method: 'S256', ...parameters });
    const browser = new Browser();
    const answer = await browser.follow(await browser.login(path, 'alice', 'geheim'));
    return { answer, verifier, redirect_uri, browser, path };
  }
  const exchange = (parameters: Record<string, string>) => {
    const body = new URLSearchParams({ grant_type: 'authorization_code', ...parameters }).toString();
    return cluster.ask('/oauth/token', { method: 'POST', headers: FORM, body });
  };
  const client_id = 'openshift-cli-client';

  it('sends the browser back to the command line with a code, which is good once', async () => {
    const { answer, verifier, redirect_uri } = await start();
    expect(answer.headers.location).toMatch(/^http:\/\/127\.0\.0\.1:49152\/callback\?code=[^&]+&state=xyz$/);
    const request = { client_id, code: parameterOf(answer, 'code'), code_verifier: verifier, redirect_uri };
    const { status, json } = await exchange(request);
    expect(status).toBe(200);
    expect(await isWhole(json['access_token'])).toBe(true);
    const again = await exchange(request);
    expect([again.status, again.json['error']]).toEqual([400, 'invalid_grant']);
  });

  it('gives one token when a code is shown twice at once', async () => {
    const { answer, verifier, redirect_uri } = await start();
    const request = { client_id, code: parameterOf(answer, 'code'), code_verifier: verifier, redirect_uri };
    const answers = await Promise.all([exchange(request), exchange(request), exchange(request)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
  });

  it.each<[string, Record<string, string>, string]>([
    ['another verifier', { code_verifier: pkce().verifier }, 'invalid_grant'],
    ['no verifier', { code_verifier: '' }, 'invalid_grant'],
    ['another address', { redirect_uri: 'http://127.0.0.1:1/callback' }, 'invalid_grant'],
    ['another client', { client_id: 'openshift-challenging-client' }, 'invalid_grant'],
    ['an unknown client', { client_id: 'nobody' }, 'invalid_client'],
    ['a secret that there is not', { client_secret: 'x' }, 'invalid_client'],
    ['another code', { code: `sha256~${'x'.repeat(43)}` }, 'invalid_grant'],
    ['no code', { code: '' }, 'invalid_request'],
    ['another grant', { grant_type: 'password' }, 'unsupported_grant_type'],
  ])('gives nothing for %s', async (_, change, error) => {
    const { answer, verifier, redirect_uri } = await start();
    const good = { client_id, code: parameterOf(answer, 'code'), code_verifier: verifier, redirect_uri };
    const refused = await exchange({ ...good, ...change });
    expect([refused.status, refused.json['error']]).toEqual([error === 'invalid_client' ? 401 : 400, error]);
    expect((await exchange(good)).status).toBe(200);
  });

  it('gives nothing for a code that is too old, or whose user is gone', async () => {
    const { answer, verifier, redirect_uri } = await start();
    const request = { client_id, code: parameterOf(answer, 'code'), code_verifier: verifier, redirect_uri };
    cluster.clock.now += 300_000;
    expect((await exchange(request)).json['error']).toBe('invalid_grant');
    expect(await cluster.objects.get(AUTHORIZE_TOKENS, '', tokenName(request.code))).toBeDefined();
  });

  it('tells the client what is wrong with its request', async () => {
    const redirect_uri = 'http://127.0.0.1:49152/callback';
    const { challenge } = pkce();
    const good = { client_id, redirect_uri, state: 's', code_challenge: challenge, code_challenge_method: 'S256' };
    const cases: [Record<string, string>, string][] = [
      [{ code_challenge: '' }, 'invalid_request'],
      [{ code_challenge_method: 'plain' }, 'invalid_request'],
      [{ code_challenge: 'short' }, 'invalid_request'],
      [{ scope: 'user:info' }, 'invalid_scope'],
      [{ response_type: 'id_token' }, 'unsupported_response_type'],
    ];
    for (const [change, error] of cases) {
      const answer = await cluster.ask(authorizePath({ ...good, ...change }));
      expect(answer.headers.location).toMatch(/^http:\/\/127\.0\.0\.1:49152\/callback\?/);
      expect([parameterOf(answer, 'error'), parameterOf(answer, 'state')]).toEqual([error, 's']);
    }
    const implicit = await cluster.ask(authorizePath({ ...good, response_type: 'token' }));
    expect(implicit.headers.location).toMatch(/^http:\/\/127\.0\.0\.1:49152\/callback#error=unauthorized_client&/);
  });
});

describe('open redirects', () => {
  it.each<[Record<string, string>]>([
    [{ client_id: 'openshift-cli-client', redirect_uri: 'https://evil.example/callback' }],
    [{ client_id: 'openshift-cli-client', redirect_uri: 'http://127.0.0.1:1@evil.example/callback' }],
    [{ client_id: 'openshift-cli-client' }],
    [{ client_id: 'openshift-challenging-client', redirect_uri: 'https://evil.example/oauth/token/implicit' }],
    [{ client_id: 'web-app', redirect_uri: 'https://app.example/cb/../other' }],
    [{ client_id: 'nobody', redirect_uri: 'https://app.example/cb' }],
    [{ redirect_uri: 'https://app.example/cb' }],
  ])('goes nowhere for %j', async (parameters) => {
    const answer = await cluster.ask(authorizePath(parameters));
    expect(answer.status).toBe(400);
    expect(answer.headers.location).toBeUndefined();
  });

  it('goes nowhere for parameters given twice', async () => {
    const path = authorizePath({ client_id: 'web-app', redirect_uri: 'https://app.example/cb' });
    const answer = await cluster.ask(`${path}&redirect_uri=https://evil.example/`);
    expect([answer.status, answer.headers.location]).toEqual([400, undefined]);
  });

  it('believes no Host header that is not ours', async () => {
    const headers = { host: 'evil.example' };
    const { json } = await cluster.ask('/.well-known/oauth-authorization-server', { headers });
    expect(json['issuer']).toBe(cluster.url);
    const request = await cluster.ask('/oauth/token/request', { headers });
    expect(parameterOf(request, 'redirect_uri')).toBe(`${cluster.url}/oauth/token/display`);
  });

  it('logs in to our pages only', async () => {
    expect((await cluster.ask('/login?then=https://evil.example/')).status).toBe(400);
    const browser = new Browser();
    const csrf = Browser.csrfOf(await browser.ask('/login'));
    const form = { csrf, then: '//evil.example/', username: 'alice', password: 'geheim' };
    const answer = await browser.ask('/login', { form });
    expect([answer.status, answer.headers.location]).toEqual([400, undefined]);
  });
});

describe('the login page', () => {
  it('cannot be framed, cached, or run scripts', async () => {
    const { status, headers, text } = await cluster.ask('/login');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; .*frame-ancestors 'none'/,
    );
    const style = /<style>([^]*?)<\/style>/.exec(text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['content-security-policy']).toContain(hash);
    expect(text).not.toMatch(/<script/);
    for (const name of ['username', 'password']) expect(text).toMatch(new RegExp(`<label for="${name}">`));
  });

  it('takes no form of others', async () => {
    const form = { then: '', username: 'alice', password: 'geheim' };
    expect((await new Browser().ask('/login', { form: { ...form, csrf: 'x'.repeat(43) } })).status).toBe(403);
    const browser = new Browser();
    await browser.ask('/login');
    const answer = await browser.ask('/login', { form: { ...form, csrf: '' } });
    expect([answer.status, answer.headers.location]).toEqual([403, undefined]);
    expect(answer.headers['set-cookie'] ?? []).toEqual([]);
  });

  it('shows what was typed again, escaped, without the password', async () => {
    const browser = new Browser();
    const csrf = Browser.csrfOf(await browser.ask('/login'));
    const form = { csrf, then: '', username: '"><script>alert(1)</script>', password: 'geheim' };
    const { status, text } = await browser.ask('/login', { form });
    expect(status).toBe(403);
    expect(text).toContain('Invalid login or password');
    expect(text).not.toContain('<script>');
    expect(text).not.toContain('geheim');
  });

  it('takes forms of bounded size and of the right type only', async () => {
    const large = await cluster.ask('/login', { method: 'POST', headers: FORM, body: `a=${'x'.repeat(20_000)}` });
    expect(large.status).toBe(400);
    const headers = { 'content-type': 'application/json' };
    expect((await cluster.ask('/login', { method: 'POST', headers, body: '{}' })).status).toBe(400);
    const deleted = await cluster.ask('/login', { method: 'DELETE' });
    expect([deleted.status, deleted.headers['allow']]).toEqual([405, 'GET, POST']);
  });
});

describe('a client that users must agree to', () => {
  const path = authorizePath({ client_id: 'web-app', redirect_uri: 'https://app.example/cb', state: 's' });

  it('is asked about once, and proves itself by its secret', async () => {
    const browser = new Browser();
    const page = await browser.follow(await browser.login(path, 'alice', 'geheim'));
    expect(page.text).toMatch(/May <strong>web-app<\/strong>/);
    const forged = await browser.ask(path, { form: { csrf: 'x', approve: 'yes' } });
    expect(parameterOf(forged, 'error')).toBe('access_denied');
    const csrf = Browser.csrfOf(page);
    const refused = await browser.ask(path, { form: { csrf, approve: 'no' } });
    expect([parameterOf(refused, 'error'), parameterOf(refused, 'state')]).toEqual(['access_denied', 's']);
    const agreed = await browser.ask(path, { form: { csrf, approve: 'yes' } });
    const consent = await cluster.objects.get(CLIENT_AUTHORIZATIONS, '', 'alice:web-app');
    expect(consent).toMatchObject({ userName: 'alice', clientName: 'web-app', scopes: ['user:full'] });
    expect((await browser.ask(path)).headers.location).toMatch(/^https:\/\/app\.example\/cb\?code=/);

    const exchange = (secret: string) => {
      const redirect_uri = 'https://app.example/cb';
      const parameters = { grant_type: 'authorization_code', code: parameterOf(agreed, 'code'), redirect_uri };
      const headers = { ...FORM, authorization: basic('web-app', secret) };
      return cluster.ask('/oauth/token', { method: 'POST', headers, body: new URLSearchParams(parameters).toString() });
    };
    expect((await exchange('wrong')).json['error']).toBe('invalid_client');
    expect((await exchange('')).json['error']).toBe('invalid_client');
    const { json } = await exchange('s3cret');
    expect(json['expires_in']).toBe(60);
    const info = await cluster.ask('/oauth/info', {
      headers: { authorization: `Bearer ${String(json['access_token'])}` },
    });
    expect(info.json).toEqual({
      client_id: 'web-app',
      expires_in: expect.any(Number) as number,
      scope: 'user:full',
      token_type: 'Bearer',
    });
    expect((await cluster.ask('/oauth/info')).status).toBe(401);
  });

  it('names no address where it has registered one only', async () => {
    const browser = new Browser();
    const plain = authorizePath({ client_id: 'web-app' });
    const page = await browser.follow(await browser.login(plain, 'bob', 'secret'));
    const agreed = await browser.ask(plain, { form: { csrf: Browser.csrfOf(page), approve: 'yes' } });
    expect(agreed.headers.location).toMatch(/^https:\/\/app\.example\/cb\?code=/);
    const exchange = (more: Record<string, string>) => {
      const parameters = { grant_type: 'authorization_code', code: parameterOf(agreed, 'code'), ...more };
      const headers = { ...FORM, authorization: basic('web-app', 's3cret') };
      return cluster.ask('/oauth/token', { method: 'POST', headers, body: new URLSearchParams(parameters).toString() });
    };
    expect((await exchange({ redirect_uri: 'https://app.example/other' })).json['error']).toBe('invalid_grant');
    expect((await exchange({})).status).toBe(200);
  });
});

describe('the page that shows a token', () => {
  it('shows one after a login and a click, and logs out', async () => {
    const browser = new Browser();
    const answer = await browser.login('/oauth/token/request', 'alice', 'geheim');
    const sent = await browser.follow(answer);
    expect(sent.headers.location).toMatch(new RegExp(`^${cluster.url}/oauth/token/display\\?code=`));
    const page = await browser.ask(sent.headers.location?.slice(cluster.url.length) ?? '');
    expect(page.text).toContain('Display token');
    const code = /name="code" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    expect((await browser.ask('/oauth/token/display', { form: { code, csrf: 'x' } })).status).toBe(400);
    const shown = await browser.ask('/oauth/token/display', { form: { code, csrf: Browser.csrfOf(page) } });
    const token = /oc login --token=(sha256~[A-Za-z0-9_-]+) --server=(\S+)<\/pre>/.exec(shown.text);
    expect(token?.[2]).toBe(cluster.url);
    expect(await isWhole(token?.[1])).toBe(true);

    expect((await browser.ask('/oauth/token/request')).status).toBe(302);
    expect((await browser.ask('/logout', { form: { csrf: 'x' } })).text).not.toContain('You are logged out');
    const logout = Browser.csrfOf(await browser.ask('/logout'));
    expect((await browser.ask('/logout', { form: { csrf: logout } })).text).toContain('You are logged out');
    const after = await browser.follow(await browser.ask('/oauth/token/request'));
    expect(after.text).toContain('<label for="password">');
    expect(await isWhole(token?.[1])).toBe(true);
  });

  it('is the only one who can use its codes', async () => {
    const browser = new Browser();
    const sent = await browser.follow(await browser.login('/oauth/token/request', 'alice', 'geheim'));
    const parameters = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'openshift-browser-client',
      code: parameterOf(sent, 'code'),
      redirect_uri: `${cluster.url}/oauth/token/display`,
    });
    const answer = await cluster.ask('/oauth/token', { method: 'POST', headers: FORM, body: parameters.toString() });
    expect(answer.json['error']).toBe('invalid_client');
  });
});
